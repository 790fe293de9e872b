"""What else was said of an item: who was told on an earlier rung, and whether a later one has taken over meanwhile."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from transitions.outbox.models import Message

from .models import Answer


@dataclass(frozen=True)
class Before:
    """Of one message.

    Args:
        names: the others to whom reminders of the same due date went out, in that order.
        asked_at: when the first of them had it, on the domain's clock.
        overtaken: its person has a later rung by now, queued while this one could not be sent: one of them is enough.
        confirmed: who has said last that the day holds, and when, in words.
    """

    names: tuple[str, ...]
    asked_at: datetime | None
    overtaken: bool
    confirmed: str = ""

    def asked_by(self, instant: datetime) -> bool:
        return self.asked_at is not None and self.asked_at <= instant

    def __str__(self) -> str:
        return ", ".join(self.names) or "nobody"


def told_before(messages: Sequence[Message]) -> dict[int, Before]:
    """For each message. By the beginning of the key, for which there is an index: one query for all of them."""
    asked = reduce(or_, (beginning(message) for message in messages))
    standing = Q(failed_at=None, withdrawn_at=None, suppressed_at=None)
    of_item: dict[str, list[Message]] = defaultdict(list)
    for other in Message.objects.filter(asked, standing).select_related("recipient").order_by("sent_at", "pk"):
        of_item[about(other)].append(other)
    confirmed = confirmations(messages)
    return {
        message.pk: Before(
            names=told(message, of_item[about(message)]),
            asked_at=first_asked(message, of_item[about(message)], confirmed[about(message)]),
            overtaken=any(is_overtaken(message, by=other) for other in of_item[about(message)]),
            confirmed=confirmed[about(message)][-1].in_words if confirmed[about(message)] else "",
        )
        for message in messages
    }


def beginning(message: Message) -> Q:
    """A team's copies have keys of their own, which name no day."""
    found = Q(dedupe_key__startswith=f"{about(message)}/")
    if message.recipient_id is None:
        found |= Q(dedupe_key__startswith=f"{message.kind}/{message.thing_type}/{message.thing_id}/",
                   address=message.address_id)  # fmt: skip
    return found


def confirmations(messages: Sequence[Message]) -> dict[str, list[Answer]]:
    """Of the same item and day: who has said that it holds, in that order. One query for all of them."""
    asked = reduce(or_, (Q(message__dedupe_key__startswith=f"{about(message)}/") for message in messages))
    found: dict[str, list[Answer]] = defaultdict(list)
    given = Answer.objects.filter(asked, kind=Answer.Kind.CONFIRMED).select_related("message", "by").order_by("pk")
    for answer in given:
        found[about(answer.message)].append(answer)
    return found


def about(message: Message) -> str:
    """Kind, item and due date: what the keys of all its rungs begin with."""
    return f"{message.kind}/{message.thing_id}/{message.payload['due']}"


def told(message: Message, of_item: Iterable[Message]) -> tuple[str, ...]:
    names = {
        other.recipient_id: str(other.recipient)
        for other in of_item
        if other.sent_at and other.recipient_id and other.recipient_id != message.recipient_id
    }
    return tuple(names.values())


def first_asked(message: Message, of_item: Iterable[Message], confirmed: Iterable[Answer]) -> datetime | None:
    """Who has confirmed the day was asked, whether or not a letter had left by then."""
    asked = [*(other for other in of_item if other.sent_at), *(answer.message for answer in confirmed)]
    others = (other.due_at for other in asked if other.recipient_id not in (None, message.recipient_id))
    return min(others, default=None)


def is_overtaken(message: Message, *, by: Message) -> bool:
    """A person hears of it once in each of their roles; a team once, whoever else heard of it by the same sweep."""
    if by.recipient_id != message.recipient_id or by.payload["rung"] <= message.payload["rung"]:
        return False
    if message.recipient_id is None:
        return by.address_id == message.address_id and by.queued_at >= message.queued_at
    return by.queued_at > message.queued_at
