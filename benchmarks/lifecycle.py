"""How a benchmark and an assessment move. Sources: domain catalogue, sections E and R."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from transitions.access.models import User, holders
from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.missions.lifecycle import TransitionLifecycle
from transitions.missions.models import Transition
from transitions.workflow.lifecycles import Blocker, Lifecycle, Step, guards, leaves_open
from transitions.workflow.models import StateChange

from .at_a_day import AS_OF, JUDGED, Judgement, judgements
from .classes import RANK
from .falls import conditions_of, tell_regress, tell_verified
from .met import MET, UNKNOWN
from .models import Assessment, Benchmark, CarryOver, Indicator


def deciding(benchmark: Benchmark) -> list[Indicator]:
    return list(benchmark.indicators.filter(informs_only=False).prefetch_related("definitions__targets"))


def an_exit_can_be_judged_by_it(benchmark: Benchmark, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """A condition for exit has an indicator with baseline, target, date and source."""
    if not benchmark.condition_for_exit:
        return
    indicators = deciding(benchmark)
    if not any(is_whole(indicator) for indicator in indicators):
        sentence = f"{benchmark} has no deciding indicator with baseline, target, target date and source"
        yield Blocker("no_whole_indicator", sentence, benchmark, who=benchmark.owner or Role.PLANNER)


def is_whole(indicator: Indicator) -> bool:
    latest = max(indicator.definitions.all(), key=lambda one: one.number, default=None)
    if latest is None or not latest.source:
        return False
    has_baseline = latest.baseline_value is not None or bool(latest.baseline_text)
    return has_baseline and any(target.date for target in latest.targets.all())


def the_council_s_words_are_adopted(benchmark: Benchmark, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """What the Council set comes in force with its instrument."""
    if benchmark.basis != Benchmark.Basis.COUNCIL:
        return
    wording = benchmark.wordings.select_related("instrument").order_by("-number").first()
    instrument = wording.instrument if wording else None
    today = day(now, benchmark.transition.time_zone)
    if instrument is None or (instrument.effective_from or instrument.adopted_on) > today:
        sentence = f"The instrument by which the Council sets {benchmark} is not named or not in force yet"
        yield Blocker("no_instrument", sentence, benchmark, who=Role.PLANNER)


def a_new_owner_is_named(benchmark: Benchmark, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not benchmark.carry_overs.exists():
        sentence = f"Nobody is named to whom {benchmark} goes"
        yield Blocker("no_new_owner", sentence, benchmark, who=benchmark.owner or Role.PLANNER)


def is_joint(benchmark: Benchmark) -> bool:
    return benchmark.basis == Benchmark.Basis.JOINT


TOLD = ("owner", Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR)


class BenchmarkLifecycle(Lifecycle):
    model = Benchmark
    begins_in = ("draft",)
    steps = (
        Step("propose", "draft", "proposed", may=Permission.PLAN, owner_may=True),
        Step("agree", "proposed", "in_force", may=Permission.APPROVE_PLAN,
             guards=(an_exit_can_be_judged_by_it, the_council_s_words_are_adopted),
             signatures=(Role.HEAD_OF_MISSION, Role.GOVERNMENT_FOCAL_POINT), signed_if=is_joint, tells=TOLD),
        Step("achieve", "in_force", "achieved", may=Permission.PLAN, tells=(*TOLD, Role.HEADQUARTERS_DESK)),
        Step("regress", "achieved", "in_force", may=Permission.PLAN, needs_reason=True, then=tell_regress),
        Step("close_unmet", ("in_force", "achieved"), "closed_unmet", may=Permission.PLAN, needs_reason=True,
             tells=TOLD),
        Step("transfer", ("in_force", "achieved", "closed_unmet"), "transferred", may=Permission.PLAN,
             guards=(a_new_owner_is_named,), tells=TOLD),
        Step("retire", ("draft", "proposed", "in_force"), "retired", may=Permission.PLAN, needs_reason=True,
             tells=TOLD),
    )  # fmt: skip


OWN_ENTRY = "Nobody verifies their own entry"


def not_by_who_entered_it(assessment: Assessment, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """Neither the judgement nor the value under it, and not who submitted it."""
    if by.pk in who_entered([assessment])[assessment.pk]:
        yield Blocker("own_entry", OWN_ENTRY, assessment, who=assessment.indicator.verifier or Role.VERIFIER)


def who_entered(assessments: Sequence[Assessment]) -> dict[int, set[int]]:
    """Of each, everybody whose entry it is: for a list in one query, where their measurements are read with them."""
    found = {
        one.pk: {one.entered_by_id} | ({one.measurement.by_id} if one.measurement else set()) for one in assessments
    }
    changes = StateChange.objects.filter(thing_type=Assessment._meta.label_lower, thing_id__in=found)
    versions = {one.pk: one.version for one in assessments}
    for thing, version, person in changes.values_list("thing_id", "version", "by_id"):
        if version == versions[thing]:
            found[thing].add(person)
    return found


def who_verifies(assessment: Assessment, *, on: date) -> Iterable[User]:
    """The indicator's own verifier, or its verifying office, or who verifies here; the planners where nobody does."""
    indicator = assessment.indicator
    if indicator.verifier:
        return [indicator.verifier]
    office = indicator.verifier_office
    if office and office.head:
        return [office.head]
    here = indicator.transition_id
    return holders(here, [Role.VERIFIER], on=on) or holders(here, [Role.PLANNER], on=on)


