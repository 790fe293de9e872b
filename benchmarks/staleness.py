"""Which data are old, missing, or of an age that nobody can judge."""

from collections.abc import Mapping, Sequence
from datetime import date

from .at_a_day import NOT_COLLECTED, Read
from .records import Measure, Records

QUALITY = 5  # of a row that was read
LATE = 1.5  # times the frequency


def data_of(
    records: Records, measures: Sequence[Measure], values: Mapping[int, Read], heard: Mapping[int, date]
) -> dict[str, list[str]]:
    """By the definition in force: data of an earlier one are of something else."""
    found: dict[str, list[str]] = {"stale": [], "missing": [], "no_frequency": []}
    for one in measures:
        definition = records.definition(one.pk, records.as_of)
        latest = heard.get(definition[3]) if definition else None
        value = values.get(definition[3]) if definition else None
        frequency = records.asked_of(one.pk, records.as_of).frequency_days
        if latest is None or (value and value[QUALITY] == NOT_COLLECTED):
            found["missing"].append(one.code)
        elif frequency and is_stale(latest, frequency, records.as_of):
            found["stale"].append(one.code)
        if not frequency:
            found["no_frequency"].append(one.code)
    return found


def is_stale(latest: date, frequency_days: int, on: date) -> bool:
    return (on - latest).days > LATE * frequency_days
