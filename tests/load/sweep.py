"""A sweep beside one statement written by hand for the same rows, over much and over little that is not due.

All of it happens in one transaction that is rolled back: nothing is left in the database.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2020, 12, 1, 6, 0, tzinfo=UTC)
DUE, TRANSITIONS, ROUNDS = 10_000, 10, 6

MILESTONES = """
INSERT INTO calendar_milestone (transition_id, code, title, kind, pillar_id, owner_office_id, owner_id, due_on, hard,
    state, version, marking, approximate, illustrative, authority, source, note)
SELECT t.transition, 'M-' || n, 'Something to be done', 'milestone', t.pillar, t.office, t.owner,
    CASE WHEN n <= %(due)s THEN date '2020-12-01' + (n / %(transitions)s %% 50 - 20)
         WHEN n %% 2 = 0 THEN date '2020-12-01' - (n %% 900) ELSE date '2021-03-01' + (n %% 900) END,
    n %% 3 = 0, CASE WHEN n > %(due)s AND n %% 2 = 0 THEN 'done' ELSE 'planned' END, 1,
    'unclassified', false, false, '', '', ''
FROM generate_series(%(after)s + 1, %(until)s) n
JOIN unnest(%(transition)s::bigint[], %(pillar)s::bigint[], %(office)s::bigint[], %(owner)s::bigint[])
    WITH ORDINALITY AS t (transition, pillar, office, owner, place) ON t.place = n %% %(transitions)s + 1"""

BY_HAND = """
WITH there AS MATERIALIZED (
    SELECT u.id AS person, t.id AS transition_id FROM access_user u CROSS JOIN missions_transition t
    WHERE u.is_active AND NOT u.is_service AND u.email <> '' AND coalesce((
        SELECT bool_or(coalesce(g.from_date <= timezone(t.time_zone, %(now)s::timestamptz)::date, true)
                   AND coalesce(g.until >= timezone(t.time_zone, %(now)s::timestamptz)::date, true))
        FROM access_grant g WHERE g.user_id = u.id AND (g.transition_id = t.id OR g.transition_id IS NULL)), true)),
near AS (
    SELECT m.id, m.transition_id, m.pillar_id, m.owner_id, m.hard, m.marking, m.owed_on, t.time_zone,
        timezone(t.time_zone, %(now)s::timestamptz)::date - m.owed_on AS late
    FROM calendar_milestone m JOIN missions_transition t ON t.id = m.transition_id
    WHERE m.owed_on <= %(now)s::date + 31 AND (m.hard OR NOT EXISTS (SELECT FROM missions_pause p
        WHERE p.state = 'in_force' AND p.transition_id = m.transition_id
          AND coalesce(p.pillar_id = m.pillar_id, true) AND coalesce(p.area_id = m.area_id, true)))),
told AS (
    SELECT near.*, near.owner_id AS person, 'owner' AS role, false AS up,
        CASE WHEN late >= 1 THEN 1 WHEN late >= 0 THEN 0 WHEN late >= -1 THEN -1
        WHEN late >= -7 THEN -7 WHEN late >= -14 THEN -14 WHEN late >= -30 THEN -30 END AS rung
    FROM near JOIN there ON there.person = owner_id AND there.transition_id = near.transition_id
    UNION ALL
    SELECT near.*, g.user_id, 'pillar lead', false, 7 FROM near JOIN access_grant g
        ON g.transition_id = near.transition_id AND g.role = 'pillar_lead' AND g.pillar_id = near.pillar_id
    JOIN there ON there.person = g.user_id AND there.transition_id = near.transition_id
    WHERE late >= 7
    UNION ALL
    SELECT near.*, g.user_id, 'deputy head of mission', true, 14 FROM near JOIN access_grant g
        ON g.transition_id = near.transition_id AND g.role = 'deputy_head'
    JOIN there ON there.person = g.user_id AND there.transition_id = near.transition_id
    WHERE late >= 14 AND hard),
ready AS (
    SELECT told.*, greatest((owed_on + rung)::timestamp, date_trunc('day', %(now)s::timestamptz AT TIME ZONE time_zone))
        AT TIME ZONE time_zone AS ready_at FROM told WHERE rung IS NOT NULL),
slots AS MATERIALIZED (
    SELECT person, transition_id, ready_at, hard, outbox_slot(person, transition_id, NULL, ready_at, hard) AS due_at
    FROM (SELECT DISTINCT person, transition_id, ready_at, hard FROM ready) one)
