"""How a milestone moves, and what the calendar asks of a transition. Sources: domain catalogue, section C."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.missions.lifecycle import TransitionLifecycle
from transitions.missions.models import Office, Side, Transition
from transitions.workflow.lifecycles import Blocker, Lifecycle, Step, guards
from transitions.workflow.models import Evidence, StateChange

from .models import OWED, ApprovedVersion, Milestone, NationalEvent


def a_hard_one_has_evidence(milestone: Milestone, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if milestone.hard and not Evidence.objects.about(milestone).exists():
        sentence = f"{milestone} is hard and has no evidence: add a file, a text or a reference"
        yield Blocker("no_evidence", sentence, milestone, who=milestone.owner or Role.PLANNER)


def what_it_waits_for_is_done(milestone: Milestone, *, by: Any, now: datetime) -> Iterator[Blocker]:
    waits = list(milestone.waits_for.select_related("first__owner").exclude(first__state="dropped"))
    done_on = done_days([wait.first for wait in waits if wait.lag_days])
    for wait in waits:
        if wait.first.state != "done":
            who = wait.first.owner or Role.PLANNER
            yield Blocker("predecessor_not_done", f"It waits for {wait.first}, which is not done", wait.first, who=who)
        elif wait.lag_days:
            yield from the_lag_has_gone_by(wait, milestone, done_on[wait.first_id], now=now)


def done_days(milestones: Sequence[Milestone]) -> dict[int, date]:
    """The day from which the present state of each holds."""
    if not milestones:
        return {}
    present = StateChange.objects.filter(
        thing_type=Milestone._meta.label_lower, thing_id__in=[m.pk for m in milestones]
    )
    return dict(present.order_by("thing_id", "-version").distinct("thing_id").values_list("thing_id", "holds_from"))


def the_lag_has_gone_by(wait: Any, milestone: Milestone, done_on: date, *, now: datetime) -> Iterator[Blocker]:
    earliest = done_on + timedelta(days=wait.lag_days)
    if day(now, milestone.transition.time_zone) < earliest:
        sentence = f"It waits until {earliest}, {wait.lag_days} days after {wait.first}"
        yield Blocker("too_early_after_predecessor", sentence, wait.first, who=Role.PLANNER)


def nothing_forbids_the_day(milestone: Milestone, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """Sites are not closed and nothing is handed over in an election week or in the rains."""
    if milestone.kind not in (Milestone.Kind.SITE, Milestone.Kind.HANDOVER):
        return
    today = day(now, milestone.transition.time_zone)
    events = NationalEvent.objects.filter(
        transition=milestone.transition_id, blackout=True, from_date__lte=today, until__gte=today
    )
    for event in events.filter(area=None) | events.filter(area=milestone.area_id):
        sentence = f"Nothing is closed or handed over during {event} (until {event.until})"
        yield Blocker("blackout", sentence, event, who=Role.HEAD_OF_MISSION)


class MilestoneLifecycle(Lifecycle):
    model = Milestone
    begins_in = ("planned",)
    steps = (
        Step("start", "planned", "under_way", may=Permission.PLAN, owner_may=True),
        Step("finish", ("planned", "under_way"), "done", may=Permission.PLAN, owner_may=True,
             guards=(a_hard_one_has_evidence, what_it_waits_for_is_done, nothing_forbids_the_day),
             overridable=(what_it_waits_for_is_done, nothing_forbids_the_day), override_by=Role.HEAD_OF_MISSION),
        Step("suspend", ("planned", "under_way"), "suspended", may=Permission.PLAN, needs_reason=True,
             tells=("owner",)),
        Step("resume", "suspended", "under_way", may=Permission.PLAN, tells=("owner",)),
        Step("drop", ("planned", "under_way", "suspended"), "dropped", may=Permission.PLAN, needs_reason=True,
             tells=("owner",)),
        Step("reopen", ("done", "dropped"), "under_way", may=Permission.PLAN, tells=("owner",)),
    )  # fmt: skip


@guards(TransitionLifecycle, "approve_plan")
def a_calendar_version_is_approved(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not ApprovedVersion.objects.filter(transition=transition).exists():
        sentence = "No version of the calendar has been approved"
        yield Blocker("no_approved_version", sentence, transition, who=(Role.HEAD_OF_MISSION, Role.DEPUTY_HEAD))


@guards(TransitionLifecycle, "complete_withdrawal")
def every_mission_office_with_open_items_has_a_residual_owner(
    transition: Transition, *, by: Any, now: datetime
) -> Iterator[Blocker]:
    """The mission's offices close: what is still open in them needs an office that remains."""
    closing = Office.objects.filter(transition=transition, side=Side.MISSION, residual_office=None)
    for office in closing.filter(milestones__state__in=(*OWED, "suspended")).distinct():
        sentence = f"{office} has open items in the calendar and no residual owner for them"
        yield Blocker("no_residual_owner", sentence, office, who=Role.PLANNER)
