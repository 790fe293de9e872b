"""The gap at the end date: which conditions for exit are met on that day, and who is to own what is not."""

from collections import Counter
from typing import Any

from transitions.missions.ends import End

from .met import MET, NOT_MET, UNKNOWN
from .moment import Moment
from .records import Condition, Records


def gap_of(records: Records, transition: int, ending: Moment, end: End | None) -> dict[str, Any]:
    """On the mandate's end, or as it stands now while that lies ahead. Date and conditions never follow each other.

    Each condition is counted by whether it is met (`standing.benchmark_met`), and shown with its class beside it.
    """
    conditions = [
        one
        for one in records.benchmarks[transition]
        if one.pk in ending.told and ending.told[one.pk].condition_for_exit
    ]
    found = Counter(ending.standings[one.pk].met for one in conditions)
    left = [one for one in conditions if ending.standings[one.pk].met != MET]
    return {
        "date": end.date if end else None, "basis": end.basis if end else None,
        "instrument": end.instrument if end else None, "confirmed": end.confirmed if end else None,
        MET: found[MET], NOT_MET: found[NOT_MET], UNKNOWN: found[UNKNOWN],
        "carried_over": [carried(records, one, ending) for one in left],
    }  # fmt: skip


def carried(records: Records, one: Condition, ending: Moment) -> dict[str, Any]:
    its, (owner, source) = ending.standings[one.pk], records.carried.get(one.pk, (None, ""))
    return {
        "benchmark": one.code, "title": ending.told[one.pk].title, "met": its.met, "class": its.judged,
        "carried_over_to": owner, "source": source or None,
    }  # fmt: skip
