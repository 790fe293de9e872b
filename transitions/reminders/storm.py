"""A sweep that would tell of far more than on any usual day is held until somebody has said that it is no mistake.

After an import with wrong dates, say. One that tells of fewer than five hundred items is never held, and what cannot
wait passes. In each transition it is for those who direct that one to say it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from transitions.access.models import User, holders, may
from transitions.access.permissions import Permission, Role
from transitions.clock.present import day
from transitions.outbox.claims import SAME_READER
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Held, Message
from transitions.outbox.queueing import queue

FEWEST = 500
TIMES_THE_USUAL = 10
DAYS = 28  # what is usual


def brake(sweep: UUID, *, now: datetime) -> list[Held]:
    """Hold a sweep's messages if they tell of more than ten times the items of a usual day. Headquarters is told."""
    soft = Message.objects.waiting().filter(sweep=sweep, transition__isnull=False).exclude(kind__in=urgent_kinds())
    items = soft.values("thing_type", "thing_id").distinct().count()
    if items <= FEWEST:
        return []
    usual = usual_day(now, but=sweep)
    if items <= usual * TIMES_THE_USUAL:
        return []
    concerned = soft.order_by("transition").values_list("transition", flat=True).distinct()
    parts = [Held(sweep=sweep, transition_id=pk, now=now, items=items, usual=usual) for pk in concerned]
    held = Held.objects.bulk_create(parts)
    soft.filter(urgent=True).update(urgent=False)  # a webhook gets everything at once: not this
    for part in held:
        tell_headquarters(part, now=now)
    return held


def urgent_kinds() -> list[str]:
    return [name for name, kind in Kind.named.items() if kind.urgent]


def usual_day(now: datetime, *, but: UUID) -> int:
    """How many items a day were told of lately, those that were held left out."""
    lately = Message.objects.filter(ready_at__gt=now - timedelta(days=DAYS), ready_at__lte=now, urgent=False)
    told = lately.filter(~Exists(never_released()), sweep__isnull=False, suppressed_at=None).exclude(sweep=but)
    return int(told.values("thing_type", "thing_id", "ready_at").distinct().count() / DAYS)


def never_released() -> Any:
    return Held.objects.filter(sweep=OuterRef("sweep"), transition=OuterRef("transition"), released_at=None)


def tell_headquarters(held: Held, *, now: datetime) -> None:
    """The desk of its transition; where there is none the head of mission, else who plans there."""
    today = day(now, held.transition.time_zone)
    found: list[User] = []
    for role in (Role.HEADQUARTERS_DESK, Role.HEAD_OF_MISSION, Role.PLANNER):
        found = found or list(holders(held.transition_id, [role], on=today))
    queue(
        (
            Message(kind=Storm.name, thing_type=held._meta.label_lower, thing_id=held.pk, recipient=person,
                    dedupe_key=f"{Storm.name}/{held.pk}/{person.pk}")
            for person in found
        ),
        now=now,
    )  # fmt: skip


def messages_of(held: Held) -> Any:
    return Message.objects.waiting().filter(sweep=held.sweep, transition=held.transition_id, urgent=False)


class Storm(Kind):
    name = "reminders.storm"
    title = "reminders are held back"
    urgent = True

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        found = Held.objects.select_related("transition").in_bulk([message.thing_id for message in messages])
        return {message.pk: self.letter(found[message.thing_id]) for message in messages}

    def letter(self, held: Held) -> Letter | NoLonger:
        if held.decided_by_id:
            return NoLonger("it was decided")
        sorts = messages_of(held).values("kind").annotate(number=Count("pk")).order_by("-number")
        lines = [f"- {sort['number']} of {Kind.named[sort['kind']].title}" for sort in sorts]
        page = settings.SITE_URL + reverse("admin:outbox_held_change", args=[held.pk])
        return Letter(
            f"Reminders in {held.transition} are held: {held.items} items at once, {held.usual} a day are usual",
            f"One sweep would have told of {held.items} items; {held.usual} a day are usual. Nobody was told yet. "
            f"In {held.transition}:\n"
            + "\n".join(lines)
            + f"\nIf that is right, release them. If it comes from a mistake, withdraw them and mend it:\n{page}",
        )


def release(held: Held, *, by: Any, now: datetime, reason: str) -> int:
    """They leave with everybody's next message. Returns how many."""
    with transaction.atomic():
        waiting = decide(held, by=by, now=now, reason=reason, released_at=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(NEXT_ONE, {"now": now, "ids": list(waiting.values_list("pk", flat=True))})
            return int(cursor.rowcount)


# The slot is asked for once a reader, not once a message.
NEXT_ONE = f"""
WITH readers AS MATERIALIZED (
    SELECT DISTINCT recipient_id, transition_id, address_id, hard FROM outbox_message WHERE id = ANY (%(ids)s)),
slots AS MATERIALIZED (
    SELECT *, outbox_slot(recipient_id, transition_id, address_id, %(now)s, hard) AS slot FROM readers)
UPDATE outbox_message m SET due_at = s.slot FROM slots s
WHERE m.id = ANY (%(ids)s) AND {SAME_READER.format("m", "s")} AND m.hard = s.hard"""  # noqa: S608


def withdraw(held: Held, *, by: Any, now: datetime, reason: str) -> int:
    """Nobody hears of them. What is still owed is told of anew on its next rung. Returns how many."""
    with transaction.atomic():
        waiting = decide(held, by=by, now=now, reason=reason, withdrawn_at=timezone.now())
        return int(waiting.update(withdrawn_at=timezone.now(), why_not=f"withdrawn by {by}: {reason}"))


def may_decide(held: Held, *, by: Any, now: datetime) -> bool:
    return may(by, Permission.DIRECT, held.transition, now=now)


def decide(held: Held, *, by: Any, now: datetime, reason: str, **fields: Any) -> Any:
    """Once, by somebody who directs its transition.

    Raises:
        PermissionDenied: who does not.
        ValidationError: no reason, or decided already.
    """
    now_held = Held.objects.select_for_update().get(pk=held.pk)
    if not may_decide(held, by=by, now=now):
        raise PermissionDenied(f"{by} does not direct {held.transition}.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    if now_held.decided_by_id:
        raise ValidationError(f"It was decided already, by {now_held.decided_by}.")
    Held.objects.filter(pk=held.pk).update(decided_by=by, reason=reason.strip(), **fields)
    held.refresh_from_db()
    return messages_of(held)