INSERT INTO outbox_message (kind, transition_id, thing_type, thing_id, marking, recipient_id, payload, hard, ready_at,
    due_at, sweep, dedupe_key)
SELECT 'calendar.milestone_due', transition_id, 'calendar.milestone', id, marking, person,
    jsonb_strip_nulls(jsonb_build_object('due', owed_on, 'rung', rung, 'as', role, 'up', nullif(up, false))), hard,
    ready_at, due_at, gen_random_uuid(), concat_ws('/', 'calendar.milestone_due', id, owed_on, rung, person)
FROM ready JOIN slots USING (person, transition_id, ready_at, hard) ON CONFLICT (dedupe_key) DO NOTHING"""


def measure() -> list[str]:
    """Needs Django to be set up on a migrated database that may be filled."""
    from django.db import connection, transaction

    lines, ours = [], {}
    with transaction.atomic(), connection.cursor() as cursor:
        places = make_places()
        cursor.execute("ALTER TABLE calendar_milestone DISABLE TRIGGER USER")  # the audit's: not what is measured
        before = 0
        for many in (100_000, 1_000_000):
            cursor.execute(MILESTONES, places | {"after": before, "until": many})
            before = many
            cursor.execute("ANALYZE calendar_milestone")
            ours[many], by_hand, again, number = compare(cursor)
            lines += [
                f"{many:,} milestones, {DUE:,} due, {number:,} messages: {ours[many]:.2f} s, by hand {by_hand:.2f} s",
                f"  ratio {ours[many] / by_hand:.2f} (aim 1.5 or less); a round with nothing new {again:.2f} s",
            ]
        lines.append(plans(cursor))
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM calendar_milestone, outbox_message")
    return [*lines, f"ten times as many milestones, as many due: {ours[1_000_000] / ours[100_000]:.2f} times the time"]


def make_places() -> dict[str, Any]:
    """Ten transitions, each with an owner, a pillar lead, a deputy head and a planner."""
    from tests import world
    from transitions.access.permissions import Role

    columns: dict[str, Any] = {"transition": [], "pillar": [], "office": [], "owner": []}
    for _ in range(TRANSITIONS):
        here = world.transition("under_way")
        pillar, office = world.pillar(here), world.office(here)
        for role in (Role.PLANNER, Role.DEPUTY_HEAD, Role.RESIDENT_COORDINATOR):
            world.person(role, here)
        world.person(Role.PILLAR_LEAD, here, pillar=pillar)
        owner = world.person(Role.MISSION_SUPPORT, here, at=office)
        for name, row in (("transition", here), ("pillar", pillar), ("office", office), ("owner", owner)):
            columns[name].append(row.pk)
    return columns | {"due": DUE, "transitions": TRANSITIONS}


def compare(cursor: Any) -> tuple[float, float, float, int]:
    """Seconds of a sweep, of the statement, of a second sweep right behind: the best of a few turns, each undone."""
    from transitions.reminders.sweep import sweep

    ours, theirs, again = [], [], []
    for _ in range(ROUNDS):
        with undone():
            theirs.append(clocked(lambda: cursor.execute(BY_HAND, {"now": NOW})))
            written = messages(cursor)
        with undone():
            ours.append(clocked(lambda: sweep(now=NOW)))
            assert messages(cursor) == written, "the two do not write the same messages"
            again.append(clocked(lambda: sweep(now=NOW)))
            assert messages(cursor) == written, "the second sweep queued something"
    return min(ours), min(theirs), min(again), written[0]


def messages(cursor: Any) -> tuple[int, str]:
    """Their number and what they are, in one word."""
    cursor.execute(
        """SELECT count(*), md5(string_agg(concat_ws(' ', dedupe_key, recipient_id, payload, marking, due_at), ','
               ORDER BY dedupe_key)) FROM outbox_message WHERE kind = 'calendar.milestone_due'"""
    )
    number, sum_of_all = cursor.fetchone()
    return number, sum_of_all


def plans(cursor: Any) -> str:
    """How the rule's queries come to the milestones, in the database's own words."""
    from transitions.calendar.reminders import MilestoneDue

    found = []
    for query in MilestoneDue.passed(now=NOW):
        sql, params = query.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        found.append("\n".join(line for [line] in cursor.fetchall()))
    by_index = sum("milestones_owed" in plan for plan in found)
    whole = sum("Seq Scan on calendar_milestone" in plan for plan in found)
    return f"by the index of what is owed in {by_index} of {len(found)} plans, through the whole table in {whole}"


@contextmanager
def undone() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def clocked(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
