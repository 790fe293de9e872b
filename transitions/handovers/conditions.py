"""Conditions of a transfer: asked for with an acceptance, and met on the word of a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import grants_in, may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.checks import check_happened
from transitions.workflow.engine import Fact, StepRefused, locked
from transitions.workflow.lifecycles import works

from .models import Acceptance, Condition, ConditionAnswer


@dataclass(frozen=True)
class Asked:
    """A condition that the recipient gives with an acceptance: what, until when, and whose it is to meet."""

    sentence: str
    due_on: date
    owner_office: Any = None
    owner: Any = None


def ask(acceptance: Acceptance, conditions: Sequence[Asked]) -> list[Condition]:
    """Write down what came with an acceptance.

    Raises:
        ValidationError: an empty one, one that is due before the acceptance, or an office from elsewhere.
    """
    handover = acceptance.handover
    asked = [
        Condition(
            handover=handover, acceptance=acceptance, sentence=one.sentence.strip(), due_on=one.due_on,
            owner_office=one.owner_office, owner=one.owner,
        )
        for one in conditions
    ]  # fmt: skip
    for condition in asked:
        if condition.due_on < acceptance.signed_on:
            raise ValidationError({"due_on": f"{condition.due_on} lies before the acceptance, {acceptance.signed_on}."})
        office = condition.owner_office
        if office is not None and office.transition_id != handover.transition_id:
            raise ValidationError({"owner_office": f"{office} belongs to another transition."})
        condition.full_clean(exclude=["handover", "acceptance"])
        condition.save(force_insert=True)
    return asked


def on_condition(asked: Sequence[Condition]) -> str:
    """For the history, and for whoever hears that it is accepted."""
    return "; ".join(f"on condition of “{one.sentence.rstrip('.')}” by {one.due_on}" for one in asked)


def mark_met(
    condition: Condition, *, by: Any, now: datetime, source: str, met: bool = True, fact: Fact | None = None
) -> ConditionAnswer:
    """Say that a condition is met, or is not after all. A later answer corrects an earlier one.

    Args:
        fact: the day on which it was met, and from when that was known, where it is not today.
    Raises:
        PermissionDenied: neither its owner, nor a planner, nor of the recipient's office.
        ValidationError: no source, or a day that has not come.
        StepRefused: void with its acceptance, or said already.
    """
    transition = condition.handover.transition
    with locked(transition):
        condition.refresh_from_db()
        if not may_mark(by, condition, now=now):
            raise PermissionDenied("a condition is met on the word of its owner, a planner or the recipient's office")
        if condition.void_on:
            raise StepRefused("wrong-state", f"“{condition}” is void since {condition.void_on}: its acceptance is")
        if met == (condition.met_on is not None):
            raise StepRefused("wrong-state", f"“{condition}” is {'met' if met else 'not met'} already")
        if fact:
            check_happened(fact, transition, now=now)
        today = day(now, transition.time_zone)
        given = ConditionAnswer(
            condition=condition, met=met, by=by, recorded_at=now, holds_from=fact.holds_from if fact else today,
            known_from=(fact and fact.known_from) or today, approximate=bool(fact and fact.approximate),
            source=(source or (fact.source if fact else "")).strip(),
        )  # fmt: skip
        given.full_clean(exclude=["condition", "by"])
        given.save(force_insert=True)
        put_in_force(condition)
    return given


def may_mark(by: Any, condition: Condition, *, now: datetime) -> bool:
    handover = condition.handover
    if may(by, Permission.PLAN, handover.transition, now=now, pillar_id=handover.pillar_id):
        return True
    held = [grant for grant in grants_in(by, handover.transition, now=now) if works(grant)]
    offices = {office for office in (condition.owner_office_id, handover.recipient_office_id) if office}
    return any(condition.owner_id == by.pk or grant.office_id in offices for grant in held)


def put_in_force(condition: Condition) -> None:
    """The answer that counts is the one from the latest day, of two from one day the later row."""
    counts = condition.answers.order_by("-holds_from", "-pk")[0]
    condition.met_on, condition.source = (counts.holds_from, counts.source) if counts.met else (None, "")
    condition.save(update_fields=["met_on", "source"])
