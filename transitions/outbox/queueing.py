"""The door for a message about something that has happened. A sweep has its own: all its reminders in one statement."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, CharField, DateTimeField, Value, When
from django.db.models.functions import Now

from transitions.access.permissions import Role

from .kinds import Kind
from .models import Message
from .slots import NO_ADDRESS, Muted, Slot, StandsIn

ROLES: dict[str, str] = dict(Role.choices)
SWITCHED_OFF = "switched off by who would have read it"


def queue(messages: Iterable[Message], *, now: datetime) -> None:
    """One message a person: at once where it cannot wait, else with the next that they get here.

    `urgent` is said by the message or by its kind. Each says in which role its reader was found. Who is away has it
    read by who stands in for them. What is queued already, by its key, is not queued again.
    """
    Message.objects.bulk_create([planned(message, now=now) for message in messages], ignore_conflicts=True)


def planned(message: Message, *, now: datetime) -> Message:
    kind = Kind.named[message.kind]
    person, transition = message.recipient_id, message.transition_id
    message.urgent = message.urgent or kind.urgent
    message.ready_at, message.due_at = now, now
    if person is None:
        return message
    if role := found_as(message):
        message.payload.setdefault("as", role)
    reader = StandsIn(person, transition, now)
    message.recipient_id = reader
    if not message.urgent:
        message.due_at = Slot(reader, transition, NO_ADDRESS, now, message.hard)
    if kind.optional and not message.urgent:
        muted = Muted(person, transition, Value(message.kind))
        message.suppressed_at = Case(When(muted, then=Now()), output_field=DateTimeField())
        message.why_not = Case(When(muted, then=Value(SWITCHED_OFF)), default=Value(""), output_field=CharField())
    return message


def found_as(message: Message) -> str:
    """Empty where nobody but a number was found."""
    if not Message._meta.get_field("recipient").is_cached(message) or message.recipient is None:
        return ""
    role = message.recipient.heard_as
    return str(ROLES.get(role, role))
