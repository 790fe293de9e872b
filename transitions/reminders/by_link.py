"""What a link in a letter does: one answer to one message, by the person to whom that letter was written.

To have read something can be said without signing in, by a name with an address too: the letter in their mailbox is
what shows who they are. To confirm a date or to be reminded later takes, besides, a reader with an account (who has a
password or holds a role). Two take a reader who has signed in: to hand an item on, because its page names colleagues,
and to be reminded later of something marked, because the days to choose from would tell of its own. A link is good for
fourteen days on the machine's clock, and once: it is spent when its answer exists, by whatever way it came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from transitions.access.models import User
from transitions.access.permissions import Marking
from transitions.outbox.models import Message
from transitions.outbox.signed import ANSWERING, GOOD_FOR, BadSignature, opened

from .acts import ANSWERS
from .answers import CannotAnswer, refuse_what_is_over
from .asked import item_of, marking_of
from .models import Answer


@dataclass(frozen=True)
class Link:
    message: Message
    kind: Answer.Kind
    reader: User

    @cached_property
    def is_marked(self) -> bool:
        return marking_of(self.message, item_of(self.message)) != Marking.UNCLASSIFIED

    @property
    def asks_to_sign_in(self) -> bool:
        return self.kind == Answer.Kind.HANDED_ON or (self.kind == Answer.Kind.SNOOZED and self.is_marked)


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
        why = "This takes an account, which you do not have yet: ask the planner for one."
        raise CannotAnswer(why, discreet=why)
    refuse_what_is_over(link.message, link.kind, now=now)


def follow(link: Link, given: Mapping[str, str], *, now: datetime) -> Answer:
    """Raises CannotAnswer, and ValidationError for a day or a colleague that cannot be."""
    check(link, now=now)
    return ANSWERS[link.kind](link.message, given, by=link.reader, now=now, via=Answer.Via.LINK)
