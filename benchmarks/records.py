"""Everything that readiness is computed from, of any number of transitions, in a fixed number of queries."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from transitions.missions.ends import End, Ends, ends_of
from transitions.missions.models import Effect
from transitions.status.panels import View

from . import at_a_day
from .at_a_day import JUDGED, REPORT, Aimed, Defined, Judgement, Read, Said, Stood
from .classes import counted
from .met import Answer
from .models import BenchmarkTerms, CarryOver, ClassOverride, IndicatorTerms, ReadinessClass, Report
from .standing import Overridden, Standing, indicator_met, standing

NOBODY_JUDGED = ReadinessClass.NOT_ASSESSED.value
LEFT_OUT = "retired"  # it is asked for no more


class Condition(NamedTuple):
    """A benchmark, as far as it does not change with the day."""

    pk: int
    transition: int
    code: str


class Told(NamedTuple):
    """What is said of a benchmark at a moment."""

    pk: int  # of the row that says it
    title: str
    pillar: str | None
    pillar_id: int | None
    sectors: list[str]
    condition_for_exit: bool


class Measure(NamedTuple):
    """An indicator, as far as it does not change with the day."""

    pk: int
    transition_id: int
    code: str
    benchmark_id: int


class Asked(NamedTuple):
    """What is said of an indicator at a moment."""

    position: int
    informs_only: bool
    frequency_days: int | None


class Issued(NamedTuple):
    """A report, and what it publishes of itself."""

    transition: int
    symbol: str
    as_of: date
    known_from: date
    published: dict[str, int] | None
    pk: int


TOLD = ("pk", "title", "pillar__code", "pillar_id", "sectors", "condition_for_exit")
ASKED = ("indicator__benchmark_id", *Asked._fields)
OF_REPORT = ("transition_id", "symbol", "holds_from", "known_from", "roll_up__by_class", "pk")


@dataclass
class Records:
    """What one may see of these transitions, up to one day and as known on one day."""

    as_of: date
    known_at: date
    benchmarks: dict[int, list[Condition]] = field(default_factory=lambda: defaultdict(list))
    indicators: dict[int, list[Measure]] = field(default_factory=lambda: defaultdict(list))
    of_benchmark: dict[int, list[Measure]] = field(default_factory=lambda: defaultdict(list))
    reports: dict[int, list[Issued]] = field(default_factory=lambda: defaultdict(list))
    told: dict[int, list[Said[Told]]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[int, list[Said[Asked]]] = field(default_factory=lambda: defaultdict(list))
    judgements: Mapping[int, list[Judgement]] = field(default_factory=dict)
    definitions: Mapping[int, list[Defined]] = field(default_factory=dict)
    histories: Mapping[int, list[Stood]] = field(default_factory=dict)
    targets: Mapping[int, list[Aimed]] = field(default_factory=dict)
    overrides: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    carried: dict[int, tuple[str, str]] = field(default_factory=dict)
    ends: dict[int, End | None] = field(default_factory=dict)
    values: Mapping[int, Read] = field(default_factory=dict)

    # --- at a moment

    def state(self, benchmark: int, as_of: date, known_at: date) -> str | None:
        return at_a_day.state_at(self.histories.get(benchmark, ()), as_of, known_at)

    def told_of(self, benchmark: int, on: date) -> Told:
        return at_a_day.said_at(self.told[benchmark], on, self.known_at)

    def asked_of(self, indicator: int, on: date) -> Asked:
        return at_a_day.said_at(self.asked[indicator], on, self.known_at)

    def decides(self, indicator: int, as_of: date, known_at: date) -> bool:
        return not at_a_day.said_at(self.asked[indicator], as_of, known_at).informs_only

    def version(self, benchmark: int) -> int | None:
        """The number of its state changes, up to the day."""
        row = at_a_day.stood_at(self.histories.get(benchmark, ()), self.as_of, self.known_at)
        return row[3] if row else None

    def classes(self, transition: int, as_of: date, known_at: date) -> dict[int, str]:
        """Of each indicator that there was at a moment: somebody had defined or judged it. Retired: left out."""
        retired = {one.pk for one in self.benchmarks[transition] if self.state(one.pk, as_of, known_at) == LEFT_OUT}
        found = {}
        for one in self.indicators[transition]:
            row = at_a_day.judged(self.judgements.get(one.pk, ()), as_of, known_at)
            there = row or at_a_day.in_force(self.definitions.get(one.pk, ()), as_of, known_at)
            if there and one.benchmark_id not in retired:
                found[one.pk] = row[JUDGED] if row else NOBODY_JUDGED
        return found

    def judged_in(self, report: Issued) -> dict[int, str]:
        """What the report itself judges, as corrected since; of what it says nothing of, that is not assessed in it.

        Where it gives no class at all, because people judged that here: as it stood on its day, as known on its issue.
        """
        stood, own = self.classes(report.transition, report.as_of, report.known_from), self.of_reports.get(report.pk)
        return {pk: own.get(pk, NOBODY_JUDGED) for pk in stood} if own else stood

    @cached_property
    def of_reports(self) -> Mapping[int, Mapping[int, str]]:
        """Report → indicator → the class that it gives it."""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for indicator, rows in self.judgements.items():
            for row in rows:
                if row[REPORT] is not None:
                    found[row[REPORT]][indicator] = row[JUDGED]
        return found

    def met(
        self, indicators: Sequence[Measure], values: Mapping[int, Read], on: date, targets_of: date
    ) -> dict[int, Answer]:
        """By the measurements of one day, against the targets of that or another."""
        return {
            one.pk: indicator_met(self.definition(one.pk, on), self.targets, values, targets_of) for one in indicators
        }

    def definition(self, indicator: int, on: date) -> Defined | None:
        return at_a_day.in_force(self.definitions.get(indicator, ()), on, self.known_at)

    def is_there(self, benchmark: int, classes: Mapping[int, str], on: date) -> bool:
        """Begun by that day, or with an indicator that somebody knew of by then; and not retired."""
        state = self.state(benchmark, on, self.known_at)
        known = state is not None or any(its.pk in classes for its in self.of_benchmark[benchmark])
        return known and state != LEFT_OUT

    def standing(self, one: Condition, classes: Mapping[int, str], met: Mapping[int, Answer], as_of: date) -> Standing:
        deciding = [
            (classes[its.pk], met[its.pk].met) for its in self.of_benchmark[one.pk]
            if its.pk in classes and self.decides(its.pk, as_of, self.known_at)
        ]  # fmt: skip
        return standing(self.state(one.pk, as_of, self.known_at), deciding, self.override(one.pk, as_of))

    def override(self, benchmark: int, as_of: date) -> Overridden | None:
        """The latest word of a person on its class; an empty one takes the earlier ones back."""
        for since, judged, reason, display_name, username in reversed(self.overrides.get(benchmark, ())):
            if since <= as_of:
                return Overridden(judged, reason, display_name or username, since) if judged else None
        return None


def read(transitions: Sequence[Any], view: View, *, judgements: Mapping[int, list[Judgement]] | None = None) -> Records:
    """
    Args:
        judgements: those that count, where no other moment is to be looked at.
    """
    ids = [one.pk for one in transitions]
    as_of, known_at = view.as_of, view.known_at
    found = Records(as_of, known_at)
    read_what_there_is(found, ids, view)
    if judgements is None:
        judgements = at_a_day.judgements(ids, as_of=as_of, known_at=known_at)
    found.judgements = judgements
    found.definitions = at_a_day.definitions(ids, as_of=as_of, known_at=known_at)
    found.histories = at_a_day.histories(ids, as_of=as_of, known_at=known_at)
    found.targets = at_a_day.targets(ids)
    found.values = at_a_day.values(ids, as_of, known_at=known_at)
    read_words_of_people(found, ids, view)
    missions = {one.mission_id for one in transitions if one.mission_id}
    ends = ends_of(missions, as_of=as_of, known_at=known_at)
    found.ends = {one.pk: end_of(ends.get(one.mission_id)) for one in transitions}
    return found


def read_what_there_is(found: Records, ids: Sequence[int], view: View) -> None:
    for row in at_a_day.terms(BenchmarkTerms, ids, view, *TOLD):
        if row[0] not in found.told:
            found.benchmarks[row[1]].append(Condition(*row[:3]))
        at_a_day.keep(found.told, row, Told(*row[6:]))
    measures: list[Measure] = []
    for row in at_a_day.terms(IndicatorTerms, ids, view, *ASKED):
        if row[0] not in found.asked:
            measures.append(Measure(row[0], row[1], row[2], row[6]))
        at_a_day.keep(found.asked, row, Asked(*row[7:]))
    for one in sorted(measures, key=lambda one: (found.asked_of(one.pk, view.as_of).position, one.pk)):
        found.indicators[one.transition_id].append(one)
        found.of_benchmark[one.benchmark_id].append(one)
    issued = Report.objects.filter(transition__in=ids, holds_from__lte=view.as_of, known_from__lte=view.known_at)
    for row in issued.order_by("holds_from", "pk").values_list(*OF_REPORT):
        found.reports[row[0]].append(Issued(*row))


def read_words_of_people(found: Records, ids: Sequence[int], view: View) -> None:
    cut = {"benchmark__transition__in": ids, "holds_from__lte": view.as_of, "known_from__lte": view.known_at}
    said = ClassOverride.objects.filter(**cut).order_by("holds_from", "pk")
    for row in said.values_list("benchmark_id", "holds_from", "judged", "reason", "by__display_name", "by__username"):
        found.overrides[row[0]].append(row[1:])
    carried = CarryOver.objects.filter(**cut).order_by("benchmark_id", "-holds_from", "-pk").distinct("benchmark_id")
    for benchmark, office, name, source in carried.values_list("benchmark_id", "office__name", "name", "source"):
        found.carried[benchmark] = (office or name, source)


def end_of(ends: Ends | None) -> End | None:
    """The mandate's end: the confirmed one, else one that nobody has confirmed, which is marked."""
    if ends is None:
        return None
    expiry = (end for end in ends.dates if end.kind == Effect.Kind.MANDATE_EXPIRY)
    return ends.headline or next(expiry, None)


def by_class(classes: Mapping[int, str], indicators: Sequence[Measure]) -> dict[str, int]:
    return counted(classes[one.pk] for one in indicators if one.pk in classes)


def by_met(met: Mapping[int, Answer]) -> dict[str, int]:
    found = Counter(answer.met for answer in met.values())
    return {name: found[name] for name in ("met", "not_met", "unknown")}
