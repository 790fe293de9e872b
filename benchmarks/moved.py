"""What moved since a day: indicators whose class is another one, and what fell back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import at_a_day
from .at_a_day import AS_OF, DEFINITION
from .met import MET
from .models import ReadinessClass
from .moment import Moment
from .records import NOBODY_JUDGED, Records
from .standing import has_fallen, rank


@dataclass(frozen=True)
class Base:
    """The day that is compared with; the report, where it is a report's day."""

    on: date
    report: str | None = None


def base_of(records: Records, transition: int, since: date | None) -> Base | None:
    """The day that was asked for, else that of the last report before the latest judgements.

    So a new report is compared with the one before it, and goes on being, until something newer is judged.
    """
    if since is not None:
        return Base(since)
    latest = [
        row[AS_OF] for one in records.indicators[transition]
        if (row := at_a_day.judged(records.judgements.get(one.pk, ()), records.as_of, records.known_at))
    ]  # fmt: skip
    before = [one for one in records.reports[transition] if latest and one.as_of < max(latest)]
    return Base(before[-1].as_of, before[-1].symbol) if before else None


def movers(records: Records, transition: int, was: Mapping[int, str], now: Mapping[int, str], base: Base) -> list[Any]:
    """A first judgement is no move. Where the definition changed in between, that is said: the two are not one line."""
    return [
        {
            "indicator": one.code, "from": was[one.pk], "to": now[one.pk],
            "better": rank(now[one.pk]) < rank(was[one.pk]), "definition_changed": redefined(records, one.pk, base.on),
        }
        for one in records.indicators[transition]
        if one.pk in was and one.pk in now and was[one.pk] not in (NOBODY_JUDGED, now[one.pk])
    ]  # fmt: skip


def redefined(records: Records, indicator: int, since: date) -> bool:
    rows, cut = records.judgements[indicator], records.known_at
    then, now = at_a_day.judged(rows, since, cut), at_a_day.judged(rows, records.as_of, cut)
    return then is not None and now is not None and then[DEFINITION] != now[DEFINITION]


def regressions(records: Records, transition: int, was: Moment, now: Moment) -> list[dict[str, Any]]:
    """What was achieved, on track or met, and is not any more: benchmarks, and indicators of one definition."""
    found = []
    for one in records.benchmarks[transition]:
        then, today = was.standings.get(one.pk), now.standings.get(one.pk)
        condition = one.pk in now.told and now.told[one.pk].condition_for_exit
        if then and today and has_fallen(then, today):
            found.append(fallen(one.code, None, condition, then.judged, today.judged, then.met, today.met))
        found += [
            fallen(one.code, its.code, condition, was.classes[its.pk], now.classes[its.pk],
                   was.met[its.pk].met, now.met[its.pk].met)
            for its in records.of_benchmark[one.pk]
            if its.pk in was.classes and its.pk in now.classes and indicator_fell(records, its.pk, was, now)
        ]  # fmt: skip
    return found


def indicator_fell(records: Records, indicator: int, was: Moment, now: Moment) -> bool:
    if was.classes[indicator] == ReadinessClass.ON_TRACK and rank(now.classes[indicator]) > 0:
        return True
    then, today = was.met[indicator], now.met[indicator]
    return then.met == MET and today.met == "not_met" and same_definition(records, indicator, was, now)


def same_definition(records: Records, indicator: int, was: Moment, now: Moment) -> bool:
    """The definition in force now had a value then."""
    definition = records.definition(indicator, records.as_of)
    return definition is not None and definition[3] in was.values and definition[3] in now.values


def fallen(
    benchmark: str, indicator: str | None, condition: bool, was: str, became: str, was_met: str, is_met: str
) -> dict[str, Any]:
    return {
        "benchmark": benchmark, "indicator": indicator, "condition_for_exit": condition, "from": was, "to": became,
        "was_met": was_met, "met": is_met,
    }  # fmt: skip
