"""How a transition, a phase and a pause move. Sources: domain catalogue, sections A and C."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.workflow.lifecycles import Blocker, Lifecycle, Step
from transitions.workflow.models import OpenItem

from .models import Effect, MandateInstrument, Pause, Phase, PhaseCondition, Transition


def it_has_its_parties(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    for field, named in (("mission", "mission"), ("host_country", "host country"), ("lead_office", "lead office")):
        if not getattr(transition, field):
            yield Blocker(f"no_{field}", f"The {named} is not named", transition, who=Role.PLANNER)


def an_end_state_is_agreed(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not transition.end_states.filter(holds_from__lte=day(now, transition.time_zone)).exists():
        yield Blocker("no_end_state", "No end state has been agreed", transition, who=Role.PLANNER)


def in_force(transition: Transition, kind: Effect.Kind, *, now: datetime) -> bool:
    """Whether an instrument of the transition's own mission with this effect is in force today and not superseded."""
    today = day(now, transition.time_zone)
    adopted = MandateInstrument.objects.filter(mission=transition.mission_id, adopted_on__lte=today)
    standing = adopted.filter(
        Q(effective_from=None) | Q(effective_from__lte=today),
        Q(effective_until=None) | Q(effective_until__gte=today),
    ).exclude(superseded_by__adopted_on__lte=today)
    return transition.mission_id is not None and standing.filter(effects__kind=kind).exists()


def an_instrument_authorises_it(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not in_force(transition, Effect.Kind.AUTHORISES, now=now):
        sentence = "No instrument in force authorises the transition"
        yield Blocker("not_authorised", sentence, transition, who=(Role.PLANNER, Role.HEADQUARTERS_DESK))


def an_instrument_terminates_the_mandate(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not in_force(transition, Effect.Kind.TERMINATES, now=now):
        sentence = "No instrument in force terminates the mandate"
        yield Blocker("not_terminated", sentence, transition, who=(Role.PLANNER, Role.HEADQUARTERS_DESK))


def every_phase_has_ended(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    for phase in transition.phases.exclude(state="ended"):
        yield Blocker("phase_not_ended", f"{phase} has not ended", phase, who=Role.PLANNER)


def every_open_item_has_an_owner(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    left = OpenItem.objects.filter(transition=transition, closed_at=None)
    for item in left.filter(residual_owner=None, residual_office=None):
        sentence = f"Open and without an owner who remains: {item}"
        yield Blocker("open_item_without_owner", sentence, item, who=Role.HEADQUARTERS_DESK)


def every_residual_obligation_has_an_owner(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    for owed in transition.residualobligations.filter(owner=None, owner_office=None, done_on=None):
        yield Blocker("obligation_without_owner", f"{owed} has no owner", owed, who=Role.PLANNER)


def every_follow_up_check_is_done(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    for check in transition.followupchecks.filter(done_on=None):
        who = check.owner or Role.RESIDENT_COORDINATOR
        yield Blocker("follow_up_not_done", f"The follow-up check “{check}” is not done", check, who=who)


def the_mission_leaves(transition: Transition) -> bool:
    return transition.kind == Transition.Kind.WITHDRAWAL


def the_mission_stays(transition: Transition) -> bool:
    return not the_mission_leaves(transition)


PLAN = (it_has_its_parties, an_end_state_is_agreed)
LEADERS = (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK, Role.PLANNER)


class TransitionLifecycle(Lifecycle):
    model = Transition
    belongs_to = ""
    begins_in = ("considered",)
    may_begin = Permission.SET_UP
    steps = (
        Step("begin_planning", "considered", "planning", may=Permission.PLAN, guards=(it_has_its_parties,)),
        Step("approve_plan", "planning", "approved", may=Permission.APPROVE_PLAN, guards=PLAN,
             signatures=(Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR), tells=LEADERS),
        Step("start", "approved", "under_way", may=Permission.DIRECT,
             guards=(an_instrument_authorises_it,), tells=LEADERS),
        Step("start_at_short_notice", ("considered", "planning"), "under_way", may=Permission.DIRECT,
             guards=(an_instrument_terminates_the_mandate,), opens_what="approve_plan", tells=LEADERS),
        Step("reach_posture", "under_way", "following_up", may=Permission.DIRECT,
             guards=(every_phase_has_ended,), only_if=the_mission_stays),
        Step("cease_operations", "under_way", "withdrawing", may=Permission.DIRECT, tells=LEADERS,
             only_if=the_mission_leaves),
        Step("complete_withdrawal", "withdrawing", "liquidating", may=Permission.COMPLETE,
             guards=(every_open_item_has_an_owner,), tells=LEADERS),
        Step("complete_liquidation", "liquidating", "following_up", may=Permission.COMPLETE,
             guards=(every_residual_obligation_has_an_owner,), tells=LEADERS),
        Step("close", "following_up", "closed", may=Permission.CLOSE, guards=(every_follow_up_check_is_done,),
             signatures=(Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK), tells=LEADERS),
        Step("cancel", ("considered", "planning", "approved", "under_way", "withdrawing", "liquidating",
                        "following_up"), "cancelled", may=Permission.CANCEL, needs_reason=True, tells=LEADERS),
    )  # fmt: skip


def unmet(phase: Phase, gate: PhaseCondition.Gate) -> Iterator[Blocker]:
    for condition in phase.conditions.filter(gate=gate, met_on=None):
        yield Blocker(f"{gate}_condition_not_met", f"Not met: {condition}", phase, who=Role.PLANNER)


def entry_conditions_are_met(phase: Phase, *, by: Any, now: datetime) -> Iterator[Blocker]:
    yield from unmet(phase, PhaseCondition.Gate.ENTRY)


def exit_conditions_are_met(phase: Phase, *, by: Any, now: datetime) -> Iterator[Blocker]:
    yield from unmet(phase, PhaseCondition.Gate.EXIT)


class PhaseLifecycle(Lifecycle):
    model = Phase
    begins_in = ("planned",)
    steps = (
        Step("enter", "planned", "current", may=Permission.PLAN, guards=(entry_conditions_are_met,),
             overridable=(entry_conditions_are_met,), override_by=Role.HEAD_OF_MISSION, tells=LEADERS),
        Step("end", "current", "ended", may=Permission.PLAN, guards=(exit_conditions_are_met,),
             overridable=(exit_conditions_are_met,), override_by=Role.HEAD_OF_MISSION, tells=LEADERS),
    )  # fmt: skip


class PauseLifecycle(Lifecycle):
    model = Pause
    begins_in = ("in_force",)
    may_begin = Permission.PAUSE
    steps = (Step("resume", "in_force", "over", may=Permission.PAUSE, tells=LEADERS),)
