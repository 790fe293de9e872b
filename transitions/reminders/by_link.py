"""What a link in a letter does: one answer to one message, by the person to whom that letter was written.

To have read something can be said without signing in, by a name with an address too: the letter in their mailbox is
what shows who they are. To confirm a date or to be reminded later takes, besides, a reader with an account (who has a
password or holds a role). To hand an item on takes a reader who has signed in: its page names colleagues. A link is
good for fourteen days on the machine's clock, and once: it is spent when its answer exists, by whatever way it came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from transitions.access.models import User
from transitions.outbox.models import Message
from transitions.outbox.signed import ANSWERING, GOOD_FOR, BadSignature, opened

from .acts import ANSWERS
from .answers import CannotAnswer, refuse_what_is_over
from .models import Answer


@dataclass(frozen=True)
class Link:
    message: Message
    kind: Answer.Kind
    reader: User


def link_of(token: str) -> Link:
    """Raises BadSignature for what was altered, and SignatureExpired, one of it, for what is too old."""
    pk, kind, reader = opened(ANSWERING, token, max_age=GOOD_FOR)
    message = Message.objects.select_related("recipient", "transition").filter(pk=int(pk)).first()
    recipient = message.recipient if message else None
    if message is None or recipient is None or str(recipient.pk) != reader or not recipient.is_active:
        raise BadSignature("of a message that is not there, or that is not read by this person any more")
    return Link(message, Answer.Kind(kind), recipient)


def check(link: Link, *, now: datetime) -> None:
    """Whether it still leads anywhere. Raises CannotAnswer."""
    if link.kind != Answer.Kind.ACKNOWLEDGED and not link.message.reader_has_an_account:
        raise CannotAnswer("This takes an account, which you do not have yet: ask the planner for one.")
    refuse_what_is_over(link.message, link.kind, now=now)


def follow(link: Link, given: Mapping[str, str], *, now: datetime) -> Answer:
    """Raises CannotAnswer, and ValidationError for a day or a colleague that cannot be."""
    check(link, now=now)
    return ANSWERS[link.kind](link.message, given, by=link.reader, now=now, via=Answer.Via.LINK)
