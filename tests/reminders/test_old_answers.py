"""A sweep costs what is due, and not what was ever answered."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from tests.reminders.conftest import at, owned
from transitions.calendar.reminders import MilestoneDue
from transitions.outbox.models import Message
from transitions.reminders.answers import snooze
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db
OLD_ANSWERS = """
WITH old AS (
    INSERT INTO outbox_message (kind, transition_id, thing_type, thing_id, recipient_id, payload, due_at, dedupe_key,
        sent_at)
    SELECT 'calendar.milestone_due', %(here)s, 'calendar.milestone', -n, %(who)s,
        '{"due": "2019-12-01", "rung": -7, "as": "owner"}', now(), 'old/' || n, now()
    FROM generate_series(1, 2000) n RETURNING id)
INSERT INTO reminders_answer (message_id, kind, person_id, until, by_id, via, "on")
SELECT id, 'snoozed', %(who)s, date '2019-11-28', %(who)s, 'inbox', date '2019-11-24' FROM old"""


class TestWhatWasAnsweredLongAgo:
    def test_is_not_read_where_nothing_of_it_is_due(self, here: Any) -> None:
        item = owned(here)
        sweep(now=at(-7))
        snooze(Message.objects.get(thing_id=item.pk), until=at(-4).date(), by=item.owner, now=at(-7))
        sql, params = MilestoneDue.statement(uuid4(), now=at(-6))
        with connection.cursor() as cursor:
            cursor.execute(OLD_ANSWERS, {"here": here.pk, "who": item.owner_id})
            cursor.execute("ANALYZE outbox_message, reminders_answer, calendar_milestone")
            for other in ("hashjoin", "mergejoin", "seqscan"):  # over so few, to read them all would be as quick
                cursor.execute(f"SET LOCAL enable_{other} = off")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            [[[explained]]] = cursor.fetchall()
        assert rows_read(explained["Plan"], "reminders_answer") == 1


def rows_read(plan: dict[str, Any], table: str) -> float:
    here = plan.get("Relation Name") == table and (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return here * plan["Actual Loops"] + sum(rows_read(part, table) for part in plan.get("Plans", []))
