"""What a form gives to the door for answers: from the page behind a link, and from the inbox."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from transitions.access.models import User
from transitions.outbox.models import Message

from .answers import acknowledge, confirm_date, hand_on, snooze
from .models import Answer


def until(message: Message, given: Mapping[str, str], *, by: Any, now: datetime, via: str) -> Answer:
    try:
        chosen = date.fromisoformat(given.get("until", ""))
    except ValueError:
        raise ValidationError({"until": "Give a day such as 2020-10-01."})
    return snooze(message, until=chosen, by=by, now=now, via=via)


def to(message: Message, given: Mapping[str, str], *, by: Any, now: datetime, via: str) -> Answer:
    wanted = given.get("to", "")
    chosen = User.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 19 else None
    if chosen is None:
        raise ValidationError({"to": "Choose who is to be reminded in your place."})
    return hand_on(message, to=chosen, by=by, now=now, via=via)


def plainly(answer: Callable[..., Answer]) -> Callable[..., Answer]:
    return lambda message, given, **more: answer(message, **more)


ANSWERS: dict[str, Callable[..., Answer]] = {
    Answer.Kind.ACKNOWLEDGED: plainly(acknowledge), Answer.Kind.CONFIRMED: plainly(confirm_date),
    Answer.Kind.SNOOZED: until, Answer.Kind.HANDED_ON: to,
}  # fmt: skip
