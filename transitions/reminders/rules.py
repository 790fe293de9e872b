"""What is due to whom. A room declares rules in its `reminders.py`; the sweep turns each into one statement.

A sweep needs no memory: for each item and person it queues only the latest rung that has passed, under a key that
names item, due date, rung and person. It may run twice, late, or on two machines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
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

from transitions.access.permissions import Marking
from transitions.clock.present import day
from transitions.outbox.kinds import Action, Kind, Letter, NoLonger, NotYet
from transitions.outbox.models import Message
from transitions.outbox.signed import answer_link

from .before import Before, told_before
from .people import TODAY, Path, local_day

QUIET = "quiet_"  # on each item, when its letter is written: the pause it lies in


@dataclass(frozen=True)
class Tell:
    """Who hears of it on which days.

    Args:
        on: rungs, in days from the due date: -7 is a week before, 0 the day, 7 a week after.
        to: one person; the first of these that finds somebody.
        up: it goes above the pillar's lead, and only after somebody below was asked on an earlier day.
        where: which items it is for.
    """

    on: tuple[int, ...]
    to: tuple[Path, ...]
    up: bool = False
    where: Q = field(default_factory=Q)


class Rule(Kind):
    """Subclass it in a room's `reminders.py`.

    `items` are what is watched, `owed` a generated column with a partial index: the due date while it is owed, else
    null, so that a sweep costs what is due and not what exists. `quiet` finds the pause that an item lies in, if any.
    `hard` are the items that reach people on their days off too. `related` are the rows that its letter reads.
    `forgets_after` is for what loses its sense: how many days after the due date nobody is told of it any more; it
    still shows as overdue.
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

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Rule.all[cls.name] = cls

    @classmethod
    def passed(cls, *, now: datetime) -> list[QuerySet[Any, Any]]:
        """Of each tell, the items with somebody to tell and the latest rung that has passed."""
        return [cls.of_tell(tell, now=now) for tell in cls.tells]

    @classmethod
    def of_tell(cls, tell: Tell, *, now: datetime) -> QuerySet[Any, Any]:
        latest_day_anywhere = now.astimezone(UTC).date() + timedelta(days=1)
        near = {f"{cls.owed}__lte": latest_day_anywhere - timedelta(days=min(tell.on))}  # what the index is for
        if cls.forgets_after is not None:
            near[f"{cls.owed}__gte"] = now.astimezone(UTC).date() - timedelta(days=cls.forgets_after)
        items = cls.items.filter(tell.where, **near).order_by().annotate(**{TODAY: local_day(cls.transition, now)})
        rungs = [
            When(**{f"{cls.owed}__lte": days_before_today(rung)}, then=Value(rung))
            for rung in sorted(tell.on, reverse=True)
        ]
        found: QuerySet[Any, Any] = items.values_list(
            F("pk"),
            Coalesce(*(path.found for path in tell.to), Value(None), output_field=CharField()),
            F(cls.owed),
            Case(*rungs, output_field=IntegerField()),
            F(cls.transition),
            F(cls.marking),
            cls.quiet,
            cls.hard,
            Value(tell.up, BooleanField()),
            F(f"{cls.transition}__time_zone"),
        )
        return found

    @classmethod
    def queue(cls, sweep: Any, *, now: datetime) -> int:
        """Queue what is due and was not queued before. Returns how many messages are new."""
        sql, params = cls.statement(sweep, now=now)
        with connection.cursor() as cursor:
            cursor.execute(f"{INSERT} {sql} ON CONFLICT (dedupe_key) DO NOTHING", params)
            return int(cursor.rowcount)

    @classmethod
    def statement(cls, sweep: Any, *, now: datetime) -> tuple[str, list[Any]]:
        """Selects the messages that a sweep would queue at an instant, as columns of the outbox."""
        parts = [query.query.sql_with_params() for query in cls.passed(now=now)]
        rows = " UNION ALL ".join(f"({sql})" for sql, _ in parts)
        params = [param for _, given in parts for param in given]
        given = [cls.name, cls.items.model._meta.label_lower, cls.optional, cls.urgent, now, sweep]
        return NEW.format(rows=rows, answers=ANSWERS), [*given, *params]

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
        before = told_before(messages)
        written: dict[int, Letter | NoLonger | NotYet] = {}
        for message in messages:
            item, due, earlier = items.get(message.thing_id), due_of(message), before[message.pk]
            gone = no_longer(self, item, due, earlier) or too_early(message, earlier, now=now)
            late = 0 if gone else (self.today(item, now) - due).days
            written[message.pk] = gone or self.with_confirmation(
                self.letter(item, due=due, late=late, before=earlier), item, earlier
            )
        return written

    def with_confirmation(self, letter: Letter, item: Any, before: Before) -> Letter:
        """Who has said that the day holds; of what is marked not even that."""
        if not before.confirmed or attrgetter(self.marking.replace("__", "."))(item) != Marking.UNCLASSIFIED:
            return letter
        return Letter(letter.subject, f"{letter.text}\n\n{before.confirmed}.")

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


