"""What is due to whom. A room declares rules in its `reminders.py`; the sweep turns each into one statement.

A sweep needs no memory: for each item and person it queues only the latest rung that has passed, under a key that
names item, due date, rung and person. It may run twice, late, or on two machines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, reduce
from operator import attrgetter
from typing import Any, ClassVar

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from transitions.access.models import User
from transitions.access.permissions import Marking
from transitions.clock.present import day
from transitions.outbox.kinds import Action, Kind, Letter, NoLonger, NotYet
from transitions.outbox.models import Message
from transitions.outbox.signed import answer_link

from .at_any import ANY, at
from .before import Before, told_before
from .chosen import AS_DECLARED, Chosen
from .people import TODAY, Path, local_day
from .standing_in import absent
from .statements import ANSWERS, GONE, INSERT, NEW, TWICE
from .still_owed import QUIET, due_of, no_longer, too_early

HARD = "hard_"  # on each item, where a rule is switched off: hard ones go out all the same


@dataclass(frozen=True)
class Tell:
    """Who hears of it on which days.

    Args:
        on: rungs, in days from the due date: -7 is a week before, 0 the day, 7 a week after.
        to: one person; the first of these that finds somebody.
        up: it goes above the pillar's lead, and only after somebody below was asked on an earlier day.
        where: which items it is for.
        about: the same in words, for people; empty where it is for all.
    """

    on: tuple[int, ...]
    to: tuple[Path, ...]
    up: bool = False
    where: Q = field(default_factory=Q)
    about: str = ""

    def with_leads(self, days: Sequence[int]) -> "Tell":
        """Other rungs before the due date, where it has any; those on the day and after it stay."""
        if min(self.on) >= 0:
            return self
        return replace(self, on=(*(-before for before in days), *(rung for rung in self.on if rung >= 0)))


class Rule(Kind):
    """Subclass it in a room's `reminders.py`.

    `items` are what is watched, `owed` a generated column with a partial index: the due date while it is owed, else
    null, so that a sweep costs what is due and not what exists. `quiet` finds the pause that an item lies in, if any.
    `hard` are the items that reach people on their days off too. `related` are the rows that its letter reads.
    `forgets_after` is for what loses its sense: how many days after the due date nobody is told of it any more; it
    still shows as overdue. `switchable`: planners may switch it off in their transition, but never for hard items.
    `office` is the path to who owns an item, for what heads of office read once a week.
    """

    all: ClassVar[dict[str, type["Rule"]]] = {}
    items: ClassVar[QuerySet[Any, Any]]
    owed: ClassVar[str] = "owed_on"
    transition: ClassVar[str] = "transition"
    marking: ClassVar[str] = "marking"
    tells: ClassVar[tuple[Tell, ...]] = ()
    quiet: ClassVar[Any] = Value(None, IntegerField())
    hard: ClassVar[Any] = Value(False, BooleanField())
    related: ClassVar[tuple[str, ...]] = ()
    forgets_after: ClassVar[int | None] = None
    switchable: ClassVar[bool] = True
    office: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Rule.all[cls.name] = cls

    @classmethod
    def passed(cls, *, now: datetime, chosen: Chosen = AS_DECLARED, of: int | None = None) -> list[QuerySet[Any, Any]]:
        """Of each tell, the items with somebody to tell and the latest rung that has passed; `of` one transition."""
        here = Q(**{cls.transition: of}) if of else Q()
        return [cls.of_tell(tell, now=now, where=where & here, off=chosen.off) for tell, where in cls.told_by(chosen)]

    @classmethod
    def told_by(cls, chosen: Chosen) -> Iterator[tuple[Tell, Q]]:
        """Each tell with the transitions that it goes by; one with lead times of its own has other rungs."""
        inside = f"{cls.transition}__in"
        for tell in cls.tells:
            yield tell, ~Q(**{inside: chosen.own}) if chosen.own else Q()
            for days, where in chosen.leads:
                if (other := tell.with_leads(days)).on:
                    yield other, Q(**{inside: where})

    @classmethod
    def of_tell(
        cls, tell: Tell, *, now: datetime, where: Q | None = None, off: frozenset[int] = frozenset()
    ) -> QuerySet[Any, Any]:
        items = cls.watched(tell, where=where, off=off).filter(cls.near(tell, now=now))
        rungs = [
            When(**{f"{cls.owed}__lte": days_before_today(rung)}, then=Value(rung))
            for rung in sorted(tell.on, reverse=True)
        ]
        return cls.rows(
            items.annotate(**{TODAY: local_day(cls.transition, now)}), tell, Case(*rungs, output_field=IntegerField())
        )

    @classmethod
    def near(cls, tell: Tell, *, now: datetime) -> Q:
        """What can have passed a rung by now in any zone: this is what the index is for."""
        latest_day_anywhere = now.astimezone(UTC).date() + timedelta(days=1)
        near = Q(**{f"{cls.owed}__lte": latest_day_anywhere - timedelta(days=min(tell.on))})
        if cls.forgets_after is not None:
            near &= Q(**{f"{cls.owed}__gte": now.astimezone(UTC).date() - timedelta(days=cls.forgets_after)})
        return near

    @classmethod
    def coming(
        cls, rung: int, *, now: datetime, last: date, chosen: Chosen = AS_DECLARED, of: int | None = None
    ) -> list[QuerySet[Any, Any]]:
        """Of each tell with this rung, the items for which it passes after today, up to a day: who is found then."""
        here = Q(**{cls.transition: of}) if of else Q()
        first = now.astimezone(UTC).date() - timedelta(days=1)
        near = {f"{cls.owed}__range": (first - timedelta(days=rung), last - timedelta(days=rung))}
        then = days_after(rung, F(cls.owed))
        passed = days_after(-rung, local_day(cls.transition, now))
        return [
            cls.rows(
                cls.watched(tell, where=where & here, off=chosen.off)
                .filter(**near, **{f"{cls.owed}__gt": passed})
                .annotate(**{TODAY: then}),
                tell,
                Value(rung, IntegerField()),
            )
            for tell, where in cls.told_by(chosen)
            if rung in tell.on
        ]

    @classmethod
    def watched(cls, tell: Tell, *, where: Q | None, off: frozenset[int]) -> QuerySet[Any, Any]:
        items = cls.items.filter(tell.where, where or Q()).order_by()
        if off:
            items = items.alias(**{HARD: cls.hard}).filter(~Q(**{f"{cls.transition}__in": off}) | Q(**{HARD: True}))
        return items

    @classmethod
    def rows(cls, items: QuerySet[Any, Any], tell: Tell, rung: Any) -> QuerySet[Any, Any]:
        """In the columns of `passed`, for items with their TODAY."""
        found: QuerySet[Any, Any] = items.values_list(
            F("pk"),
            Coalesce(*(path.found for path in tell.to), Value(None), output_field=CharField()),
            F(cls.owed),
            rung,
            F(cls.transition),
            F(cls.marking),
            cls.quiet,
            cls.hard,
            Value(tell.up, BooleanField()),
            F(f"{cls.transition}__time_zone"),
        )
        return found

    @classmethod
    def queue(cls, sweep: Any, *, now: datetime, chosen: Chosen = AS_DECLARED) -> int:
        """Queue what is due and was not queued before. Returns how many messages are new."""
        earliest = min((tell for tell, _ in cls.told_by(chosen)), key=lambda tell: min(tell.on))
        if not cls.items.filter(cls.near(earliest, now=now)).exists():
            return 0  # to plan the whole statement takes longer than to look
        sql, params = cls.statement(sweep, now=now, chosen=chosen)
        with connection.cursor() as cursor:
            cursor.execute(f"{INSERT} {sql} ON CONFLICT (dedupe_key) DO NOTHING", params)
            return int(cursor.rowcount)

    @classmethod
    def statement(
        cls, sweep: Any, *, now: datetime, chosen: Chosen = AS_DECLARED, passed: Sequence[Any] | None = None
    ) -> tuple[str, list[Any]]:
        """Selects the messages that a sweep would queue at an instant, as columns of the outbox."""
        rows, params = cls.at_any(chosen) if passed is None else together(passed)
        given = [cls.name, cls.items.model._meta.label_lower, cls.optional, cls.urgent, now, sweep]
        twice, touched = (TWICE, [sorted(chosen.touched)]) if chosen.touched else ("", [])
        return NEW.format(rows=rows, answers=ANSWERS, twice=twice), [*given, *at(now, params), *touched]

    @classmethod
    @lru_cache(maxsize=100)  # a planner may set a rule anew at any time
    def at_any(cls, chosen: Chosen) -> tuple[str, Sequence[Any]]:
        return together(cls.passed(now=ANY, chosen=chosen))

    @classmethod
    def withdraw(cls) -> None:
        """What waits for a day that was moved, or for what is done, is not sent: its key is free again."""
        table, owed = cls.items.model._meta.db_table, cls.owed
        with connection.cursor() as cursor:
            cursor.execute(GONE.format(table=table, owed=owed), [cls.name])

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger | NotYet]:
        """Asked again before it leaves: is it still owed, on that day, and not in a pause?"""
        found = self.items.model._base_manager.select_related(*self.related).annotate(**{QUIET: self.quiet})
        items = found.in_bulk([message.thing_id for message in messages])
        before, away = told_before(messages), absent(messages)
        written: dict[int, Letter | NoLonger | NotYet] = {}
        for message in messages:
            item, due, earlier = items.get(message.thing_id), due_of(message), before[message.pk]
            gone = no_longer(self, item, due, earlier) or too_early(message, earlier, now=now)
            late = 0 if gone else (self.today(item, now) - due).days
            written[message.pk] = gone or self.completed(
                self.letter(item, due=due, late=late, before=earlier), item, earlier, away.get(message.pk)
            )
        return written

    @classmethod
    def marking_of(cls, item: Any) -> Marking:
        """Of what remains after a mission there is none: its rows have it from the rule alone."""
        *way, last = cls.marking.split("__")
        return Marking(getattr(reduce(getattr, way, item), last, Marking.UNCLASSIFIED))

    def completed(self, letter: Letter, item: Any, before: Before, away: User | None) -> Letter:
        """With who has said that the day holds, of what is marked not even that; and with whose it is."""
        marked = self.marking_of(item) != Marking.UNCLASSIFIED
        more = [f"{before.confirmed}."] * bool(before.confirmed and not marked)
        more += [f"This is for {away}, who is away."] * bool(away)
        return Letter(letter.subject, "\n\n".join([letter.text, *more]))

    def actions(self, message: Message) -> Sequence[Action]:
        """A reader without an account can only say that they have read it. No day is confirmed that has passed."""
        ahead, rung = [], message.payload["rung"]
        if message.reader_has_an_account:
            ahead = [("The date holds", "confirmed")] * (rung <= 0)
            ahead += [("Remind me later", "snoozed")] * (rung < 0 or not message.hard)
            ahead += [("Hand it on", "handed_on")]
        return [*super().actions(message), *(Action(label, answer_link(message, act)) for label, act in ahead)]

    def today(self, item: Any, now: datetime) -> date:
        return day(now, attrgetter(self.transition.replace("__", "."))(item).time_zone)

    def letter(self, item: Any, *, due: date, late: int, before: Before) -> Letter:
        """What the person reads.

        Args:
            late: days since the due date as it is sent, perhaps more than those of its rung; negative before it.
            before: who was told of it earlier.
        """
        raise NotImplementedError


def together(queries: Sequence[QuerySet[Any, Any]]) -> tuple[str, Sequence[Any]]:
    parts = [query.query.sql_with_params() for query in queries]
    return " UNION ALL ".join(f"({sql})" for sql, _ in parts), [param for _, given in parts for param in given]


def days_before_today(rung: int) -> "ExpressionWrapper[CombinedExpression]":
    return days_after(-rung, F(TODAY))


def days_after(days: int, day: Any) -> "ExpressionWrapper[CombinedExpression]":
    return ExpressionWrapper(CombinedExpression(day, "+", Value(days)), DateField())
