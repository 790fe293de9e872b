"""Handovers that stand on a benchmark: marked for review where it has fallen since they were last moved or looked at.

Computed, never stored: no job has to set the mark, and none can forget to.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.handovers.models import Handover
from transitions.status.panels import View
from transitions.workflow.engine import locked
from transitions.workflow.models import StateChange

from . import at_a_day
from .at_a_day import DECIDES, JUDGED, READ, Read, counted
from .facts import save
from .models import Benchmark, DependsOn
from .moment import Moment
from .records import NOBODY_JUDGED, Condition, Records
from .standing import Standing, has_fallen, indicator_met, standing

GONE = ("ended", "lapsed")
HELD, KNOWN_FROM = 8, 10  # of a row that was read, with the day from which it is known put to its end


def depend(handover: Handover, benchmark: Benchmark, *, by: Any, now: datetime) -> DependsOn:
    """Say that a handover stands on a benchmark."""
    with locked(handover.transition):
        check(handover, by=by, now=now)
        row: DependsOn = save(DependsOn(transition=handover.transition, handover=handover, benchmark=benchmark))
    return row


def reviewed(link: DependsOn, *, by: Any, now: datetime) -> DependsOn:
    """Somebody has looked whether it still stands: the mark is gone until the benchmark falls again."""
    with locked(link.transition):
        check(link.handover, by=by, now=now)
        link.reviewed_on = day(now, link.transition.time_zone)
        link.save(update_fields=["reviewed_on"])
    return link


def check(handover: Handover, *, by: Any, now: datetime) -> None:
    if not may(by, Permission.PLAN, handover.transition, now=now):
        raise PermissionDenied("what a handover depends on is kept by a planner")


type Rows = Mapping[int, list[Read]]


def to_review(
    records: Records, transitions: Sequence[int], moments: Mapping[int, Moment], view: View
) -> dict[int, list[dict[str, Any]]]:
    """Of each transition the links whose benchmark stood better when the handover was last moved or looked at."""
    links = list(
        DependsOn.objects.visible_to(view.user, now=view.now)
        .filter(transition__in=transitions)
        .values_list("transition_id", "handover_id", "handover__code", "benchmark_id", "reviewed_on")
        .order_by("handover__code", "benchmark_id")
    )
    moved = last_moved({link[1] for link in links}, view)
    rows = numbers({link[3] for link in links}, view)
    named = {one.pk: one for ones in records.benchmarks.values() for one in ones}
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for transition, handover, code, benchmark, looked_on in links:
        state, since = moved.get(handover, ("", None))
        now = moments[transition].standings.get(benchmark)
        if since is None or now is None or state in GONE:
            continue
        cut = max(since, looked_on) if looked_on and looked_on <= view.as_of else since
        was = stood(records, named[benchmark], rows, cut)
        if has_fallen(was, now):
            found[transition].append(
                {"handover": code, "benchmark": named[benchmark].code, "since": cut, "from": was.judged,
                 "to": now.judged}
            )  # fmt: skip
    return found


def last_moved(handovers: set[int], view: View) -> dict[int, tuple[str, date]]:
    changes = StateChange.objects.filter(
        thing_type=Handover._meta.label_lower, thing_id__in=handovers, holds_from__lte=view.as_of,
        known_from__lte=view.known_at,
    )  # fmt: skip
    latest = changes.order_by("thing_id", "-version").distinct("thing_id")
    return {pk: (state, since) for pk, state, since in latest.values_list("thing_id", "state", "holds_from")}


def numbers(benchmarks: set[int], view: View) -> Rows:
    """Of each definition every measurement that decided at some time, the latest first."""
    every = counted(None, view.as_of, known_at=view.known_at).filter(DECIDES, indicator__benchmark__in=benchmarks)
    found: dict[int, list[Read]] = defaultdict(list)
    for row in every.order_by("-holds_from", "-pk").values_list(*READ, "known_from"):
        found[row[0]].append(row)
    return found


def stood(records: Records, benchmark: Condition, rows: Rows, on: date) -> Standing:
    """As it stood and was known on a day."""
    state = at_a_day.state_at(records.histories.get(benchmark.pk, ()), on, on)
    return standing(state, list(deciding(records, benchmark, rows, on)))


def deciding(records: Records, benchmark: Condition, rows: Rows, on: date) -> Iterator[tuple[str, str]]:
    for one in records.of_benchmark[benchmark.pk]:
        row = at_a_day.judged(records.judgements.get(one.pk, ()), on, on)
        definition = at_a_day.in_force(records.definitions.get(one.pk, ()), on, on)
        if one.informs_only or not (row or definition):
            continue
        values = value_on(rows, definition[3], on) if definition else {}
        yield row[JUDGED] if row else NOBODY_JUDGED, indicator_met(definition, records.targets, values, on).met


def value_on(rows: Rows, definition: int, on: date) -> dict[int, Read]:
    known = [row for row in rows.get(definition, ()) if row[HELD] <= on and row[KNOWN_FROM] <= on]
    return {definition: known[0]} if known else {}
