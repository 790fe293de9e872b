import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from tests import world
from tests.reminders.conftest import DUE, at, owned, told
from transitions.access.permissions import Role
from transitions.calendar.dates import redate
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message, Preference
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db


class TestAReaderWhoIsToldAtOnce:
    def test_has_their_night_where_something_is_late_at_night(self, here: Any) -> None:
        item = owned(here)
        Preference.objects.create(person=item.owner, pace="at_once", quiet_from=clock(22), quiet_until=clock(6))
        told(at(0, hour=21))  # 23:00 in Khartoum
        [message] = item.owner.messages.all()
        assert message.due_at == at(1, hour=4)


class TestRungs:
    def test_reach_the_owner_before_on_and_after_the_day(self, here: Any) -> None:
        owned(here)
        found = [told(at(day)) for day in (-31, -30, -29, -14, -7, -1, 0, 1)]
        rungs = [[rung for _, rung in one] for one in found]
        assert rungs == [[], [-30], [], [-14], [-7], [-1], [0], [1]]
        assert {who for one in found for who, _ in one} == {"provider"}

    def test_only_the_latest_one_is_told_after_a_silence(self, here: Any) -> None:
        for _ in range(3):
            owned(here, hard=True)
        sweep(now=at(60))
        rows = list(Message.objects.values_list("thing_id", "recipient"))
        assert len(rows) == len(set(rows)) == 9
        assert told(at(60)) == []

    def test_are_one_letter_to_who_holds_several_posts(self, here: Any) -> None:
        item = owned(here, hard=True)
        for role in (Role.PILLAR_LEAD, Role.DEPUTY_HEAD):
            here.grants.filter(role=role).delete()
            world.grant(item.owner, role, here)
        assert told(at(14)) == [("provider", 14)]

    def test_turn_at_midnight_of_the_transition_s_zone(self, here: Any) -> None:
        owned(here)
        sweep(now=at(-14))
        midnight = datetime(2020, 11, 23, 22, 0, tzinfo=UTC)  # 24 November in Khartoum
        assert told(midnight - timedelta(minutes=1)) == []
        assert told(midnight) == [("provider", -7)]

    def test_start_again_for_the_new_day_when_it_is_redated(self, here: Any, mail: Any) -> None:
        item = owned(here)
        sweep(now=at(-7))
        redate(item, DUE + timedelta(days=7), by=world.founder(), now=at(-7), reason="asked by the Government")
        deliver(now=at(-7))
        gone = Message.objects.get()
        assert gone.delivery == "withdrawn"
        assert "moved from 2020-12-01 to 2020-12-08" in gone.why_not
        assert told(at(0)) == [("provider", -7)]


class TestWhatIsNotOwed:
    @pytest.mark.parametrize("step", ["finish", "suspend", "drop"])
    def test_is_not_told(self, here: Any, step: str) -> None:
        take(owned(here), step, by=world.founder(), now=at(-40), reason="why")
        assert told(at(0)) == []

    def test_withdraws_what_was_queued_and_is_told_anew_once_it_is_reopened(self, here: Any, mail: Any) -> None:
        item = owned(here)
        sweep(now=at(-1))
        take(item, "finish", by=world.founder(), now=at(-1))
        deliver(now=at(-1))
        assert Message.objects.get().delivery == "withdrawn"
        assert mail.letters == []
        take(item, "reopen", by=world.founder(), now=at(-1))
        Message.objects.filter(kind="workflow.step_taken").delete()
        assert told(at(-1)) == [("provider", -1)]


@pytest.mark.django_db(transaction=True)
class TestTwoSweepsAtOnce:
    def test_queue_each_message_once(self) -> None:
        here = world.transition("under_way")
        for _ in range(20):
            owned(here)
        found: list[int] = []

        def second() -> None:
            found.append(sweep(now=at(-7)).queued)
            connection.close()

        thread = Thread(target=second)
        with transaction.atomic():
            found.append(sweep(now=at(-7)).queued)
            thread.start()
            until_somebody_waits()
        thread.join()
        assert found == [20, 0]
        assert Message.objects.count() == 20


def until_somebody_waits() -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        waiting = False
        while not waiting:
            assert time.monotonic() < deadline, "the second sweep did not come upon the first"
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
            [waiting] = cursor.fetchone()
