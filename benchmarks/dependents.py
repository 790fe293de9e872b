"""Handovers that stand on a benchmark: marked for review where it has fallen since they were last moved or looked at.

Computed, never stored: no job has to set the mark, and none can forget to.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, Q

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.handovers.marks import Mark, Marks
from transitions.handovers.models import Handover
from transitions.status.panels import View
from transitions.workflow.engine import locked
from transitions.workflow.links import link_to
from transitions.workflow.models import StateChange

from . import at_a_day
from .at_a_day import DECIDES, JUDGED, READ, Read, counted
from .facts import save, stamp
from .letters import named
from .models import Benchmark, DependenceReview, DependsOn
from .moment import Moment, moment
from .records import NOBODY_JUDGED, Condition, Records, read
from .standing import Standing, has_fallen, indicator_met, standing

GONE = ("ended", "lapsed")
HELD, KNOWN_FROM = 8, 10  # of a row that was read, with the day from which it is known put to its end


def depend(handover: Handover, benchmark: Benchmark, *, by: Any, now: datetime) -> DependsOn:
    """Say that a handover stands on a benchmark."""
    with locked(handover.transition):
        check(handover, by=by, now=now)
        today = day(now, handover.transition.time_zone)
        row: DependsOn = save(
            DependsOn(transition=handover.transition, handover=handover, benchmark=benchmark, linked_on=today)
        )
    return row


def reviewed(link: DependsOn, *, by: Any, now: datetime, on: date | None = None) -> DependsOn:
    """Somebody has looked whether it still stands: the mark is gone until the benchmark falls again.

    Args:
        on: the day on which they looked; today if not given.
    """
    with locked(link.transition):
        check(link.handover, by=by, now=now)
        stamped = stamp(link.transition, by=by, now=now, holds_from=on)
        if stamped["holds_from"] > stamped["known_from"]:
            raise ValidationError({"reviewed_on": "That day has not come yet."})
        save(DependenceReview(link=link, **stamped))
        link.reviewed_on = link.reviews.aggregate(last=Max("holds_from"))["last"]
        link.save(update_fields=["reviewed_on"])
    return link


def check(handover: Handover, *, by: Any, now: datetime) -> None:
    if not may(by, Permission.PLAN, handover.transition, now=now):
        raise PermissionDenied("what a handover depends on is kept by a planner")


type Rows = Mapping[int, list[Read]]


class ToReview(NamedTuple):
    """A link whose benchmark stood better when the handover was last moved or looked at."""

    link: int
    transition: int
    handover: int
    code: str
    benchmark: Condition
    title: str
    since: date
    was: Standing
    now: Standing

    def as_dict(self) -> dict[str, Any]:
        return {"handover": self.code, "benchmark": self.benchmark.code, "since": self.since, "from": self.was.judged,
                "to": self.now.judged}  # fmt: skip

    def in_words(self) -> str:
        was, now = self.was, self.now
        said = [f"from {named(was.judged)} to {named(now.judged)}"] if was.judged != now.judged else []
        if was.met != now.met:
            said.append(f"from {was.met} to {now.met} by measurements".replace("_", " "))
        moved = " and ".join(said or [f"from {was.state} to {now.state}".replace("_", " ")])
        return f"benchmark {self.benchmark.code} {self.title} has fallen back since {self.since}, {moved}"


def to_review(
    records: Records, transitions: Sequence[int], moments: Mapping[int, Moment], view: View
) -> Iterator[ToReview]:
    """Of these transitions, by the code of the handover."""
    said = Q(reviews__holds_from__lte=view.as_of, reviews__known_from__lte=view.known_at)
    links = list(
        seen(view)
        .filter(transition__in=transitions, linked_on__lte=view.known_at)
        .annotate(looked_on=Max("reviews__holds_from", filter=said))
        .values_list("pk", "transition_id", "handover_id", "handover__code", "benchmark_id", "looked_on")
        .order_by("handover__code", "benchmark_id")
    )
    moved = last_moved({link[2] for link in links}, view)
    rows = numbers({link[4] for link in links}, view)
    of = {one.pk: one for ones in records.benchmarks.values() for one in ones}
    for pk, transition, handover, code, benchmark, looked_on in links:
        state, since = moved.get(handover, ("", None))
        now = moments[transition].standings.get(benchmark)
        if since is None or now is None or state in GONE:
            continue
        cut = max(since, looked_on) if looked_on else since
        was = stood(records, of[benchmark], rows, cut)
        if has_fallen(was, now):
            title = moments[transition].told[benchmark].title
            yield ToReview(pk, transition, handover, code, of[benchmark], title, cut, was, now)


def seen(view: View) -> Any:
    return DependsOn.objects.visible_to(view.user, now=view.now)


class ReviewMarks(Marks):
    """Beside each handover that is to be reviewed: which benchmark, and since when."""

    def of(self, transition: Any, view: View) -> Iterator[Mark]:
        if not seen(view).filter(transition=transition, linked_on__lte=view.known_at).exists():
            return
        records = read([transition], view)
        now = {transition.pk: moment(records, transition.pk, view.as_of, records.values)}
        for one in to_review(records, [transition.pk], now, view):
            benchmark, link = Benchmark(pk=one.benchmark.pk), DependsOn(pk=one.link)
            yield Mark(one.handover, one.in_words(), link_to(benchmark), link_to(link))


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
        if not (row or definition) or not records.decides(one.pk, on, on):
            continue
        values = value_on(rows, definition[3], on) if definition else {}
        yield row[JUDGED] if row else NOBODY_JUDGED, indicator_met(definition, records.targets, values, on).met


def value_on(rows: Rows, definition: int, on: date) -> dict[int, Read]:
    known = [row for row in rows.get(definition, ()) if row[HELD] <= on and row[KNOWN_FROM] <= on]
    return {definition: known[0]} if known else {}
