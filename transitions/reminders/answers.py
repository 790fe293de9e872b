"""The door for answers: acknowledge, confirm the date, snooze, hand on. Each is said once of a message.

An answer stops what still waits of the same message elsewhere (a copy in a chat). It never stops the escalation of
what stays undone. Source: domain catalogue, section N.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from transitions.outbox.models import Message

from .asked import item_of, meant_for, reads, rule_of, settled_by_now, today_of
from .handing_on import colleagues, give
from .models import Answer
from .still_owed import due_of

LONGEST = timedelta(days=14)


class CannotAnswer(Exception):
    """It was answered, or there is nothing left to answer; says what to do.

    `discreet` is as much as may be said of something marked to who has not signed in: nothing of its state or day.
    """

    def __init__(self, why: str, *, discreet: str = "Nothing can be answered here. Sign in to see why.") -> None:
        super().__init__(why)
        self.discreet = discreet


def acknowledge(message: Message, *, by: Any, now: datetime, via: str = Answer.Via.INBOX) -> Answer:
    """It was read. Any message can be acknowledged, also by who has no account.

    Raises:
        PermissionDenied: it is somebody else's.
        CannotAnswer: it was answered so, or nothing is asked any more.
    """
    return record(message, Answer.Kind.ACKNOWLEDGED, by=by, now=now, via=via)


def confirm_date(message: Message, *, by: Any, now: datetime, via: str = Answer.Via.INBOX) -> Answer:
    """The day holds: later reminders say who has said so. Raises as `acknowledge`, and once the day has passed."""
    return record(message, Answer.Kind.CONFIRMED, by=by, now=now, via=via)


def snooze(message: Message, *, until: date, by: Any, now: datetime, via: str = Answer.Via.INBOX) -> Answer:
    """Nothing more of this item for this person until a day; on that day it comes again.

    Raises as `acknowledge`, and ValidationError for a day that has come, is more than two weeks away or, of a hard
    item, after its due date.
    """
    check_until(message, until, now=now)
    with transaction.atomic():
        answer = record(message, Answer.Kind.SNOOZED, by=by, now=now, via=via, until=until)
        withdraw_others(message, why_not=f"snoozed until {until}")
        return answer


def hand_on(message: Message, *, to: Any, by: Any, now: datetime, via: str = Answer.Via.INBOX) -> Answer:
    """Later reminders of this item go to another, who is told at once.

    Raises as `acknowledge`, and ValidationError for somebody without a role here that may see the item.
    """
    if to not in colleagues(message, now=now):
        raise ValidationError(
            {"to": f"{to} cannot be reminded of it in your place: choose somebody with a role here that may see it."}
        )
    with transaction.atomic():
        waiting = withdraw_others(message, why_not=f"handed on to {to}")
        answer = record(message, Answer.Kind.HANDED_ON, by=by, now=now, via=via, to=to)
        give([message, *waiting], answer, now=now)
        return answer


def record(message: Message, kind: str, *, by: Any, now: datetime, via: str, **more: Any) -> Answer:
    if not reads(by, message, now=now):
        raise PermissionDenied(f"This message is not {by}'s: only its reader answers, or who stands in for them.")
    with transaction.atomic():
        Message.objects.select_for_update(no_key=True).get(pk=message.pk)
        refuse_what_is_over(message, kind, now=now)
        answer: Answer = Answer.objects.create(
            message=message,
            kind=kind,
            person_id=meant_for(message) or by.pk,
            by=by,
            on=today_of(message, now),
            via=via,
            **more,
        )
        copies(message).update(withdrawn_at=timezone.now(), why_not=str(answer))
        return answer


def refuse_what_is_over(message: Message, kind: str, *, now: datetime) -> None:
    """Raises CannotAnswer."""
    if earlier := message.answers.select_related("by", "to").filter(kind=kind).first():
        over = "This was answered already"
        raise CannotAnswer(f"{over}: {earlier}. Nothing more is needed.", discreet=f"{over}. Nothing more is needed.")
    if kind != Answer.Kind.ACKNOWLEDGED and rule_of(message) is None:
        raise CannotAnswer("Only reminders of a date can be answered so; this message can be acknowledged.")
    if gone := settled_by_now(message, item_of(message)):
        raise CannotAnswer(f"There is nothing left to answer: {gone.why}.")
    if kind == Answer.Kind.CONFIRMED and due_of(message) < today_of(message, now):
        raise CannotAnswer(f"The day has passed, {due_of(message)}: finish it, or ask for another date and say why.")


def check_until(message: Message, until: date, *, now: datetime) -> None:
    """Raises ValidationError."""
    if rule_of(message) is None:
        return  # it cannot be snoozed at all: `record` says so
    today = today_of(message, now)
    if until <= today:
        raise ValidationError({"until": f"Choose a day after today, {today}."})
    if message.hard and until > due_of(message):
        raise ValidationError(
            {"until": f"A hard item cannot be snoozed past its day, {due_of(message)}: finish it or ask for another."}
        )
    if until > today + LONGEST:
        raise ValidationError({"until": f"Choose a day up to two weeks ahead, {today + LONGEST}."})


def copies(message: Message) -> Any:
    """What waits of the same message for the same reader: itself, and in their chats."""
    key = message.dedupe_key.partition("/address/")[0]
    same = Q(dedupe_key=key) | Q(dedupe_key__startswith=f"{key}/address/")
    return Message.objects.waiting().filter(same, recipient=message.recipient_id, claimed_by=None)


def withdraw_others(message: Message, *, why_not: str) -> list[Message]:
    """What waits for the same reader of the same rule and item, in the same role. Their keys are free again."""
    waiting = Message.objects.waiting().filter(
        kind=message.kind, thing_type=message.thing_type, thing_id=message.thing_id, recipient=message.recipient_id,
        payload__as=message.payload.get("as"), claimed_by=None,
    )  # fmt: skip
    found = list(waiting)
    freed = Concat(F("dedupe_key"), Value("/withdrawn/"), Cast("pk", CharField()))
    waiting.update(withdrawn_at=timezone.now(), why_not=why_not, dedupe_key=freed)
    return found
