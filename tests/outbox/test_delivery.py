import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from tests import world
from tests.outbox.conftest import NOW, Note, lease_runs_out, note
from transitions.outbox import claims
from transitions.outbox.claims import claim
from transitions.outbox.delivery import GIVE_UP_AFTER, Outcome, deliver, mark
from transitions.outbox.models import Held, Message

pytestmark = pytest.mark.django_db


def waits(message: Message) -> float:
    """Seconds until it is tried again."""
    message.refresh_from_db()
    return (message.next_attempt_at - timezone.now()).total_seconds()


class TestDeliver:
    def test_sends_a_letter_once_and_keeps_what_it_said(self, mail: Any) -> None:
        message = note(payload={"text": "The lease ends."})
        assert deliver(now=NOW) == Outcome(sent=1)
        assert deliver(now=NOW) == Outcome()
        message.refresh_from_db()
        assert mail.reached == [message.recipient.email]
        assert (message.delivery, message.rendered) == ("sent", "A note\n\nThe lease ends.")

    def test_leaves_what_is_due_later(self, mail: Any) -> None:
        note(due_at=NOW + timedelta(seconds=1))
        assert deliver(now=NOW) == Outcome()
        assert deliver(now=NOW + timedelta(seconds=1)) == Outcome(sent=1)

    def test_withdraws_what_holds_no_longer_and_says_why(self, mail: Any) -> None:
        message = note(payload={"gone": "it is done"})
        assert deliver(now=NOW) == Outcome(withdrawn=1)
        message.refresh_from_db()
        assert (message.delivery, message.why_not, mail.letters) == ("withdrawn", "it is done", [])

    def test_fails_where_nobody_can_be_reached(self, mail: Any) -> None:
        nobody = Message.objects.create(kind="tests.note", due_at=NOW, dedupe_key="nobody")
        without = note(world.User.objects.create_user("without"))
        assert deliver(now=NOW) == Outcome(failed=2)
        nobody.refresh_from_db()
        without.refresh_from_db()
        assert "nobody to tell" in nobody.why_not
        assert "no e-mail address" in without.why_not

    def test_a_kind_that_cannot_be_written_waits_and_holds_up_no_other(self, mail: Any) -> None:
        broken, unknown = note(kind="workflow.step_taken", payload={}), note(kind="of.a_newer_version")
        note()
        assert deliver(now=NOW) == Outcome(sent=1, postponed=2)
        assert 3 <= waits(broken) <= 15
        assert 3 <= waits(unknown) <= 15
        assert "could not be written" in broken.why_not


class TestAStormThatIsHeld:
    def test_waits_while_urgent_ones_and_what_no_sweep_has_queued_go_out(self, mail: Any) -> None:
        storm, here, other = uuid4(), world.transition(), world.transition()
        held = Held.objects.create(sweep=storm, transition=here, now=NOW, items=600, usual=3)
        note(sweep=storm, transition=here)
        note(sweep=storm, transition=here, urgent=True)
        note(sweep=storm, transition=other)
        note()
        assert deliver(now=NOW) == Outcome(sent=3)
        Held.objects.filter(pk=held.pk).update(released_at=timezone.now(), decided_by=world.person())
        assert deliver(now=NOW) == Outcome(sent=1)

    def test_a_letter_that_cannot_be_written_holds_up_no_other_of_its_kind(self, mail: Any, monkeypatch: Any) -> None:
        bad, fine = note(payload={"bad": True}), note()
        letter = Note.letter
        monkeypatch.setattr(Note, "letter", lambda self, said: said["text"] if "bad" in said else letter(self, said))
        assert deliver(now=NOW) == Outcome(sent=1, postponed=1)
        assert mail.reached == [fine.recipient.email]
        bad.refresh_from_db()
        assert "could not be written" in bad.why_not


