"""What a kind of message means: the room that queues it says here whether it still holds and what it reads like."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .models import Message
from .signed import answer_link

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str


@dataclass(frozen=True)
class Unwritten:
    """It could not be written, which is our mistake or an older version of us: it is tried again later."""

    why: str


@dataclass(frozen=True)
class NotYet:
    """It is too early to say it: it waits for its reader's next message and is asked again then."""

    why: str


@dataclass(frozen=True)
class NoLonger:
    """The reason that queued a message is gone: it is withdrawn, and says why."""

    why: str


@dataclass(frozen=True)
class Action:
    """An answer that a letter offers: the words on it, and where it is given."""

    label: str
    url: str


class Kind:
    """Subclass it with a `name`; `write` is called for a batch at once, so that it can read what it needs together.

    `title` says to people what it is. `urgent`: it cannot wait for the day's message, and nobody can switch it off.
    `optional`: a person may switch it off for themselves.
    """

    name: str = ""
    title: str = ""
    urgent: ClassVar[bool] = False
    optional: ClassVar[bool] = False
    named: ClassVar[dict[str, "Kind"]] = {}

    def __init_subclass__(cls) -> None:
        if cls.name:
            Kind.named[cls.name] = cls()

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger | NotYet]:
        raise NotImplementedError

    def actions(self, message: Message) -> Sequence[Action]:
        """What its reader can answer from the letter. Anybody may say that they have read it."""
        return [Action("I have read this", answer_link(message, "acknowledged"))]


type Written = Letter | NoLonger | NotYet | Unwritten


def letters(messages: Sequence[Message], *, now: datetime) -> dict[int, Written]:
    """The letter of each message, or why there is none any more."""
    by_kind: dict[str, list[Message]] = {}
    for message in messages:
        by_kind.setdefault(message.kind, []).append(message)
    written: dict[int, Written] = {}
    for name, alike in by_kind.items():
        found = of_kind(name, alike, now=now)
        for message in alike:
            written[message.pk] = found.get(message.pk, NoLonger("what it was about is no longer there"))
    return written


def of_kind(name: str, alike: Sequence[Message], *, now: datetime) -> Mapping[int, Written]:
    """A mistake in one kind, or a kind that a newer version brings, must not hold up the others: it waits."""
    if name not in Kind.named:
        return {message.pk: Unwritten(f"nothing here writes {name}") for message in alike}
    try:
        return Kind.named[name].write(alike, now=now)
    except Exception as error:
        if len(alike) > 1:  # the others are not to wait for the one that is wrong
            return {pk: one for message in alike for pk, one in of_kind(name, [message], now=now).items()}
        logger.exception("letters of %s could not be written", name)
        return {message.pk: Unwritten(f"could not be written: {error!r}") for message in alike}
