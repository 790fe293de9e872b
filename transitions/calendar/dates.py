"""The due date of a milestone: it enters with one, and is moved by re-dating, with a reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.checks import check_fact
from transitions.workflow.engine import Fact, StepRefused, begin, locked

from .models import Milestone, Redating


def enter(
    milestones: Iterable[Milestone], *, by: Any, now: datetime, source: Fact | None = None, state: str | None = None
) -> list[Milestone]:
    """Put milestones into the calendar: their beginning and the fact row of their first date, in one transaction.

    Raises:
        PermissionDenied, StepRefused, ValidationError: as `begin` does; nothing is entered.
    """
    milestones = list(milestones)
    with locked(*{milestone.transition for milestone in milestones}):
        check_codes(milestones)
        begin(milestones, by=by, now=now, source=source, state=state)
        Redating.objects.bulk_create(
            (dated(milestone, None, milestone.due_on, by=by, now=now, fact=source) for milestone in milestones),
            batch_size=5000,
        )
    return milestones


def check_codes(milestones: Sequence[Milestone]) -> None:
    """Looked at behind the lock, so that the answer is a sentence and not an error of the database."""
    for transition in {milestone.transition_id for milestone in milestones}:
        codes = Counter(milestone.code for milestone in milestones if milestone.transition_id == transition)
        there = set(Milestone.objects.filter(transition=transition, code__in=codes).values_list("code", flat=True))
        if twice := sorted(there | {code for code, number in codes.items() if number > 1}):
            raise ValidationError({"code": f"{', '.join(twice)}: there is a milestone of this code already."})


def redate(
    milestone: Milestone, due_on: date | None, *, by: Any, now: datetime, reason: str, drivers: Iterable[str] = (),
    version: int | None = None, fact: Fact | None = None,
) -> Redating:  # fmt: skip
    """Move a milestone to another day.

    Args:
        version: the one on the page it was moved from; a stale page is refused.
        fact: the source, where the date was moved by somebody else (the Council, the Government).
    Raises:
        PermissionDenied: the person may not plan here.
        StepRefused: a stale page, or a milestone that is done or dropped.
        ValidationError: no reason, or the day that it has already.
    """
    with locked(milestone.transition):
        milestone.refresh_from_db()
        transition = milestone.transition
        if not may(by, Permission.PLAN, transition, now=now, pillar_id=milestone.pillar_id):
            raise PermissionDenied("a milestone is re-dated by a planner or its pillar lead")
        if fact:
            check_fact(fact, transition, by=by, now=now)
        if version is not None and version != milestone.version:
            raise StepRefused("stale", f"{milestone} has changed since this page was opened: open it again and look")
        if milestone.state in ("done", "dropped"):
            raise StepRefused("wrong-state", f"{milestone} is {milestone.state}: reopen it before giving it a new date")
        if not reason.strip():
            raise ValidationError({"reason": "Say why the date moves."})
        if due_on == milestone.due_on:
            raise ValidationError({"due_on": "It is due on that day already."})
        row = dated(milestone, milestone.due_on, due_on, by=by, now=now, fact=fact)
        row.reason, row.drivers = reason, list(drivers)
        row.save(force_insert=True)
        # a fact recorded late may be overtaken already by a date that holds from a later day
        milestone.due_on = milestone.redatings.order_by("-holds_from", "-pk").values_list("due_on", flat=True)[0]
        milestone.save(update_fields=["due_on"])
    return row


def dated(
    milestone: Milestone, was: date | None, due_on: date | None, *, by: Any, now: datetime, fact: Fact | None
) -> Redating:
    today = day(now, milestone.transition.time_zone)
    return Redating(
        milestone=milestone, was_due_on=was, due_on=due_on, by=by, recorded_at=now,
        holds_from=fact.holds_from if fact else today, known_from=(fact and fact.known_from) or today,
        source=fact.source if fact else "", approximate=bool(fact and fact.approximate),
    )  # fmt: skip