class TestAServerThatSaysNo:
    def test_for_long_fails_what_was_tried_for_days_and_not_what_is_new(self, mail: Any) -> None:
        reader = world.person()
        old, new = note(reader, attempts=GIVE_UP_AFTER), note(reader)
        mail.answers = ["451 try again later"]
        assert deliver(now=NOW) == Outcome(failed=1, postponed=1)
        old.refresh_from_db()
        new.refresh_from_db()
        assert (old.delivery, new.delivery) == ("failed", "queued")

    def test_for_now_is_asked_again_after_seconds_then_twice_as_many_up_to_an_hour(self, mail: Any) -> None:
        message = note()
        for attempt in range(12):
            mail.answers = ["451 try again later"]
            assert deliver(now=NOW) == Outcome(postponed=1)
            low, high = (min(each * 2**attempt, 3600) for each in (5, 15))
            assert low - 2 <= waits(message) <= high
            lease_runs_out()
        assert deliver(now=NOW) == Outcome(sent=1)
        message.refresh_from_db()
        assert (len(mail.letters), message.attempts, message.why_not) == (1, 13, "")

    def test_for_good_is_believed_and_the_next_letters_go_out(self, mail: Any) -> None:
        refused, fine = note(), note()
        mail.answers = ["550 no such person here"]
        assert deliver(now=NOW) == Outcome(sent=1, failed=1)
        refused.refresh_from_db()
        fine.refresh_from_db()
        assert (refused.delivery, fine.delivery) == ("failed", "sent")
        assert "no such person here" in refused.why_not

    def test_by_hanging_up_costs_that_letter_a_delay_and_the_next_nothing(self, mail: Any) -> None:
        dropped, fine = note(), note()
        mail.answers = ["hang up"]
        assert deliver(now=NOW) == Outcome(sent=1, postponed=1)
        assert 3 <= waits(dropped) <= 15
        assert mail.reached == [fine.recipient.email]

    def test_by_not_being_there_loses_nothing(self, mail: Any, settings: Any) -> None:
        port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        note()
        assert deliver(now=NOW) == Outcome(postponed=1)
        settings.EMAIL_PORT = port
        lease_runs_out()
        assert deliver(now=NOW) == Outcome(sent=1)


class TestLease:
    def test_that_was_taken_over_lets_the_old_worker_mark_nothing(self, mail: Any) -> None:
        old, new, message = uuid4(), uuid4(), note()
        assert claim(old, now=NOW) == [message]
        lease_runs_out()
        assert claim(new, now=NOW) == [message]
        assert mark([message], old, failed_at=timezone.now(), why_not="too late") == 0
        assert mark([message], new, sent_at=timezone.now()) == 1
        assert mark([message], new, failed_at=timezone.now()) == 0
        message.refresh_from_db()
        assert message.delivery == "sent"

    def test_keeps_others_away_while_it_lasts(self, mail: Any) -> None:
        note()
        claim(uuid4(), now=NOW)
        assert deliver(now=NOW) == Outcome()


class TestABatch:
    def test_goes_out_over_one_connection(self, mail: Any) -> None:
        for _ in range(5):
            note()
        assert deliver(now=NOW) == Outcome(sent=5)
        assert len(mail.connections) == 1

    def test_is_left_to_others_when_its_lease_is_about_to_end(self, mail: Any, monkeypatch: Any) -> None:
        for _ in range(3):
            note()
        mail.on_letter = lambda: monkeypatch.setattr(claims, "LEASE_SECONDS", 0)
        assert deliver(now=NOW) == Outcome(sent=1)
        mail.on_letter = None
        monkeypatch.undo()
        lease_runs_out()
        assert deliver(now=NOW) == Outcome(sent=2)

    def test_takes_a_fixed_number_of_queries_and_one_mark_a_letter(
        self, mail: Any, django_assert_num_queries: Any
    ) -> None:
        fixed = 18  # days off, the batch, that nothing is left: each a transaction that waits for its turn
        for letters in (1, 30):
            for _ in range(letters):
                note()
            with django_assert_num_queries(fixed - 1 + letters):
                deliver(now=NOW)


@pytest.mark.django_db(transaction=True)
class TestTwoDeliverersAtOnce:
    def test_send_each_letter_once(self, mail: Any) -> None:
        people = [world.person() for _ in range(70)]
        for text in range(210):
            note(people[text % 70], payload={"text": f"note {text}"})
        ready, outcomes = Barrier(2), []

        def run() -> None:
            ready.wait()
            outcomes.append(deliver(now=NOW))
            connection.close()

        threads = [Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(mail.reached) == sorted(person.email for person in people)
        plain = "".join(letter.content.decode().split("text/html")[0] for letter in mail.letters)
        assert sorted(re.findall(r"note \d+", plain)) == sorted(f"note {text}" for text in range(210))
        assert sum(outcome.sent for outcome in outcomes) == 210
