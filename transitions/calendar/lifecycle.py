"""How a milestone moves, and what the calendar asks of a transition. Sources: domain catalogue, section C."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.missions.lifecycle import TransitionLifecycle
from transitions.missions.models import Office, Side, Transition
from transitions.workflow.lifecycles import Blocker, Lifecycle, Step, guards
from transitions.workflow.models import Evidence

from .blackouts import blackouts_of
from .dated import Dated
from .models import OWED, ApprovedVersion, Dependency, Milestone
from .waits import counted, waits_of


def a_hard_one_has_evidence(milestone: Milestone, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if milestone.hard and not Evidence.objects.about(milestone).exists():
        sentence = f"{milestone} is hard and has no evidence: add a file, a text or a reference"
        yield Blocker("no_evidence", sentence, milestone, who=milestone.owner or Role.PLANNER)


def what_it_waits_for_is_done(thing: Any, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """And the days after it have gone by. Of a milestone, a handover, or whatever else waits."""
    today = day(now, thing.transition.time_zone)
    for wait in waits_of(thing, Dependency.Kind.FINISH_TO_START, now=now):
        if wait.item.done_on is None:
            yield wait.blocker("predecessor_not_done", f"It waits for {wait.first}, which is not done")
        else:
            yield from wait.not_yet("too_early_after_predecessor", wait.item.done_on, today=today)


def it_does_not_come_too_early(thing: Any, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """Before the day of something else, done or not. A day that is not known has not come."""
    today = day(now, thing.transition.time_zone)
    for wait in waits_of(thing, Dependency.Kind.NOT_BEFORE, now=now):
        its = wait.item.done_on or wait.item.day
        if its is None:
            yield wait.blocker("predecessor_without_day", f"It does not come before {wait.first}, which has no day yet")
        else:
            yield from wait.not_yet("too_early_before_day", its, today=today)


def both_have_run_side_by_side(thing: Any, *, by: Any, now: datetime) -> Iterator[Blocker]:
    today = day(now, thing.transition.time_zone)
    for wait in waits_of(thing, Dependency.Kind.OVERLAP, now=now):
        if wait.item.started_on is None:
            sentence = f"{wait.first} is to run beside it for {counted(wait.days)}, and has not begun"
            yield wait.blocker("overlap_not_begun", sentence)
        else:
            yield from wait.not_yet("overlap_too_short", wait.item.started_on, today=today)


def nothing_forbids_the_day(thing: Any, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """Sites are not closed and nothing is handed over in an election week or in the rains."""
    dated = Dated.all[thing._meta.label_lower]
    if not dated.shuns_blackouts(thing):
        return
    today = day(now, thing.transition.time_zone)
    for event in blackouts_of(thing.transition_id).on(today, dated.area_of(thing)):
        sentence = f"Nothing is closed or handed over during {event} (until {event.until})"
        yield Blocker("blackout", sentence, event, who=Role.HEAD_OF_MISSION)


NOT_YET = (what_it_waits_for_is_done, it_does_not_come_too_early, both_have_run_side_by_side, nothing_forbids_the_day)
"""What the time is not ripe for. The head of mission may pass over it, with a reason."""


class MilestoneLifecycle(Lifecycle):
    model = Milestone
    begins_in = ("planned",)
    steps = (
        Step("start", "planned", "under_way", may=Permission.PLAN, owner_may=True),
        Step("finish", ("planned", "under_way"), "done", may=Permission.PLAN, owner_may=True,
             guards=(a_hard_one_has_evidence, *NOT_YET), overridable=NOT_YET, override_by=Role.HEAD_OF_MISSION),
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
