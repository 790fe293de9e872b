"""Addresses are added, switched off and on, and tried out. Sending is not done inside a transaction."""

import base64
import secrets
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission

from .channels import Channel, Envelope
from .models import Address


def may_keep(user: Any, address: Address, *, now: datetime) -> bool:
    """Whoever it reaches; and who sets up the transition that it belongs to."""
    if address.transition is None:
        return bool(user.pk and address.person_id == user.pk)
    return may(user, Permission.SET_UP, address.transition, now=now)


def add_address(address: Address, *, by: Any, now: datetime) -> Address:
    """Of a transition, or one's own. A webhook gets its secret: show it once.

    Raises ValidationError for one that nothing may be sent to, or in a transition that one does not set up.
    """
    address.person, address.created_by = (None if address.transition else by), by
    if not may_keep(by, address, now=now):
        raise ValidationError({"transition": "You do not set up this transition."})
    if address.channel == Address.Kind.WEBHOOK:
        address.secret = new_secret()
    address.full_clean()
    address.save(force_insert=True)
    return address


def switch(address: Address, *, active: bool, by: Any, now: datetime) -> None:
    """Raises PermissionDenied; and ValidationError where nothing may be sent there any more."""
    if not may_keep(by, address, now=now):
        raise PermissionDenied("This address is not yours, and you do not set up its transition.")
    address.active = active
    address.why_off = "" if active else address.why_off
    address.full_clean()
    address.save(update_fields=["active", "name", "why_off"])


def switch_off(address: Address, *, why: str) -> None:
    """Done by delivery, where nothing is any more: what waits for it fails, and whoever keeps it can mend it."""
    Address.objects.active().filter(pk=address.pk).update(active=False, why_off=why)


def try_out(address: Address, *, by: Any, now: datetime) -> str:
    """Sends a test message at once and returns what the other side answered. Raises Refused or Unanswered."""
    if not may_keep(by, address, now=now):
        raise PermissionDenied("This address is not yours, and you do not set up its transition.")
    subject = "A test: messages about transitions will come here"
    envelope = Envelope(
        f"test-{uuid4()}", address.url, subject, f"{subject}. Asked for by {by}.", secret=address.secret
    )
    with Channel.named[address.channel].open() as sender:
        return sender.send(envelope)


def new_secret() -> str:
    """As Standard Webhooks has it: 24 to 64 random bytes, in base64 behind `whsec_`."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
