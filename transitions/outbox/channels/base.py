"""What every channel takes, and the ways in which it says no."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

FOR_NOW = {408, 425, 429}  # answers of a web server that is busy, not unwilling (RFC 9110, 8470, 6585)


@dataclass(frozen=True)
class Envelope:
    """What goes out at once, on one channel, to one address."""

    key: str  # the stable name of this sending, the same again on a retry: Message-ID, webhook-id
    to: str
    subject: str
    text: str
    html: str = ""
    threads: tuple[str, ...] = ()  # stable names of the items it is about
    unsubscribe: str = ""  # where one click stops such messages (RFC 8058)
    secret: str = ""  # what a webhook is signed with
    notices: tuple[Mapping[str, Any], ...] = ()  # the same for machines


class Refused(Exception):
    """For good: another try changes nothing."""


class Gone(Refused):
    """Whatever is sent there: nothing is at this address any more (RFC 9110, 15.5.11)."""


class Unanswered(Exception):
    """For now: a later try may succeed, but not before the seconds that the other side has asked for."""

    def __init__(self, why: str, *, after: float = 0) -> None:
        super().__init__(why)
        self.after = after


class Sender(Protocol):
    def send(self, envelope: Envelope) -> str:
        """Hand it over, and return what the other side answered. Raises Refused or Unanswered."""


class Channel:
    """Subclass it with a `name`. `open` gives a sender for a whole batch, which may keep one connection for it."""

    name: ClassVar[str] = ""
    named: ClassVar[dict[str, "Channel"]] = {}

    def __init_subclass__(cls) -> None:
        if cls.name:
            Channel.named[cls.name] = cls()

    def open(self) -> AbstractContextManager[Sender]:
        raise NotImplementedError

    def check(self, to: str) -> None:
        """Whether anything may be sent there. Raises Refused, or Unanswered where that can't be told now."""


def is_final(status: int) -> bool:
    """A web server that says 4xx means it, but for the few that say “not now”."""
    return 400 <= status < 500 and status not in FOR_NOW


def said_no(statuses: Iterable[int], why: str, *, after: float = 0) -> Refused | Unanswered:
    """What a web server means by its answers to one message; without an answer it is to be tried again."""
    given = set(statuses)
    if given == {HTTPStatus.GONE}:
        return Gone(why)
    return Refused(why) if given and all(map(is_final, given)) else Unanswered(why, after=after)
