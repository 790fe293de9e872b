"""Who sends what: a worker claims whole parcels, one for each reader, and marks only what is still its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from .models import Message

BATCH = 100
LEASE_SECONDS = 5 * 60
ONE_AT_A_TIME = 4_067_001  # the advisory lock of those who claim or put off; any number that nobody else uses

WAITS = """{0}.sent_at IS NULL AND {0}.failed_at IS NULL AND {0}.withdrawn_at IS NULL AND {0}.suppressed_at IS NULL
    AND {0}.channel = %(channel)s AND {0}.due_at <= {until}"""
SAME_READER = """coalesce({0}.recipient_id, 0) = coalesce({1}.recipient_id, 0)
    AND coalesce({0}.transition_id, 0) = coalesce({1}.transition_id, 0)
    AND coalesce({0}.address_id, 0) = coalesce({1}.address_id, 0)"""
ONE_READER = f"{SAME_READER.format('b', 'a')} AND NOT b.urgent AND NOT a.urgent"
IS_HELD = """NOT {0}.urgent AND EXISTS (
    SELECT FROM outbox_held h
    WHERE h.sweep = {0}.sweep AND h.transition_id = {0}.transition_id AND h.released_at IS NULL)"""
TODAY = "(%(now)s AT TIME ZONE c.zone)::date"
# what is said later of the same thing takes the place of what was said first, so it does not wait any longer
SAME_THING = "b.kind = a.kind AND b.thing_type = a.thing_type AND b.thing_id = a.thing_id"
AT_LATEST = f"CASE WHEN {SAME_THING} THEN 'infinity' ELSE %(soon)s END"

CLAIM = f"""
WITH first AS MATERIALIZED (
    SELECT a.id, a.recipient_id, a.transition_id, a.address_id, a.urgent, a.kind, a.thing_type, a.thing_id
    FROM outbox_message a
    WHERE {WAITS.format("a", until="%(now)s")} AND a.next_attempt_at <= clock_timestamp()
      AND NOT ({IS_HELD.format("a")}) AND NOT EXISTS (
        SELECT FROM outbox_message b WHERE {WAITS.format("b", until="%(soon)s")} AND {ONE_READER}
            AND b.claimed_by IS NOT NULL AND b.next_attempt_at > clock_timestamp())
    ORDER BY a.next_attempt_at, a.id LIMIT %(size)s),
parcel AS (
    SELECT id FROM first UNION
    SELECT b.id FROM first a JOIN outbox_message b ON {ONE_READER}
    WHERE {WAITS.format("b", until=AT_LATEST)} AND least(b.due_at, b.ready_at) <= %(now)s
        AND NOT ({IS_HELD.format("b")}) AND (b.due_at <= %(now)s OR b.hard OR (
            SELECT c.pace = 'weekly' OR outbox_works(b.recipient_id, b.transition_id, {TODAY})
            FROM outbox_chosen(b.recipient_id, b.transition_id) c)))
UPDATE outbox_message SET claimed_by = %(worker)s, attempts = attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id IN (SELECT id FROM parcel) RETURNING id"""  # noqa: S608 (our own pieces; what is given is bound)

# Who has gone away since it was queued has it read by who stands in for them; one deputy after the other, if need be.
REDIRECT = f"""
UPDATE outbox_message m SET recipient_id = outbox_stands_in(m.recipient_id, m.transition_id, %(now)s)
FROM outbox_absence a
WHERE a.person_id = m.recipient_id AND m.address_id IS NULL AND m.claimed_by IS NULL
    AND {WAITS.format("m", until="%(now)s")}
    AND outbox_stands_in(m.recipient_id, m.transition_id, %(now)s) <> m.recipient_id"""  # noqa: S608
DEPUTIES = 3

# What a sweep queued in the moment in which its reader's message went out waits for their next one like all the rest.
PUT_OFF = f"""
UPDATE outbox_message m
SET due_at = greatest(m.due_at, outbox_slot(m.recipient_id, m.transition_id, m.address_id, m.ready_at, m.hard))
FROM outbox_told t
WHERE t.told_at BETWEEN %(now)s - interval '1 hour' AND %(now)s AND NOT m.urgent AND m.claimed_by IS NULL
    AND coalesce(t.person_id, 0) = coalesce(m.recipient_id, 0)
    AND coalesce(t.transition_id, 0) = coalesce(m.transition_id, 0)
    AND coalesce(t.address_id, 0) = coalesce(m.address_id, 0) AND {WAITS.format("m", until="%(now)s")}"""  # noqa: S608

# What is soft and did not leave on its day waits over days off, as it would if it were new; what is told at once, over
# quiet hours too. Asked once a reader.
WAIT_OVER = f"""
WITH readers AS MATERIALIZED (
    SELECT w.recipient_id, w.transition_id, w.address_id, w.hard, min(w.due_at) AS earliest FROM outbox_message w
    WHERE {WAITS.format("w", until="%(now)s")} AND NOT w.urgent AND w.claimed_by IS NULL
    GROUP BY w.recipient_id, w.transition_id, w.address_id, w.hard),
late AS MATERIALIZED (
    SELECT r.*, c.pace, c.zone, outbox_slot(r.recipient_id, r.transition_id, r.address_id, %(now)s, r.hard) AS slot
    FROM readers r CROSS JOIN LATERAL outbox_chosen(r.recipient_id, r.transition_id) c
    WHERE c.pace = 'at_once' OR c.pace = 'daily' AND NOT r.hard AND (r.earliest AT TIME ZONE c.zone)::date < {TODAY}
        AND NOT outbox_works(r.recipient_id, r.transition_id, {TODAY}))
UPDATE outbox_message m SET due_at = c.slot FROM late c
WHERE {SAME_READER.format("m", "c")} AND m.hard = c.hard AND {WAITS.format("m", until="%(now)s")}
    AND NOT m.urgent AND m.claimed_by IS NULL AND c.slot > %(now)s
    AND (c.pace = 'at_once' OR (m.due_at AT TIME ZONE c.zone)::date < {TODAY})"""  # noqa: S608


@contextmanager
def one_at_a_time() -> Iterator[CursorWrapper]:
    """Two workers that split a reader's parcel would write to them twice, or wait for each other's rows for ever."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield cursor


def wait_over_days_off(*, now: datetime, channel: str) -> None:
    """Once before a run of claims: it looks at everything that is due."""
    with one_at_a_time() as cursor:
        cursor.execute(WAIT_OVER, {"now": now, "channel": channel})


def claim(worker: UUID, *, now: datetime, channel: str = "email", size: int = BATCH) -> list[Message]:
    """The messages of up to so many readers: each with everything that is due to them, so that it goes out as one.

    A message that is late, after midnight perhaps, takes along what would have been the day's own: it is the day's.
    """
    given: dict[str, Any] = {"worker": worker, "lease": LEASE_SECONDS, "now": now, "channel": channel, "size": size,
                             "soon": now + timedelta(days=1)}  # fmt: skip
    with one_at_a_time() as cursor:
        for _ in range(DEPUTIES):
            cursor.execute(REDIRECT, given)
            if cursor.rowcount == 0:
                break
        cursor.execute(PUT_OFF, given)
        cursor.execute(CLAIM, given)
        ids = [row[0] for row in cursor.fetchall()]
    theirs = Message.objects.filter(pk__in=ids).with_accounts()
    return list(theirs.select_related("recipient", "transition", "address").order_by("pk"))
