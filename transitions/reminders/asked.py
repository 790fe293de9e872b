"""What a message asks of its reader: which item, whose it is, and whether anything is still asked."""

from datetime import date, datetime
from typing import Any

from django.apps import apps

from transitions.access.permissions import Marking
from transitions.clock.present import day
from transitions.outbox.kinds import Kind, NoLonger
from transitions.outbox.models import Message
from transitions.outbox.slots import reader_of

from .rules import Rule
from .standing_in import found_for
from .still_owed import due_of, settled


def rule_of(message: Message) -> Rule | None:
    """The rule that a reminder comes from; None for a message about something that has happened."""
    kind = Kind.named.get(message.kind)
    return kind if isinstance(kind, Rule) else None


def item_of(message: Message) -> Any:
    """What it is about, if it is still there."""
    rule = rule_of(message)
    if rule is not None:
        found = rule.items.model._base_manager.select_related(*rule.related, rule.transition)
        return found.filter(pk=message.thing_id).first()
    if not message.thing_type:
        return None
    return apps.get_model(message.thing_type)._base_manager.filter(pk=message.thing_id).first()


def settled_by_now(message: Message, item: Any) -> NoLonger | None:
    """Why nothing is asked any more. What has happened stays so: it can always be read."""
    rule = rule_of(message)
    return settled(rule, item, due_of(message)) if rule else None


def marking_of(message: Message, item: Any) -> Marking:
    """The stricter of what it was when it was queued and what it is now."""
    rule = rule_of(message)
    now_marked = rule.marking_of(item) if rule and item else getattr(item, "marking", message.marking)
    return Marking.strictest([message.marking, now_marked])


def named(message: Message, item: Any) -> str:
    """Its name; of what is marked the code alone, and where there is none, what sort of thing it is."""
    if item is not None and marking_of(message, item) == Marking.UNCLASSIFIED:
        return str(item)
    kind = Kind.named.get(message.kind)
    return str(getattr(item, "code", "")) or (kind.title if kind and kind.title else message.kind)


def meant_for(message: Message) -> int | None:
    """Whom the rule has found, whoever reads it in their absence; of what has happened, its reader."""
    if rule_of(message) is None:
        return message.recipient_id
    return found_for(message)


def today_of(message: Message, now: datetime) -> date:
    return day(now, message.transition.time_zone if message.transition else "UTC")


def reads(person: Any, message: Message, *, now: datetime) -> bool:
    """Its reader, and who stands in for them today."""
    if message.recipient_id is None:
        return False
    if person.pk == message.recipient_id:
        return True
    return bool(reader_of(message.recipient_id, message.transition_id, now) == person.pk)
