"""A transition at one moment: what it is compared with, and what it is compared to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .at_a_day import Read
from .met import Answer
from .records import Records, Told
from .standing import Standing


@dataclass(frozen=True)
class Moment:
    """Classes and met by indicator, standings and what is said by benchmark, and the values behind."""

    classes: Mapping[int, str]
    met: Mapping[int, Answer]
    standings: Mapping[int, Standing]
    told: Mapping[int, Told]
    values: Mapping[int, Read]


def moment(
    records: Records, transition: int, on: date, values: Mapping[int, Read], targets_of: date | None = None
) -> Moment:
    """
    Args:
        values: the deciding measurements of that day.
        targets_of: the day whose targets are to be reached, where it is another.
    """
    classes = records.classes(transition, on, records.known_at)
    there = [one for one in records.indicators[transition] if one.pk in classes]
    met = records.met(there, values, on, targets_of or on)
    standings = {
        one.pk: records.standing(one, classes, met, on)
        for one in records.benchmarks[transition]
        if records.is_there(one.pk, classes, on)
    }
    told = {pk: records.told_of(pk, on) for pk in standings}
    return Moment(classes, met, standings, told, values)
