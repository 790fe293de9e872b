"""What a person may answer to a message, and what follows from it."""

from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from tests import world
from tests.reminders.conftest import DUE, at, owned, told
from tests.reminders.test_sweep import until_somebody_waits
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Absence, Address, Message
from transitions.reminders.answers import CannotAnswer, acknowledge, confirm_date, hand_on, snooze
from transitions.reminders.handing_on import colleagues
from transitions.reminders.models import Answer
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db


def reminded(item: Any, days: int = -7) -> Message:
    """The reminder that its owner has got by a day."""
    sweep(now=at(days))
    deliver(now=at(days))
    latest: Message = Message.objects.filter(thing_id=item.pk, address=None).latest("pk")
    return latest


def texts(mail: Any) -> list[str]:
    return [letter.content.decode() for letter in mail.letters]


class TestAnAcknowledgement:
    def test_is_kept_with_who_when_and_how(self, here: Any, mail: Any) -> None:
        item = owned(here)
        answer = acknowledge(reminded(item), by=item.owner, now=at(-7), via="link")
        assert (answer.kind, answer.by, answer.person, answer.via) == ("acknowledged", item.owner, item.owner, "link")
        assert answer.on == DUE - timedelta(days=7)

    def test_stops_the_copies_of_that_rung_that_wait_for_the_same_reader(self, here: Any) -> None:
        item = owned(here)
        Address.objects.create(name="chat", channel="chat", url="slack://x", person=item.owner, created_by=item.owner)
        Address.objects.create(name="team", channel="chat", url="slack://y", transition=here, created_by=item.owner)
        sweep(now=at(-7))
        message = Message.objects.get(address=None)
        acknowledge(message, by=item.owner, now=at(-7))
        waiting = Message.objects.waiting().select_related("address")
        assert [copy.address.name for copy in waiting] == ["team"]
        message.refresh_from_db()
        assert message.why_not == f"{item.owner} has read it (2020-11-24)"

    def test_stops_neither_the_next_rung_nor_the_escalation(self, here: Any, mail: Any) -> None:
        item = owned(here, hard=True)
        acknowledge(reminded(item, -1), by=item.owner, now=at(-1))
        assert [told(at(day)) for day in (-1, 0, 1)] == [[], [("provider", 0)], [("provider", 1)]]
        deliver(now=at(1))
        assert [told(at(day)) for day in (7, 14)] == [[("pillar_lead", 7)], [("deputy_head", 14)]]

    def test_is_for_its_reader_and_who_stands_in_for_them(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message, deputy = reminded(item), world.person(Role.PLANNER, here)
        for other in (deputy, world.founder()):
            with pytest.raises(PermissionDenied, match="only its reader answers"):
                acknowledge(message, by=other, now=at(-7))
        Absence.objects.create(person=item.owner, deputy=deputy, from_date=DUE - timedelta(7), until=DUE)
        answer = acknowledge(message, by=deputy, now=at(-7))
        assert (answer.by, answer.person) == (deputy, item.owner)

    def test_is_given_once(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message = reminded(item)
        acknowledge(message, by=item.owner, now=at(-7))
        with pytest.raises(CannotAnswer, match=r"answered already: .* has read it"):
            acknowledge(message, by=item.owner, now=at(-6))
        with pytest.raises(IntegrityError, match="answered_once"), transaction.atomic():
            Answer.objects.create(
                message=message, kind="acknowledged", person=item.owner, by=item.owner, via="link", on=DUE
            )

    def test_of_what_is_done_or_moved_says_so(self, here: Any, mail: Any) -> None:
        done, moved = owned(here), owned(here)
        messages = [reminded(done), Message.objects.get(thing_id=moved.pk)]
        take(done, "finish", by=world.founder(), now=at(-6))
        redate(moved, DUE + timedelta(7), by=world.founder(), now=at(-6), reason="why")
        for message, why in zip(messages, ("it is done", "it was moved from 2020-12-01 to 2020-12-08"), strict=True):
            with pytest.raises(CannotAnswer, match=f"nothing left to answer: .*{why}"):
                acknowledge(message, by=message.recipient, now=at(-6))
        assert not Answer.objects.exists()

    def test_of_something_that_has_happened_is_all_that_can_be_said_of_it(self, here: Any) -> None:
        item, head = owned(here), world.person(Role.HEAD_OF_MISSION, here)
        event = Message.objects.create(kind="workflow.step_taken", transition=here, recipient=head, due_at=at(0),
                                       thing_type="calendar.milestone", thing_id=item.pk, dedupe_key="e")  # fmt: skip
        for answer in (confirm_date, snooze, hand_on):
            more = {snooze: {"until": DUE}, hand_on: {"to": item.owner}}.get(answer, {})
            with pytest.raises(CannotAnswer, match="can be acknowledged"):
                answer(event, by=head, now=at(-7), **more)
        acknowledge(event, by=head, now=at(-7))


class TestAConfirmation:
    def test_is_said_in_later_reminders_and_counts_as_asked(self, here: Any, mail: Any) -> None:
        item = owned(here, hard=True)
        sweep(now=at(-7))
        confirm_date(Message.objects.get(), by=item.owner, now=at(-7))  # in the inbox, before any letter has left
        sweep(now=at(14))
        deliver(now=at(14))
        deputy, *_ = (text for to, text in zip(mail.reached, texts(mail), strict=True) if "deputy_head" in to)
        assert f"{item.owner} confirmed the date on 24 November 2020." in deputy

    def test_is_forgotten_with_the_date(self, here: Any, mail: Any) -> None:
        item = owned(here)
        confirm_date(reminded(item), by=item.owner, now=at(-7))
        redate(item, DUE + timedelta(7), by=world.founder(), now=at(-6), reason="why")
        reminded(item, 6)
        assert "confirmed the date" not in texts(mail)[-1]

    def test_is_not_said_of_what_is_marked(self, here: Any, mail: Any) -> None:
        item = owned(here, marking=Marking.CONFIDENTIAL)
        confirm_date(reminded(item), by=item.owner, now=at(-7))
        reminded(item, -1)
        assert "confirmed the date" not in texts(mail)[-1]

    def test_is_refused_once_the_day_has_passed(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message = reminded(item, 0)
        with pytest.raises(CannotAnswer, match="The day has passed, 2020-12-01: finish it, or ask for another date"):
            confirm_date(message, by=item.owner, now=at(1))
        confirm_date(message, by=item.owner, now=at(0))


class TestASnooze:
    def test_leaves_the_persons_reminders_out_until_the_day_and_then_they_come(self, here: Any, mail: Any) -> None:
        item, other = owned(here), owned(here)
        message = reminded(item)
        snooze(message, until=DUE + timedelta(2), by=item.owner, now=at(-7))
        assert [told(at(day)) for day in (-1, 0, 1)] == [[("provider", rung)] for rung in (-1, 0, 1)]  # the other's
        assert set(Message.objects.filter(payload__rung__gte=-1).values_list("recipient", flat=True)) == {
            other.owner_id
        }
        made = sweep(now=at(2))
        assert [(row.recipient, row.payload["rung"]) for row in Message.objects.filter(sweep=made.pk)] == [
            (item.owner, 1)
        ]
        assert told(at(2)) == []

    def test_brings_the_same_rung_again_where_no_later_one_has_come(self, here: Any, mail: Any) -> None:
        item = owned(here)
        snooze(reminded(item), until=DUE - timedelta(3), by=item.owner, now=at(-7))
        assert [told(at(day)) for day in (-4, -3, -3, -2)] == [[], [("provider", -7)], [], []]
        again = Message.objects.latest("pk")
        deliver(now=at(-3))
        snooze(again, until=DUE - timedelta(2), by=item.owner, now=at(-3))
        assert told(at(-2)) == [("provider", -7)]

    def test_withdraws_what_waits_and_frees_its_key(self, here: Any) -> None:
        item = owned(here)
        sweep(now=at(-7))
        message = Message.objects.get()
        snooze(message, until=DUE - timedelta(3), by=item.owner, now=at(-7))
        message.refresh_from_db()
        assert message.delivery == "withdrawn"
        assert told(at(-3)) == [("provider", -7)]

    def test_stops_no_escalation_not_even_to_the_same_person(self, here: Any, mail: Any) -> None:
        item = owned(here)
        world.grant(item.owner, Role.PILLAR_LEAD, here, pillar=item.pillar)
        here.grants.filter(role=Role.PILLAR_LEAD).exclude(user=item.owner).delete()
        snooze(reminded(item, 1), until=DUE + timedelta(10), by=item.owner, now=at(1))
        assert told(at(7)) == [("provider", 7)]

    def test_of_what_is_hard_ends_with_its_day(self, here: Any, mail: Any) -> None:
        item = owned(here, hard=True)
        message = reminded(item)
        with pytest.raises(ValidationError, match="cannot be snoozed past its day, 2020-12-01"):
            snooze(message, until=DUE + timedelta(1), by=item.owner, now=at(-7))
        snooze(message, until=DUE, by=item.owner, now=at(-7))
        assert [told(at(day)) for day in (-1, 0)] == [[], [("provider", 0)]]

    def test_of_what_has_become_hard_ends_with_its_day_all_the_same(self, here: Any, mail: Any) -> None:
        item = owned(here)
        snooze(reminded(item), until=DUE + timedelta(2), by=item.owner, now=at(-7))
        type(item).objects.update(hard=True)
        assert [told(at(day)) for day in (-1, 0)] == [[], [("provider", 0)]]

    @pytest.mark.parametrize(("days", "why"), [(0, "after today, 2020-11-24"), (15, "two weeks ahead, 2020-12-08")])
    def test_is_from_tomorrow_up_to_two_weeks(self, here: Any, mail: Any, days: int, why: str) -> None:
        item = owned(here)
        with pytest.raises(ValidationError, match=why):
            snooze(reminded(item), until=date(2020, 11, 24) + timedelta(days), by=item.owner, now=at(-7))


class TestHandingOn:
    def heir(self, here: Any, item: Any, role: Role = Role.PROVIDER) -> Any:
        return world.person(role, here, at=item.owner_office)

    def test_tells_the_other_at_once_and_from_then_on(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message, heir = reminded(item), self.heir(here, item)
        hand_on(message, to=heir, by=item.owner, now=at(-7, hour=12))
        deliver(now=at(-7, hour=12))
        assert mail.reached == [item.owner.email, heir.email]
        assert f"handed on by {item.owner}" in texts(mail)[-1]
        assert told(at(-7)) == []
        sweep(now=at(-1))
        latest = Message.objects.latest("pk")
        assert (latest.recipient, latest.payload["handed_by"]) == (heir, str(item.owner))

    def test_re_addresses_what_waits(self, here: Any) -> None:
        item = owned(here)
        heir = self.heir(here, item)
        sweep(now=at(-7))
        hand_on(Message.objects.get(), to=heir, by=item.owner, now=at(-7))
        [waiting] = Message.objects.waiting()
        assert (waiting.recipient, waiting.payload["rung"], waiting.urgent) == (heir, -7, True)
        assert told(at(-7)) == []

    def test_goes_further_and_back(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message, second, third = reminded(item), self.heir(here, item), self.heir(here, item)
        hand_on(message, to=second, by=item.owner, now=at(-7))
        hand_on(Message.objects.latest("pk"), to=third, by=second, now=at(-7))
        sweep(now=at(-1))
        at_third = Message.objects.latest("pk")
        assert at_third.recipient == third
        hand_on(at_third, to=item.owner, by=third, now=at(-1))
        back = Message.objects.latest("pk")
        assert (back.recipient, back.urgent) == (item.owner, True)
        sweep(now=at(0))
        assert Message.objects.latest("pk").recipient == item.owner
        assert "handed_by" not in Message.objects.latest("pk").payload

    def test_goes_to_who_stands_in_for_the_other(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message, heir, deputy = reminded(item), self.heir(here, item), world.person(Role.PLANNER, here)
        Absence.objects.create(person=heir, deputy=deputy, from_date=DUE - timedelta(9), until=DUE)
        hand_on(message, to=heir, by=item.owner, now=at(-7))
        assert Message.objects.latest("pk").recipient == deputy
        sweep(now=at(-1))
        assert Message.objects.latest("pk").recipient == deputy

    def test_ends_with_the_other_s_role(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message, heir = reminded(item), self.heir(here, item)
        hand_on(message, to=heir, by=item.owner, now=at(-7))
        heir.grants.update(until=DUE - timedelta(3))
        sweep(now=at(-1))
        assert Message.objects.latest("pk").recipient == item.owner

    def test_takes_nothing_from_the_escalation(self, here: Any, mail: Any) -> None:
        item = owned(here, hard=True)
        hand_on(reminded(item, 1), to=self.heir(here, item), by=item.owner, now=at(1))
        deliver(now=at(1))
        assert [told(at(day)) for day in (7, 14)] == [[("pillar_lead", 7)], [("deputy_head", 14)]]

    def test_is_to_somebody_with_a_role_here_that_may_see_it(self, here: Any, mail: Any) -> None:
        item = owned(here, marking=Marking.CONFIDENTIAL)
        message = reminded(item)
        elsewhere = world.person(Role.PLANNER, world.transition())
        not_cleared = world.person(Role.PROVIDER, here)
        for other in (elsewhere, not_cleared, world.person(), item.owner, world.founder()):
            with pytest.raises(ValidationError, match="choose somebody with a role here that may see it"):
                hand_on(message, to=other, by=item.owner, now=at(-7))
        hand_on(message, to=world.person(Role.PLANNER, here), by=item.owner, now=at(-7))

    def test_offers_the_same_office_first(self, here: Any, mail: Any) -> None:
        item = owned(here)
        message, near = reminded(item), self.heir(here, item)
        assert next(iter(colleagues(message, now=at(-7)))) == near


@pytest.mark.django_db(transaction=True)
class TestTwoClicksAtOnce:
    def test_are_one_answer_and_one_refusal(self, mail: Any) -> None:
        item = owned(world.transition("under_way"))
        message = reminded(item)
        found: list[str] = []

        def second() -> None:
            try:
                acknowledge(message, by=item.owner, now=at(-7))
            except CannotAnswer as refusal:
                found.append(str(refusal))
            connection.close()

        thread = Thread(target=second)
        with transaction.atomic():
            acknowledge(message, by=item.owner, now=at(-7))
            thread.start()
            until_somebody_waits()
        thread.join()
        assert "answered already" in found[0]
        assert Answer.objects.count() == 1
