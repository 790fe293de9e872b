"""Whose reminder it is, for who reads it in their absence: nobody should take it for their own."""

from collections.abc import Sequence

from transitions.access.models import User
from transitions.outbox.models import Message


def found_for(message: Message) -> int | None:
    """Whom the rule has found: the fifth part of a reminder's key, whoever reads it."""
    found = message.dedupe_key.split("/")[4]
    return int(found) if found.isdecimal() else None


def absent(messages: Sequence[Message]) -> dict[int, User]:
    """By message, who is away, where another reads it. One query."""
    away = {message.pk: found_for(message) for message in messages if message.recipient_id}
    away = {pk: found for pk, found in away.items() if found}
    people = User.objects.in_bulk(set(away.values()))
    return {
        message.pk: people[away[message.pk]]
        for message in messages
        if away.get(message.pk) in people and away[message.pk] != message.recipient_id
    }
