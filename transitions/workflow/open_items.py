"""The list “open at that date”: each item gets an owner who remains, and is closed when it is settled."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import grants_in, may
from transitions.access.permissions import Permission

from .lifecycles import works
from .locks import locked
from .models import OpenItem
from .refusals import StepRefused


def name_owner(
    item: OpenItem, *, by: Any, now: datetime, office: Any = None, owner: Any = None, due_on: date | None = None
) -> OpenItem:
    """Say who settles an item: an office, a person or both, in place of whom was named before.

    Raises:
        PermissionDenied: `by` may neither plan nor record facts here.
        ValidationError: nobody is named, or an office of another transition.
        StepRefused: the item is closed.
    """
    with locked(item.transition):
        still_open(item)
        if not may_settle(item, by=by, now=now):
            raise PermissionDenied("the owner of an open item is named by the planner, the leaders or headquarters")
        if not (office or owner):
            raise ValidationError({"residual_owner": "Name an office or a person who remains."})
        if office and office.transition_id != item.transition_id:
            raise ValidationError({"residual_office": f"{office} belongs to another transition."})
        item.residual_office, item.residual_owner, item.due_on = office, owner, due_on or item.due_on
        item.save(update_fields=["residual_office", "residual_owner", "due_on"])
    return item


def close_item(item: OpenItem, *, how: str, by: Any, now: datetime) -> OpenItem:
    """Settle an item, by whoever names owners here or by its own owner.

    Raises:
        PermissionDenied: `by` is neither.
        ValidationError: it is not said how it was settled.
        StepRefused: the item is closed already.
    """
    with locked(item.transition):
        still_open(item)
        if not (may_settle(item, by=by, now=now) or is_residual_owner(item, by=by, now=now)):
            raise PermissionDenied("an open item is closed by its owner, the planner, the leaders or headquarters")
        if not how.strip():
            raise ValidationError({"how": "Say how it was settled."})
        item.how, item.closed_at, item.closed_by = how.strip(), now, by
        item.save(update_fields=["how", "closed_at", "closed_by"])
    return item


def still_open(item: OpenItem) -> None:
    item.refresh_from_db()
    if item.closed_at:
        raise StepRefused("wrong-state", f"“{item}” was closed by {item.closed_by}: there is nothing left to settle")


def may_settle(item: OpenItem, *, by: Any, now: datetime) -> bool:
    """Who plans, and who records facts: the resident coordinator and headquarters are still there after the exit."""
    return any(may(by, held, item.transition, now=now) for held in (Permission.PLAN, Permission.RECORD_FACT))


def is_residual_owner(item: OpenItem, *, by: Any, now: datetime) -> bool:
    owner, office = item.residual_owner_id, item.residual_office_id
    held = [grant for grant in grants_in(by, item.transition, now=now) if works(grant)]
    return any(owner == by.pk or (office is not None and grant.office_id == office) for grant in held)
