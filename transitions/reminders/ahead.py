"""Who will be told what under present dates: the sweeps of the coming days, without queueing anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from transitions.access.models import User
from transitions.outbox.kinds import Kind
from transitions.outbox.parcels import rung_in_words

from .chosen import chosen_by_rule
from .rules import Rule

LONGEST = 92  # days: a look further ahead says little, and each day costs a sweep
NOBODY_S = UUID(int=0)
COLUMNS = ("kind", "transition", "thing_type", "thing", "marking", "reader", "payload", "urgent", "hard", "ready_at",
           "due_at", "sweep", "key", "suppressed_at", "failed_at", "why_not")  # fmt: skip


class TooFar(ValueError):
    """Further ahead, or back, than can be looked."""


@dataclass(frozen=True)
class Foreseen:
    """One reminder to come."""

    kind: str
    transition_id: int
    thing: tuple[str, int]
    marking: str
    reader: User | None
    role: str
    due: date
    rung: int
    leaves_at: datetime
    why_not: str

    @property
    def title(self) -> str:
        return Kind.named[self.kind].title

    @property
    def when(self) -> str:
        return rung_in_words(self.rung)


def foresee(*, now: datetime, until: datetime, of: int | None = None) -> list[Foreseen]:
    """In the order in which they leave, `of` one transition or of all.

    It holds for dates, people, wishes and pauses as they stand. What is queued already is in the outbox, not here; and
    what comes from an event, such as a step that somebody takes, cannot be foreseen.

    Raises:
        TooFar: more than 92 days ahead, or an instant that has passed.
    """
    if not now <= until <= now + timedelta(days=LONGEST + 1):
        raise TooFar(f"look up to {LONGEST} days ahead, from {now:%Y-%m-%d} on")
    found: dict[str, dict[str, Any]] = {}
    chosen = chosen_by_rule()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        for instant in [*looks(now, until), until]:
            for rule in Rule.all.values():
                cursor.execute(*rule.statement(NOBODY_S, now=instant, chosen=chosen[rule.name], of=of))
                for row in cursor.fetchall():
                    told = dict(zip(COLUMNS, row, strict=True))
                    found.setdefault(told["key"], told)
    people = User.objects.in_bulk({told["reader"] for told in found.values() if told["reader"]})
    every = [foreseen(told, people, now=now) for told in found.values()]
    return sorted(every, key=lambda one: (one.leaves_at, one.kind, one.thing))


def looks(now: datetime, until: datetime) -> Iterator[datetime]:
    """At least one on each day of every zone, also on one that is an hour short."""
    instant = now
    while instant < until:
        yield instant
        instant += timedelta(hours=23)


def foreseen(told: dict[str, Any], people: dict[int, User], *, now: datetime) -> Foreseen:
    said = told["payload"]
    return Foreseen(
        kind=told["kind"], transition_id=told["transition"], thing=(told["thing_type"], told["thing"]),
        marking=told["marking"], reader=people.get(told["reader"]), role=said.get("as", ""),
        due=date.fromisoformat(said["due"]), rung=said["rung"], leaves_at=max(told["due_at"], now),
        why_not=told["why_not"],
    )  # fmt: skip


def end_of(last: date) -> datetime:
    """When a day has ended everywhere on earth."""
    return datetime.combine(last + timedelta(days=1), time(12), UTC)
