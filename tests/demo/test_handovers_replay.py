"""The replay of handovers: the same every time, and on a day nothing but what was known by then."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from transitions.calendar.models import Redating
from transitions.clock import present
from transitions.handovers.models import (
    FollowUp,
    FollowUpAnswer,
    Handover,
    HandoverPlan,
    Incident,
    MandatedTask,
    Readiness,
    RecipientChange,
    Site,
)
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
from transitions.workflow.models import StateChange, things_of

pytestmark = pytest.mark.django_db
DEFAULT = date(2020, 10, 1)
BY_HANDOVER = (RecipientChange, HandoverPlan, Readiness)


def facts(until: date = date.max) -> set[Any]:
    """Every fact that was recorded by a day, without the keys that a database gives."""
    changes = list(StateChange.objects.all())
    things = things_of(changes)
    found: set[Any] = {
        (str(things[row.thing_type, row.thing_id]), row.version, row.state, row.reason, *common(row)) for row in changes
    }
    for model in BY_HANDOVER:
        found |= {
            (model.__name__, row.handover.code, str(row).partition(": ")[2], *common(row))
            for row in model.objects.all()
        }
    for answer in FollowUpAnswer.objects.all():
        found.add((str(answer.follow_up), str(answer), answer.note, *common(answer)))
    found |= {(row.code, row.text, *common(row)) for row in Incident.objects.all()}
    found |= {(row.milestone.code, row.due_on, *common(row)) for row in Redating.objects.all()}
    return {fact for fact in found if fact[-1] <= until}


def common(row: Any) -> tuple[Any, ...]:
    recorded = present.day(row.recorded_at, "Africa/Khartoum")
    assert row.known_from <= recorded, f"{row} was recorded before it was known"
    return row.holds_from, row.known_from, row.approximate, row.source, row.by.username, recorded


def entered() -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for model in (Site, MandatedTask, Handover):
        found |= set(model.objects.values_list("code", "source", "note"))
    return found


class TestFirstStart:
    def test_writes_to_nobody_about_years_that_have_passed(self, demo: Any) -> None:
        demo()
        assert Message.objects.exists()
        assert not Message.objects.waiting().exists()

    def test_reminds_of_no_follow_up_that_was_due_long_ago(self, demo: Any) -> None:
        """133 were never answered, as far as the sources say: the status counts them, no letter does."""
        demo()
        sweep(now=present.now())
        reminded = Message.objects.filter(kind="handovers.follow_up_due")
        assert {FollowUp.objects.get(pk=one.thing_id).handover.code for one in reminded} == {"H-F-16"}
        assert FollowUp.objects.filter(owed_on__lt=DEFAULT).count() == 133


class TestReplay:
    def test_has_on_the_default_day_what_a_later_one_had_recorded_by_then(self, demo: Any) -> None:
        with transaction.atomic():
            demo()
            then, entered_then = facts(), entered()
            transaction.set_rollback(True)
        demo("2024-03-01T06:00Z")
        assert then == facts(until=DEFAULT)
        assert entered_then < entered()
        assert len(facts()) > len(then)

    def test_shows_on_the_default_day_no_source_of_a_later_one(self, demo: Any) -> None:
        demo()
        told = " ".join(" ".join(row) for row in entered())
        for later in ("2020-12", "2021-", "2022-", "2023-", "27 January 2021", "(2023)", "S/RES/2559"):
            assert later not in told.replace("S-2021-", ""), later
