"""Readiness: where the benchmarks leave a transition, on any day, as known on any day. Never one percentage.

Counts by class are of verified assessments, met and not met of measurements. Unknown is shown as unknown.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from transitions.status.panels import View
from transitions.status.reader import view_of

from . import at_a_day
from .at_a_day import Read
from .classes import counted
from .dependents import to_review
from .gap import gap_of
from .moment import Moment, moment
from .moved import Base, base_of, movers, regressions
from .records import Issued, Measure, Records, Told, by_class, by_met, read
from .staleness import data_of


def readiness_of(
    transition: Any, *, user: Any, now: datetime, as_of: date | None = None, known_at: date | datetime | None = None,
    since: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Of one transition. The caller has asked whether the user may see it.

    Args:
        as_of: how it stood at the end of that day; today if not given.
        known_at: as far as it was known at the end of that day; today if not given.
        since: what moved from that day on; since the last report if not given.
    Raises:
        ValidationError: a day that has not come yet, or `since` after `as_of`, naming the parameter.
    """
    view = view_of(transition, user=user, now=now, as_of=as_of, known_at=known_at, since=since)
    return readiness_for([transition], view, since=since)[transition.pk]


def readiness_for(
    transitions: Sequence[Any], view: View, *, since: date | None = None, records: Records | None = None
) -> dict[int, dict[str, Any]]:
    """Of many, in the same number of queries as of one.

    Args:
        records: what was read for this view already.
    """
    records = records or read(transitions, view)
    ids = [one.pk for one in transitions]
    bases = {pk: base for pk in ids if (base := base_of(records, pk, since))}
    then = at_a_day.values(list(bases), {pk: base.on for pk, base in bases.items()}, known_at=view.known_at)
    over = {pk: end.date for pk, end in records.ends.items() if end and end.date < view.as_of}
    at_the_end = at_a_day.values(list(over), over, known_at=view.known_at)
    heard = at_a_day.last_heard(ids, view.as_of, known_at=view.known_at)
    today = {pk: moment(records, pk, view.as_of, records.values) for pk in ids}
    review: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in to_review(records, ids, today, view):
        review[one.transition].append(one.as_dict())
    return {
        pk: answer(records, pk, view, now=today[pk], base=bases.get(pk), then=then, heard=heard,
                   at_the_end=at_the_end if pk in over else None)
        | {"handovers_to_review": review[pk]}
        for pk in ids
    }  # fmt: skip


def answer(
    records: Records, pk: int, view: View, *, now: Moment, base: Base | None, then: Mapping[int, Read],
    at_the_end: Mapping[int, Read] | None, heard: Mapping[int, date],
) -> dict[str, Any]:  # fmt: skip
    was = moment(records, pk, base.on, then) if base else None
    end = records.ends[pk]
    ending = now
    if end:
        reached = view.as_of if at_the_end is None else end.date
        values = records.values if at_the_end is None else at_the_end
        ending = moment(records, pk, reached, values, targets_of=end.date)
    measures = [one for one in records.indicators[pk] if one.pk in now.classes]
    classes = by_class(now.classes, measures)
    return {
        "as_of": view.as_of,
        "known_at": view.known_at,
        "indicators": {"total": len(measures), "by_class": classes, **by_met(now.met)},
        "benchmarks": [of_benchmark(records, one, now) for one in records.benchmarks[pk] if one.pk in now.standings],
        **grouped(records, pk, now),
        "since": {"date": base.on, "report": base.report} if base else None,
        "movers": movers(records, pk, was.classes, now.classes, base) if base and was else [],
        "regressions": regressions(records, pk, was, now) if was else [],
        "data": data_of(records, measures, now.values, heard),
        "gap_at_end_date": gap_of(records, pk, ending, end),
        "reports": [of_report(records, one) for one in records.reports[pk]],
        "forecast": {"method": "naive", "says": "every class stays as it is", "date": end.date if end else None,
                     "by_class": classes},
    }  # fmt: skip


def of_benchmark(records: Records, one: Any, now: Moment) -> dict[str, Any]:
    its, told = now.standings[one.pk], now.told[one.pk]
    return {
        "code": one.code, "title": told.title, "pillar": told.pillar, "sectors": told.sectors,
        "condition_for_exit": told.condition_for_exit, "state": its.state, "class": its.judged,
        "worst_known": its.worst_known, "class_of_indicators": its.computed,
        "override": its.override.as_dict() if its.override else None, "met": its.met,
        "by_class": by_class(now.classes, records.of_benchmark[one.pk]),
    }  # fmt: skip


def grouped(records: Records, pk: int, now: Moment) -> dict[str, Any]:
    """By pillar and by sector. An indicator counts in each sector of its benchmark, so sectors may add up to more.

    A pillar is there as soon as a benchmark belongs to it; one that is set up later is in no answer of an earlier day.
    """
    pillars: dict[str | None, list[Measure]] = {}
    sectors: dict[str, list[Measure]] = {}
    there = [(now.told[one.pk], one.pk) for one in records.benchmarks[pk] if one.pk in now.told]
    for told, benchmark in sorted(there, key=in_order_of_pillars):
        its = [measure for measure in records.of_benchmark[benchmark] if measure.pk in now.classes]
        pillars.setdefault(told.pillar, []).extend(its)
        for code in told.sectors:
            sectors.setdefault(code, []).extend(its)
    if not pillars.get(None):
        pillars.pop(None, None)
    of_pillar = [{"code": code, "by_class": by_class(now.classes, its)} for code, its in pillars.items()]
    return {
        "pillars": of_pillar,
        "sectors": [{"code": code, "by_class": by_class(now.classes, sectors[code])} for code in sorted(sectors)],
        "weakest_pillar": weakest(of_pillar),
    }


def in_order_of_pillars(one: tuple[Told, int]) -> tuple[bool, int, int]:
    """As they were set up, what belongs to none last."""
    told, benchmark = one
    return told.pillar_id is None, told.pillar_id or 0, benchmark


BAD = ("descending", "not_on_track")
UNKNOWN = ("no_update_expected", "not_assessed")


def weakest(pillars: Sequence[Mapping[str, Any]]) -> str | None:
    """Of what is known in each, the greatest part descending or not on track; of two alike the one less known.

    None where nothing is known of any.
    """
    ranked = []
    for one in pillars:
        counts = one["by_class"]
        unknown, total = sum(counts[name] for name in UNKNOWN), sum(counts.values())
        if one["code"] is not None and total > unknown:
            ranked.append((sum(counts[name] for name in BAD) / (total - unknown), unknown / total, one["code"]))
    return max(ranked, key=lambda row: row[:2])[2] if ranked else None


def of_report(records: Records, one: Issued) -> dict[str, Any]:
    """Our own count of what it judges, beside what the report publishes of itself."""
    ours = counted(records.judged_in(one).values())
    differs = [
        {"class": name, "ours": ours.get(name, 0), "published": number}
        for name, number in (one.published or {}).items() if ours.get(name, 0) != number
    ]  # fmt: skip
    return {
        "symbol": one.symbol, "as_of": one.as_of, "known_from": one.known_from, "by_class": ours,
        "published": one.published, "differs": differs,
    }  # fmt: skip
