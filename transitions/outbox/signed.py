"""Addresses in letters that do one thing for one reader: signed, so that nobody can make or change one.

Whoever holds the letter holds the key, as with every address that is mailed. So a key opens one act on one message (or
one person's wishes in one transition), and no page behind it shows anything else. Each purpose has a salt of its own:
what is signed for one is nothing for another. Ages are on the machine's clock.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from .models import Message

ANSWERING, UNSUBSCRIBING = "transitions.outbox.answer", "transitions.outbox.unsubscribe"
GOOD_FOR = timedelta(days=14)


def answer_link(message: Message, act: str) -> str:
    """Where the reader of a message says so; for fourteen days."""
    return site_url("answer", sealed(ANSWERING, message.pk, act, message.recipient_id))


def unsubscribe_link(message: Message) -> str:
    """Where one click stops all but what cannot be stopped, in the transition of the message (RFC 8058). It stays good.

    Empty where it would lead nowhere: a program that reads mail needs a whole address.
    """
    if message.recipient_id is None or not settings.SITE_URL:
        return ""
    return site_url("unsubscribe", sealed(UNSUBSCRIBING, message.recipient_id, message.transition_id or 0))


def site_url(page: str, token: str) -> str:
    return f"{settings.SITE_URL}{reverse(page, args=[token])}"


def sealed(purpose: str, *parts: object) -> str:
    return signer(purpose).sign("-".join(str(part) for part in parts))


def opened(purpose: str, token: str, *, max_age: timedelta | None = None) -> list[str]:
    """What was sealed. Raises BadSignature for what was altered; SignatureExpired, one of it, for what is too old."""
    return signer(purpose).unsign(token, max_age=max_age).split("-")


def signer(purpose: str) -> TimestampSigner:
    return TimestampSigner(sep=".", salt=purpose)


__all__ = ["ANSWERING", "UNSUBSCRIBING", "BadSignature", "answer_link", "opened", "sealed", "unsubscribe_link"]
