"""How a benchmark and an assessment move. Sources: domain catalogue, sections E and R."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.workflow.lifecycles import Blocker, Lifecycle, Step

from .models import Assessment, Benchmark, Indicator


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
        Step("regress", "achieved", "in_force", may=Permission.PLAN, needs_reason=True,
             tells=(*TOLD, Role.HEADQUARTERS_DESK)),
        Step("close_unmet", ("in_force", "achieved"), "closed_unmet", may=Permission.PLAN, needs_reason=True,
             tells=TOLD),
        Step("transfer", ("in_force", "achieved", "closed_unmet"), "transferred", may=Permission.PLAN,
             guards=(a_new_owner_is_named,), tells=TOLD),
        Step("retire", ("draft", "proposed", "in_force"), "retired", may=Permission.PLAN, needs_reason=True,
             tells=TOLD),
    )  # fmt: skip


def not_by_who_entered_it(assessment: Assessment, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if by.pk == assessment.entered_by_id:
        sentence = "Nobody verifies their own entry"
        yield Blocker("own_entry", sentence, assessment, who=assessment.indicator.verifier or Role.VERIFIER)


class AssessmentLifecycle(Lifecycle):
    model = Assessment
    belongs_to = "indicator.transition"
    begins_in = ("draft", "submitted")  # what is brought in with a file was written elsewhere
    may_begin = Permission.MEASURE
    steps = (
        Step("submit", "draft", "submitted", may=Permission.MEASURE, tells=("indicator.verifier",)),
        Step("return", "submitted", "draft", may=Permission.VERIFY, needs_reason=True, tells=("entered_by",)),
        Step("verify", "submitted", "verified", may=Permission.VERIFY, guards=(not_by_who_entered_it,),
             tells=("entered_by",)),
    )  # fmt: skip
