"""Someone looks afterwards: checks made on transfer, counted from it, and answered with a source."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import grants_in, holders, may
from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue
from transitions.workflow.checks import check_happened
from transitions.workflow.engine import Fact, StepRefused, locked
from transitions.workflow.lifecycles import works
from transitions.workflow.models import StateChange

from .models import FollowUp, FollowUpAnswer, FollowUpSchedule, Handover

TASKS = (30, 90, 180)
SITES = (1, 7, 30, 90, 180)  # looted after 3, 27 and 38 days: the first weeks count
QUESTIONS = ("performed", "resources", "use_respected")


def days_for(handover: Handover) -> list[int]:
    """What is set for its transition, else for all of them, else what is written here."""
    kind = FollowUpSchedule.Kind.SITE if handover.site_id else FollowUpSchedule.Kind.TASK
    rows = FollowUpSchedule.objects.filter(kind=kind)
    schedule = rows.filter(transition=handover.transition_id).first() or rows.filter(transition=None).first()
    return list(schedule.days if schedule else SITES if handover.site_id else TASKS)


def schedule_follow_ups(handover: Handover, change: StateChange, *, by: Any, now: datetime) -> None:
    """Days from the day on which the transfer holds, not from the day it was recorded."""
    FollowUp.objects.bulk_create(
        (
            FollowUp(handover=handover, days=days, due_on=change.holds_from + timedelta(days=days))
            for days in days_for(handover)
        ),
        ignore_conflicts=True,
    )


def answer(
    follow_up: FollowUp, *, performed: str, resources: str, use_respected: str, by: Any, now: datetime, source: str,
    note: str = "", fact: Fact | None = None,
) -> FollowUpAnswer:  # fmt: skip
    """Answer the three questions of a follow-up. A later answer corrects, and its note says why.

    Args:
        source: who looked, or where it was read.
        fact: the day on which it was seen, and from when it was known, where that is not today.
    Raises:
        PermissionDenied: neither a planner, nor of the recipient's office, nor the resident coordinator.
        ValidationError: a question without an answer, no source, a correction without a reason, a day that is wrong.
        StepRefused: the follow-up was deleted meanwhile.
    """
    transition = follow_up.handover.transition
    with locked(transition):
        if not FollowUp.objects.filter(pk=follow_up.pk).exists():
            raise StepRefused("stale", f"{follow_up} was deleted since this page was opened")
        follow_up.refresh_from_db()
        if not may_answer(by, follow_up.handover, now=now):
            raise PermissionDenied("a follow-up is answered by a planner, the recipient's office or the coordinator")
        if fact:
            check_happened(fact, transition, now=now)
        today = day(now, transition.time_zone)
        given = FollowUpAnswer(
            follow_up=follow_up, performed=performed, resources=resources, use_respected=use_respected,
            note=note.strip(), source=(source or (fact.source if fact else "")).strip(), by=by, recorded_at=now,
            holds_from=fact.holds_from if fact else today, known_from=(fact and fact.known_from) or today,
            approximate=bool(fact and fact.approximate),
        )  # fmt: skip
        check_answer(given, follow_up)
        given.save(force_insert=True)
        put_in_force(follow_up)
        if follow_up.failed and follow_up.handover.state in ("transferred", "completed"):
            tell_failure(follow_up, given, now=now)
    return given


def tell_failure(follow_up: FollowUp, given: FollowUpAnswer, *, now: datetime) -> None:
    """It proposes that the handover has lapsed: planners and heads decide."""
    handover = follow_up.handover
    roles = (Role.PLANNER, Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR)
    queue(
        (Message(
            kind="handovers.follow_up_failed", transition_id=handover.transition_id, thing_type="handovers.followup",
            thing_id=follow_up.pk, marking=handover.marking, recipient=person,
            dedupe_key=f"handovers.follow_up_failed/{given.pk}/{person.pk}",
        )
        for person in holders(handover.transition_id, roles, on=day(now, handover.transition.time_zone))),
        now=now,
    )  # fmt: skip


def may_answer(by: Any, handover: Handover, *, now: datetime) -> bool:
    transition, office = handover.transition, handover.recipient_office_id
    if may(by, Permission.PLAN, transition, now=now, pillar_id=handover.pillar_id):
        return True
    held = [grant for grant in grants_in(by, transition, now=now) if works(grant)]
    coordinates = any(grant.role == Role.RESIDENT_COORDINATOR for grant in held)
    return coordinates or (office is not None and any(grant.office_id == office for grant in held))


def check_answer(given: FollowUpAnswer, follow_up: FollowUp) -> None:
    given.full_clean(exclude=["follow_up", "by"])
    if given.holds_from < follow_up.transferred_on:
        sentence = f"It was handed over on {follow_up.transferred_on}: what was seen before is no follow-up."
        raise ValidationError({"holds_from": sentence})
    if not given.note and follow_up.answers.exists():
        raise ValidationError({"note": "It is answered already: say why the answer is another one."})


def put_in_force(follow_up: FollowUp) -> None:
    """The answer that counts is the one from the latest day, of two from one day the later row."""
    counts = follow_up.answers.order_by("-holds_from", "-pk")[0]
    for name in (*QUESTIONS, "source", "note"):
        setattr(follow_up, name, getattr(counts, name))
    follow_up.answered_on, follow_up.answered_by = counts.holds_from, counts.by
    follow_up.save(update_fields=[*QUESTIONS, "source", "note", "answered_on", "answered_by"])
