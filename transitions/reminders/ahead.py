"""Who will be told what under present dates: what sweeps would queue on the coming days, without queueing anything."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from transitions.access.models import User
from transitions.outbox.kinds import Kind
from transitions.outbox.parcels import rung_in_words

from .chosen import Chosen, chosen_by_rule
from .rules import Rule

LONGEST = 92  # days: a look further ahead says little
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


def foresee(*, now: datetime, last: date, of: int | None = None) -> list[Foreseen]:
    """To the end of a day, in the order in which they leave, `of` one transition or of all.

    It holds for dates, wishes and pauses as they stand, and for who will have which post on the day. What is queued
    already is in the outbox, not here; and what comes from an event, such as a step that somebody takes, cannot be
    foreseen.

    Raises:
        TooFar: more than 92 days ahead, or a day that has passed.
    """
    if not -1 <= (last - now.date()).days <= LONGEST + 1:  # today may be another day elsewhere
        raise TooFar(f"look up to {LONGEST} days ahead, from today on")
    found: dict[str, dict[str, Any]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        for sql, params in statements(now=now, last=last, of=of):
            cursor.execute(sql, params)
            for row in cursor.fetchall():
                told = dict(zip(COLUMNS, row, strict=True))
                found.setdefault(told["key"], told)
        on_the_day = readers(cursor, found.values(), now=now)
    people = User.objects.in_bulk({who for who, _ in on_the_day.values()})
    every = [foreseen(told, on_the_day.get(key), people) for key, told in found.items()]
    return sorted(every, key=lambda one: (one.leaves_at, one.kind, one.thing))


def statements(*, now: datetime, last: date, of: int | None) -> Iterator[tuple[str, list[Any]]]:
    """Of each rule what a sweep would queue now, and one for each of its rungs: the items it passes on days to come.

    Not one for each day: a rung passes an item on one day, and for that day somebody is looked for.
    """
    chosen = chosen_by_rule()
    for rule in Rule.all.values():
        here: dict[str, Any] = {"now": now, "chosen": chosen[rule.name], "of": of}
        parts = [rule.passed(**here)]
        parts += [rule.coming(rung, last=last, **here) for rung in rungs_of(rule, chosen[rule.name])]
        for passed in parts:
            yield rule.statement(NOBODY_S, now=now, chosen=chosen[rule.name], passed=passed)


def rungs_of(rule: type[Rule], chosen: Chosen) -> list[int]:
    rungs = {rung for tell, _ in rule.told_by(chosen) for rung in tell.on}
    return sorted(rung for rung in rungs if rule.forgets_after is None or rung <= rule.forgets_after)


# Who reads it, and when it leaves, by the wishes and absences of the day on which there is something to tell.
READERS = """
WITH told AS MATERIALIZED (
    SELECT DISTINCT person, whose, ready, hard FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::boolean[])
        AS given (person, whose, ready, hard)),
read AS MATERIALIZED (SELECT *, outbox_stands_in(person, whose, ready) AS reader FROM told)
SELECT person, whose, ready, hard, reader, outbox_slot(reader, whose, NULL, ready, hard) FROM read"""


def readers(cursor: Any, found: Iterable[dict[str, Any]], *, now: datetime) -> dict[str, tuple[int, datetime]]:
    """By key, the reader and when it leaves. Nobody reads what found nobody."""
    rows = {told["key"]: about(told) for told in found if told["reader"]}
    cursor.execute(READERS, [list(column) for column in zip(*rows.values(), strict=True)] or [[], [], [], []])
    slots = {row[:4]: row[4:] for row in cursor.fetchall()}
    urgent = {told["key"] for told in found if told["urgent"]}
    return {
        key: (slots[row][0], max(now, row[2] if key in urgent else slots[row][1])) for key, row in rows.items()
    }  # fmt: skip


def about(told: dict[str, Any]) -> tuple[int, int, datetime, bool]:
    """Whom it was found for stands in its key."""
    return int(told["key"].split("/")[4]), told["transition"], told["ready_at"], told["hard"]


def foreseen(told: dict[str, Any], read: tuple[int, datetime] | None, people: dict[int, User]) -> Foreseen:
    said = json.loads(told["payload"])
    reader, leaves_at = read or (0, told["due_at"])
    return Foreseen(
        kind=told["kind"], transition_id=told["transition"], thing=(told["thing_type"], told["thing"]),
        marking=told["marking"], reader=people.get(reader), role=said.get("as", ""),
        due=date.fromisoformat(said["due"]), rung=said["rung"], leaves_at=leaves_at, why_not=told["why_not"],
    )  # fmt: skip
