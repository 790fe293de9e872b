"""A message that could not be delivered is tried again, by somebody who has mended what was wrong."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from transitions.access.models import may, may_anywhere
from transitions.access.permissions import Permission

from .models import Message

WHO = (Permission.PLAN, Permission.DIRECT)  # not who reads messages alone: an auditor writes nothing


def retry(message: Message, *, by: Any, now: datetime) -> None:
    """From the beginning: as if it had not been tried.

    Raises:
        PermissionDenied: by somebody who neither plans nor directs its transition.
        ValidationError: it has not failed, or there is nobody to send it to.
    """
    if not may_retry(by, message, now=now):
        raise PermissionDenied(f"{by} neither plans nor directs this transition.")
    with transaction.atomic():
        failed = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
        if failed.failed_at is None:
            raise ValidationError(f"It is {failed.delivery}: there is nothing to try again.")
        if failed.recipient_id is None and failed.address_id is None:
            raise ValidationError("There is nobody to send it to: give the item an owner or the transition a planner.")
        again = {"failed_at": None, "attempts": 0, "why_not": "", "claimed_by": None}
        Message.objects.filter(pk=message.pk).update(**again, next_attempt_at=timezone.now())
    message.refresh_from_db()


def may_retry(user: Any, message: Message, *, now: datetime) -> bool:
    if message.transition is None:
        return any(may_anywhere(user, permission, now=now) for permission in WHO)
    return any(may(user, permission, message.transition, now=now) for permission in WHO)
