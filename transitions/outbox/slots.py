"""When a message leaves and to whom it goes, in the words of the database: one truth for sweeps and for single events.

Slots are instants on the domain's clock. By default one a day, at seven in the transition's own zone; what is soft
waits over days off, and nothing but what cannot wait comes a second time on the same day.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, DateTimeField, F, Func, Value


class Slot(Func):
    """(person, transition, address, ready_at, hard) → the instant from which a message may leave."""

    function = "outbox_slot"
    output_field = DateTimeField()


class StandsIn(Func):
    """(person, transition, instant) → who is told in their absence, or they themselves."""

    function = "outbox_stands_in"
    output_field = BigIntegerField()


class Muted(Func):
    """(person, transition, kind) → whether they have switched it off."""

    function = "outbox_muted"
    output_field = BooleanField()


def slot(person: int | None, transition: int | None, ready_at: datetime, *, hard: bool = False) -> datetime:
    """For tests and pages that say when the next message comes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outbox_slot(%s, %s, NULL, %s, %s)", [person, transition, ready_at, hard])
        found: datetime = cursor.fetchone()[0]
        return found


def reader_of(person: int, transition: int | None, at: datetime) -> int:
    """Who is told in their absence, or they themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outbox_stands_in(%s, %s, %s)", [person, transition, at])
        return int(cursor.fetchone()[0])


def plan_anew(person: Any) -> None:
    """After a person has changed how they want to be told: what still waits for them leaves by the new wish."""
    from_now_on = Slot(F("recipient"), F("transition"), F("address"), F("ready_at"), F("hard"))
    person.messages.waiting().filter(urgent=False, claimed_by=None).update(due_at=from_now_on)


NO_ADDRESS = Value(None, BigIntegerField())
