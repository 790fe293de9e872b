"""The answer of the recipient's side, as a row of its own: who gave it, to which offer, on paper or not."""

from datetime import date, datetime
from typing import Any

from transitions.access.models import grants_in
from transitions.access.permissions import Permission
from transitions.workflow.models import StateChange

from .models import Acceptance, Condition, Handover


def for_the_recipient(by: Any, handover: Handover, *, now: datetime) -> bool:
    """Whether a person may answer for the recipient's own office."""
    office = handover.recipient_office_id
    held = grants_in(by, handover.transition, now=now) if office is not None else []
    return any(grant.office_id == office and Permission.ACCEPT_HANDOVER in grant.post.permissions for grant in held)


def record_acceptance(handover: Handover, *, signed_on: date, by: Any, now: datetime, **paper: Any) -> Acceptance:
    """Of the offer as it stands."""
    given = Acceptance(
        handover=handover, handover_version=handover.version, text=handover.texts.last(), signed_on=signed_on,
        recorded_at=now, recorded_by=by, **paper,
    )  # fmt: skip
    given.full_clean()
    given.save(force_insert=True)
    return given


def keep_the_answer(handover: Handover, change: StateChange, *, by: Any, now: datetime) -> None:
    """Who takes the step for the recipient's own office has answered, unless the answer was recorded before it."""
    offer = change.version - 1
    text = handover.texts.last()
    if change.source or text is None or handover.acceptances.filter(handover_version=offer).exists():
        return
    if for_the_recipient(by, handover, now=now):
        Acceptance.objects.create(
            handover=handover, handover_version=offer, text=text, signed_on=change.holds_from, recorded_at=now,
            recorded_by=by,
        )  # fmt: skip


def void_what_was_accepted(handover: Handover, change: StateChange, *, by: Any, now: datetime) -> None:
    """Conditions that came with an acceptance go with it; those that are part of the offer stay."""
    asked = Condition.objects.filter(handover=handover, acceptance__isnull=False, void_on=None)
    asked.update(void_on=change.holds_from)