def due_of(message: Message) -> date:
    return date.fromisoformat(message.payload["due"])


def no_longer(rule: Rule, item: Any, due: date, before: Before) -> NoLonger | None:
    """Why the reason for a message is gone, if it is."""
    if gone := settled(rule, item, due):
        return gone
    pause = getattr(item, QUIET)
    if pause:
        return NoLonger(f"quiet during pause {pause}")
    return NoLonger("a later reminder of it goes out instead") if before.overtaken else None


def settled(rule: Rule, item: Any, due: date) -> NoLonger | None:
    """Why nothing is asked any more, if that is so."""
    if item is None:
        return NoLonger("it is not there any more")
    owed = getattr(item, rule.owed)
    if owed is None:
        return NoLonger(f"nothing is owed any more: it is {getattr(item, 'state', 'settled').replace('_', ' ')}")
    if owed != due:
        return NoLonger(f"it was moved from {due} to {owed}")
    return None


def too_early(message: Message, before: Before, *, now: datetime) -> NotYet | None:
    """Nothing goes above a pillar's lead before somebody below was asked, and had a day to confirm or re-date."""
    if not message.payload.get("up") or before.asked_by(now - timedelta(hours=12)):
        return None
    return NotYet("nobody below has been asked yet")


def days_before_today(rung: int) -> "ExpressionWrapper[CombinedExpression]":
    return ExpressionWrapper(CombinedExpression(F(TODAY), "-", Value(rung)), DateField())


INSERT = """
INSERT INTO outbox_message (kind, transition_id, thing_type, thing_id, marking, recipient_id, payload, urgent, hard,
    ready_at, due_at, sweep, dedupe_key, suppressed_at, failed_at, why_not)"""

# what people have answered: a snooze holds until its day, for what is hard never past the due date; who was handed an
# item on has it in the other's place, while they have a role there, and may hand it on themselves
ANSWERS = """
snoozed AS MATERIALIZED (
    SELECT DISTINCT ON (m.thing_id, a.person_id, role) m.thing_id AS item, a.person_id AS person,
        m.payload ->> 'as' AS role, a.until, (m.payload ->> 'due')::date AS due, (m.payload ->> 'rung')::int AS rung
    FROM reminders_answer a JOIN outbox_message m ON m.id = a.message_id JOIN given ON m.kind = given.kind
    WHERE a.kind = 'snoozed' ORDER BY m.thing_id, a.person_id, role, a.id DESC),
given_on AS MATERIALIZED (
    SELECT DISTINCT ON (m.thing_id, a.person_id, role) a.id, m.thing_id AS item, a.person_id AS person,
        m.payload ->> 'as' AS role, a.to_id AS heir, coalesce(nullif(b.display_name, ''), b.username) AS handed_by
    FROM reminders_answer a JOIN outbox_message m ON m.id = a.message_id JOIN given ON m.kind = given.kind
    JOIN missions_transition t ON t.id = m.transition_id JOIN access_user b ON b.id = a.by_id
    JOIN access_user u ON u.id = a.to_id AND u.is_active AND u.email <> ''
    WHERE a.kind = 'handed_on' AND EXISTS (
        SELECT FROM access_grant g WHERE g.user_id = u.id AND (g.transition_id = t.id OR g.transition_id IS NULL)
            AND (g.from_date IS NULL OR g.from_date <= (now AT TIME ZONE t.time_zone)::date)
            AND (g.until IS NULL OR g.until >= (now AT TIME ZONE t.time_zone)::date))
    ORDER BY m.thing_id, a.person_id, role, a.id DESC),
heirs AS (
    SELECT id, item, person, role, heir, handed_by FROM given_on UNION ALL
    SELECT n.id, n.item, h.person, n.role, n.heir, n.handed_by FROM heirs h
    JOIN given_on n ON n.item = h.item AND n.person = h.heir AND n.role = h.role AND n.id > h.id),
handed_on AS MATERIALIZED (
    SELECT DISTINCT ON (item, person, role) item, person, role, heir, handed_by
    FROM heirs ORDER BY item, person, role, id DESC)"""

