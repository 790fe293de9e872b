import time
from datetime import date, timedelta
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests import world
from tests.outbox.conftest import note
from tests.reminders.conftest import DUE, at, owned
from transitions.access.models import User
from transitions.clock import present
from transitions.outbox.claims import BATCH, claim
from transitions.outbox.delivery import mark
from transitions.outbox.models import Message
from transitions.reminders.models import Sweep
from transitions.reminders.rules import Rule
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


NOTHING = "queued 0 sent 0 suppressed 0 withdrawn 0 failed 0"


class TestRemind:
    def run(self, capsys: Any, *args: str) -> str:
        """The last line of what it prints."""
        call_command("remind", *args)
        return str(capsys.readouterr().out.strip().splitlines()[-1])

    def test_for_the_same_instant_sends_nothing_the_second_time(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        owned(here)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == "queued 1 sent 1 suppressed 0 withdrawn 0 failed 0"
        assert present.now() >= at(0)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == NOTHING

    def test_after_a_year_of_silence_sends_one_letter_for_each_item_and_person(
        self, here: Any, mail: Any, capsys: Any
    ) -> None:
        present.rehearse(world.NOW)
        for month in range(1, 13):
            owned(here, due_on=date(2020, month, 28), hard=month % 2 == 0)
        number = int(self.run(capsys, "--now", "2020-12-31T06:00Z").split()[3])
        told = Message.objects.filter(sent_at__isnull=False).values_list("thing_id", "recipient")
        assert len(told) == len(set(told)) == number == 12 + 11  # owners; pillar leads where it is a week late
        assert len(mail.letters) == len(set(mail.reached))  # one a person, with all of it
        assert self.run(capsys, "--now", "2020-12-31T06:00Z") == NOTHING
        self.run(capsys, "--now", "2021-01-01T06:00Z")
        deputy = [letter for letter in mail.letters if letter.rcpt_tos[0].startswith("deputy_head")]
        assert len(deputy) == 1  # a day after the owners of the hard ones were asked

    def test_goes_up_in_the_end_where_nobody_below_could_be_asked(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        owned(here, hard=True)
        self.run(capsys, "--now", "2020-12-15T06:00Z")
        User.objects.filter(username__startswith="provider").update(email="")
        Message.objects.filter(sent_at__isnull=False).update(sent_at=None, failed_at=timezone.now())
        for day, letters in (("16", 0), ("18", 1)):
            self.run(capsys, "--now", f"2020-12-{day}T06:00Z")
            assert sum(reached.startswith("deputy_head") for reached in mail.reached) == letters

    def test_prints_a_line_for_each_kind_and_the_total_last(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        world.pause(here, pillar=world.pillar(here, "political"))
        owned(here)
        owned(here, pillar=world.pillar(here, "political"))
        world.milestone(world.transition("under_way"), due_on=DUE)
        call_command("remind", "--now", "2020-12-01T06:00Z")
        total = "queued 2 sent 1 suppressed 1 withdrawn 0 failed 1"
        *kinds, last = capsys.readouterr().out.splitlines()
        assert last == total
        counted = dict(line.split(": ") for line in kinds)
        assert counted.pop("calendar.milestone_due") == total
        assert set(counted.values()) == {NOTHING}

    def test_delivers_what_an_earlier_sweep_has_queued_and_does_not_count_it(
        self, here: Any, mail: Any, capsys: Any
    ) -> None:
        present.rehearse(world.NOW)
        owned(here)
        sweep(now=at(0))
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == NOTHING
        assert len(mail.letters) == 1

    def test_moves_the_rehearsal_only_together_with_its_sweep(self, here: Any, monkeypatch: Any) -> None:
        present.rehearse(world.NOW)
        monkeypatch.setitem(Rule.all, "broken", None)
        with pytest.raises(AttributeError):
            call_command("remind", "--now", "2020-12-01T06:00Z")
        assert present.now() < at(-1)

    def test_for_the_past_of_a_rehearsal_moves_nothing(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(at(0))
        owned(here)
        assert self.run(capsys, "--now", "2020-11-24T06:00Z").startswith("queued 1 sent 1")
        assert present.now() >= at(0)

    def test_writes_nothing_on_a_dry_run_and_says_so(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        owned(here)
        call_command("remind", "--now", "2020-12-01T08:00+02:00", "--dry-run")
        first, *_, last = capsys.readouterr().out.splitlines()
        assert first == "Dry run for 2020-12-01T06:00Z: nothing is written or sent."
        assert last == "queued 1 sent 0 suppressed 0 withdrawn 0 failed 0"
        assert not Message.objects.exists()
        assert not Sweep.objects.exists()
        assert mail.letters == []
        assert present.now() < at(-1)

    def test_without_an_instant_is_for_the_present(self, here: Any, mail: Any, capsys: Any) -> None:
        world.milestone(here, due_on=timezone.now().date() - timedelta(days=1))
        assert self.run(capsys).startswith("queued 1")

    def test_outside_a_rehearsal_sends_for_the_present_only(self, here: Any) -> None:
        with pytest.raises(Exception, match="--dry-run"):
            call_command("remind", "--now", "2020-12-01T06:00Z")

    @pytest.mark.parametrize(
        "text", ["soon", "2020-12-01", "2020-12-01T06:00", "2020-13-01T06:00Z", "0001-01-01T00:00Z", ""]
    )
    def test_a_wrong_instant_is_refused(self, text: str) -> None:
        with pytest.raises(Exception, match="is not an instant"):
            call_command("remind", "--now", text)


@pytest.mark.django_db(transaction=True)
class TestAWorkerAtTheSameTime:
    def test_may_send_some_of_them_and_they_count(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        owned(here)
        someone = world.person()
        for _ in range(BATCH):  # so that ours is not in the first batch
            note(someone, due_at=world.NOW)
        claimed = Event()
        worker = Thread(target=send_slowly, args=[connection.connection.info.backend_pid, claimed])

        def begin_once() -> None:
            mail.on_letter = None
            worker.start()
            assert claimed.wait(10)  # the command's first letter waits until the worker has taken its own

        mail.on_letter = begin_once
        call_command("remind", "--now", "2020-12-01T06:00Z")
        worker.join()
        assert capsys.readouterr().out.splitlines()[-1] == "queued 1 sent 1 suppressed 0 withdrawn 0 failed 0"


def send_slowly(command: int, claimed: Event) -> None:
    """Takes what is not in the first batch, and is done with it only when the command has come to look for it."""
    mine, deadline = uuid4(), time.monotonic() + 10
    [message] = claim(mine, now=at(0))
    claimed.set()
    with connection.cursor() as cursor:
        found = 0
        while not found and time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND query LIKE %s",
                [command, '%%"claimed_by" IS NOT NULL%%'],
            )
            [found] = cursor.fetchone()
    mark([message], mine, sent_at=timezone.now())
    connection.close()
