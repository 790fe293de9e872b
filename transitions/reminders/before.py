"""Who was told of an item before it went up a rung: said in the letter, so that nobody asks in vain."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from transitions.outbox.models import Message


@dataclass(frozen=True)
class Before:
    """The people to whom earlier reminders of the same due date went out, in that order; none is possible."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.names) or "nobody"


def told_before(messages: Sequence[Message]) -> dict[int, Before]:
    """For each message. By the beginning of the key, for which there is an index: one query for all of them."""
    if not messages:
        return {}
    asked = {about(message) for message in messages}
    anyone = reduce(or_, (Q(dedupe_key__startswith=f"{key}/") for key in asked))
    sent = Message.objects.filter(anyone, sent_at__isnull=False).select_related("recipient").order_by("sent_at", "pk")
    told: dict[str, dict[int | None, str]] = {}
    for earlier in sent:
        told.setdefault(about(earlier), {}).setdefault(earlier.recipient_id, str(earlier.recipient))
    return {message.pk: Before(others(message, told.get(about(message), {}))) for message in messages}


def about(message: Message) -> str:
    """Kind, item and due date: what the keys of all its rungs begin with."""
    return f"{message.kind}/{message.thing_id}/{message.payload['due']}"


def others(message: Message, told: dict[int | None, str]) -> tuple[str, ...]:
    return tuple(name for person, name in told.items() if person != message.recipient_id)