NEW = """
WITH RECURSIVE given AS (SELECT %s::text AS kind, %s::text AS thing_type, %s::boolean AS optional,
    %s::boolean AS urgent, %s::timestamptz AS now, %s::uuid AS sweep),
passed (item, found, due, rung, transition, marking, pause, hard, up, zone) AS MATERIALIZED ({rows}),
{answers},
whose AS (
    SELECT p.*, coalesce(h.heir, p.finds) AS person, CASE WHEN h.heir <> p.finds THEN h.handed_by END AS handed_by
    FROM (SELECT *, split_part(found, '/', 1)::bigint AS finds, nullif(split_part(found, '/', 2), '') AS role
          FROM passed WHERE rung IS NOT NULL) p
    LEFT JOIN handed_on h ON h.item = p.item AND h.person = p.finds AND h.role = p.role),
latest AS (
    SELECT DISTINCT ON (w.item, w.person) w.*, given.*, concat_ws('/', kind, w.item, w.due, w.rung,
        coalesce(w.person::text, 'nobody'),
        CASE WHEN s.due = w.due AND s.rung = w.rung THEN 'again/' || s.until END) AS key
    FROM given, whose w LEFT JOIN snoozed s ON s.item = w.item AND s.person = w.person AND s.role = w.role
    WHERE NOT coalesce(s.until > (now AT TIME ZONE w.zone)::date
        AND NOT (w.hard AND w.due <= (now AT TIME ZONE w.zone)::date), false)
    ORDER BY w.item, w.person, w.rung DESC),
fresh AS MATERIALIZED (
    SELECT latest.*,
        greatest((due + rung)::timestamp, date_trunc('day', now AT TIME ZONE zone)) AT TIME ZONE zone AS ready
    FROM latest WHERE NOT EXISTS (SELECT FROM outbox_message m WHERE m.dedupe_key = latest.key)),
readers AS MATERIALIZED (
    SELECT person, transition, outbox_stands_in(person, transition, now) AS reader,
        optional AND outbox_muted(person, transition, kind) AS muted
    FROM (SELECT DISTINCT person, transition, kind, optional, now FROM fresh) d),
slots AS MATERIALIZED (
    SELECT person, transition, reader, muted, ready, hard,
        CASE WHEN urgent THEN now ELSE outbox_slot(reader, transition, NULL, ready, hard) END AS slot
    FROM (SELECT DISTINCT person, transition, ready, hard, urgent, now FROM fresh) d
    JOIN readers USING (person, transition))
SELECT kind, f.transition, thing_type, item, marking, reader,
    jsonb_strip_nulls(jsonb_build_object('due', due, 'rung', rung, 'as', role, 'up', nullif(up, false),
        'handed_by', handed_by)), urgent,
    f.hard, f.ready, coalesce(slot, f.ready), sweep,
    CASE WHEN pause IS NULL THEN key ELSE concat_ws('/', key, 'suppressed', pause) END,
    CASE WHEN pause IS NOT NULL OR muted THEN clock_timestamp() END,
    CASE WHEN pause IS NULL AND f.person IS NULL THEN clock_timestamp() END,
    CASE WHEN pause IS NOT NULL THEN 'quiet during pause ' || pause
         WHEN muted THEN 'switched off by who would have read it'
         WHEN f.person IS NULL THEN 'nobody to tell: give the transition a planner' ELSE '' END
FROM fresh f LEFT JOIN slots s
    ON s.person = f.person AND s.transition = f.transition AND s.ready = f.ready AND s.hard = f.hard
ORDER BY item, f.person"""

GONE = """
UPDATE outbox_message m SET withdrawn_at = clock_timestamp(), dedupe_key = m.dedupe_key || '/withdrawn/' || m.id,
    why_not = CASE WHEN i.{owed} IS NULL THEN 'nothing is owed any more'
                   ELSE concat('it was moved from ', m.payload ->> 'due', ' to ', i.{owed}) END
FROM outbox_message w LEFT JOIN {table} i ON i.id = w.thing_id
WHERE m.id = w.id AND w.kind = %s AND m.claimed_by IS NULL AND m.sent_at IS NULL AND m.failed_at IS NULL
    AND m.withdrawn_at IS NULL AND m.suppressed_at IS NULL AND w.sent_at IS NULL AND w.failed_at IS NULL
    AND w.withdrawn_at IS NULL AND w.suppressed_at IS NULL
    AND i.{owed} IS DISTINCT FROM (w.payload ->> 'due')::date"""