def it_waits_from_now_on(assessment: Assessment, change: StateChange, *, by: Any, now: datetime) -> None:
    assessment.submitted_on = change.holds_from
    Assessment.objects.filter(pk=assessment.pk).update(submitted_on=change.holds_from)


class AssessmentLifecycle(Lifecycle):
    model = Assessment
    belongs_to = "indicator.transition"
    begins_in = ("draft", "submitted")  # what is brought in with a file was written elsewhere
    may_begin = Permission.MEASURE
    steps = (
        Step("submit", "draft", "submitted", may=Permission.MEASURE, tells=(who_verifies,), then=it_waits_from_now_on),
        Step("return", "submitted", "draft", may=Permission.VERIFY, needs_reason=True, tells=("entered_by",)),
        Step("verify", "submitted", "verified", may=Permission.VERIFY, guards=(not_by_who_entered_it,),
             tells=("entered_by", "indicator.benchmark.owner"), then=tell_verified),
    )  # fmt: skip


@guards(TransitionLifecycle, "approve_plan")
def every_condition_for_exit_is_in_force(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    waiting = transition.benchmarks.filter(condition_for_exit=True, state__in=("draft", "proposed"))
    for benchmark in waiting.select_related("owner"):
        sentence = f"The condition for exit {benchmark} is {benchmark.state}, not in force"
        yield Blocker("condition_not_in_force", sentence, benchmark, who=benchmark.owner or Role.PLANNER)


@guards(TransitionLifecycle, "cease_operations")
def every_condition_is_assessed_within_its_frequency(
    transition: Transition, *, by: Any, now: datetime
) -> Iterator[Blocker]:
    """Whoever decides to leave knows how things stand. Recorded as a fact, it is left open what nobody knew."""
    for benchmark, indicators in unassessed(transition, on=day(now, transition.time_zone)):
        which = f": {', '.join(indicators)}" if indicators else ": it has no indicator"
        sentence = f"The condition for exit {benchmark} is not assessed within its frequency{which}"
        yield Blocker("condition_not_assessed", sentence, benchmark, who=benchmark.owner or Role.PLANNER)


def unassessed(transition: Transition, *, on: date) -> Iterator[tuple[Benchmark, list[str]]]:
    """Conditions in force with a deciding indicator of which nothing, or nothing recent enough, is known."""
    conditions = transition.benchmarks.filter(condition_for_exit=True, state__in=("in_force", "achieved"))
    rows = judgements([transition.pk], as_of=on, known_at=on)
    for benchmark in conditions.select_related("owner").prefetch_related("indicators"):
        its = [one for one in benchmark.indicators.all() if not one.informs_only]
        left = [one.code for one in its if not is_assessed(one, rows.get(one.pk, []), on)]
        if left or not its:
            yield benchmark, left


def is_assessed(indicator: Indicator, rows: list[Judgement], on: date) -> bool:
    """Where no frequency is set, any judgement will do; “no update expected” is none."""
    if not rows or rows[-1][JUDGED] not in RANK:
        return False
    return not indicator.frequency_days or (on - rows[-1][AS_OF]).days <= indicator.frequency_days


@leaves_open(TransitionLifecycle, "cease_operations")
def what_is_not_met_is_carried_over(transition: Transition, change: StateChange, *, now: datetime) -> Iterator[Blocker]:
    """The end date holds whether the conditions do or not; each that does not needs an owner who remains."""
    today, on = day(now, transition.time_zone), change.holds_from
    standings = conditions_of(transition, now=now, as_of=on)
    said_already = {benchmark.pk for benchmark, _ in unassessed(transition, on=today)}
    left = {pk: its for pk, its in standings.items() if its.met != MET and its.state in ("in_force", "closed_unmet")}
    carried = CarryOver.objects.filter(benchmark__in=left, holds_from__lte=today, known_from__lte=today)
    owners = {row.benchmark_id: row for row in carried.select_related("office").order_by("holds_from", "pk")}
    for pk, benchmark in sorted(Benchmark.objects.in_bulk(set(left) - said_already).items()):
        met = "not known to be met" if left[pk].met == UNKNOWN else "not met"
        to = f"carried over to {owners[pk]}" if pk in owners else "no source names who carries it over"
        sentence = f"The condition for exit {benchmark} was {met} on {on}: {to}"
        yield Blocker("condition_carried_over", sentence, benchmark)
