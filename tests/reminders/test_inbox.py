"""My messages in the admin, dead letters that are tried again, and a person's own wishes."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from tests import world
from tests.reminders.conftest import DUE, at, owned
from transitions.access.permissions import Marking, Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.delivery import Outcome, deliver
from transitions.outbox.models import Absence, Message, Preference
from transitions.outbox.retrying import retry
from transitions.reminders.answers import acknowledge
from transitions.reminders.models import Answer
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db
MINE = "admin:reminders_mymessage_changelist"


@pytest.fixture
def sign_in(as_: Any) -> Any:
    Rehearsal.objects.all().delete()
    rehearse(at(-7))
    return as_


def page(message: Message) -> str:
    return reverse("admin:reminders_mymessage_change", args=[message.pk])


def to_answer(message: Message, kind: str) -> str:
    return reverse("admin:reminders_mymessage_answer", args=[message.pk, kind])


def reminded(item: Any) -> Message:
    sweep(now=at(-7))
    deliver(now=at(-7))
    found: Message = Message.objects.get(thing_id=item.pk)
    return found


def text(response: Any) -> str:
    return str(response.content.decode())


class TestMyMessages:
    def test_are_ones_own_with_the_letter_as_sent_and_why_it_came(self, here: Any, sign_in: Any, mail: Any) -> None:
        item, other = owned(here, title="Close the base"), owned(here, title="Not for you")
        message = reminded(item)
        browser = sign_in(item.owner)
        listed = text(browser.get(reverse(MINE)))
        assert f"Due in 7 days: {item.code} Close the base" in listed
        assert "Not for you" not in listed
        shown = text(browser.get(page(message)))
        assert "Finish it, or ask for another date" in shown
        assert "a milestone is due, as owner, 7 days before" in shown
        assert "/answer/" not in message.rendered
        assert browser.get(page(Message.objects.get(thing_id=other.pk))).status_code == 302

    def test_that_wait_show_what_they_would_say(self, here: Any, sign_in: Any) -> None:
        item = owned(here, title="Close the base")
        sweep(now=at(-7))
        browser = sign_in(item.owner)
        assert "Close the base, 1 December 2020" in text(browser.get(reverse(MINE)))
        shown = text(browser.get(page(Message.objects.get())))
        assert "Not sent yet. It would say" in shown
        assert "Close the base" in shown

    def test_show_what_was_not_answered_first(self, here: Any, sign_in: Any, mail: Any) -> None:
        item = owned(here)
        second = owned(here, owner=item.owner)
        old, new = reminded(item), Message.objects.get(thing_id=second.pk)
        acknowledge(new, by=item.owner, now=at(-7))
        browser = sign_in(item.owner)
        found = [list(browser.get(reverse(MINE), given).context["cl"].queryset.values_list("pk", flat=True))
                 for given in ({}, {"answered": "no"}, {"answered": "yes"})]  # fmt: skip
        assert found == [[old.pk, new.pk], [old.pk], [new.pk]]

    def test_are_also_those_of_whom_one_stands_in_for(self, here: Any, sign_in: Any, mail: Any) -> None:
        item, closed = owned(here), owned(here, marking=Marking.STRICTLY_CONFIDENTIAL)
        message = reminded(item)
        deputy = world.person(Role.PROVIDER, here)
        for who in (item.owner, closed.owner):
            Absence.objects.create(person=who, deputy=deputy, from_date=at(-7).date(), until=DUE)
        browser = sign_in(deputy)
        assert [row.pk for row in browser.get(reverse(MINE)).context["cl"].queryset] == [message.pk]
        browser.post(to_answer(message, "acknowledged"))
        answer = Answer.objects.get()
        assert (answer.by, answer.person) == (deputy, item.owner)

    def test_take_the_same_queries_for_few_and_for_many(
        self, here: Any, sign_in: Any, mail: Any, django_assert_max_num_queries: Any
    ) -> None:
        owner, counts = world.person(Role.PROVIDER, here), []
        browser = sign_in(owner)
        for more in (2, 6):  # the first leaves, and what comes later on the same day waits
            for _ in range(more):
                acknowledge(reminded(owned(here, owner=owner)), by=owner, now=at(-7))
            with django_assert_max_num_queries(40) as counted:
                browser.get(reverse(MINE))
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestAnswering:
    @pytest.mark.parametrize("kind", ["acknowledged", "confirmed", "snoozed", "handed_on"])
    def test_by_a_button_is_said_on_the_page_and_offered_once(
        self, here: Any, sign_in: Any, mail: Any, kind: str
    ) -> None:
        item = owned(here)
        message, heir = reminded(item), world.person(Role.PROVIDER, here)
        browser = sign_in(item.owner)
        assert to_answer(message, kind) in text(browser.get(page(message)))
        assert browser.get(to_answer(message, kind)).status_code == 405
        said = browser.post(to_answer(message, kind), {"until": "2020-11-28", "to": heir.pk}, follow=True)
        answer = Answer.objects.get()
        assert (answer.kind, answer.via) == (kind, "inbox")
        assert f"Answered: {answer}" in text(said)
        assert to_answer(message, kind) not in text(said)

    def test_that_is_refused_says_why(self, here: Any, sign_in: Any, mail: Any) -> None:
        item = owned(here, hard=True)
        message = reminded(item)
        browser = sign_in(item.owner)
        said = browser.post(to_answer(message, "snoozed"), {"until": "2020-12-03"}, follow=True)
        assert "cannot be snoozed past its day" in text(said)
        browser.post(to_answer(message, "acknowledged"))
        assert "answered already" in text(browser.post(to_answer(message, "acknowledged"), follow=True))
        assert browser.post(to_answer(message, "deleted")).status_code == 404
        assert Answer.objects.count() == 1

    def test_is_for_nobody_else(self, here: Any, sign_in: Any, mail: Any) -> None:
        message = reminded(owned(here))
        browser = sign_in(world.person(Role.PLANNER, here))
        assert browser.post(to_answer(message, "acknowledged")).status_code == 404
        assert not Answer.objects.exists()


class TestADeadLetter:
    def dead(self, here: Any, mail: Any) -> Message:
        owned(here)
        sweep(now=at(-7))
        mail.answers = ["550 no such mailbox"]
        deliver(now=at(-7))
        return Message.objects.get()  # type: ignore[no-any-return]

    def test_is_tried_again_by_who_plans_or_directs(self, here: Any, sign_in: Any, mail: Any) -> None:
        message = self.dead(here, mail)
        browser = sign_in(world.person(Role.HEADQUARTERS_DESK, here))
        address = reverse("admin:outbox_message_change", args=[message.pk])
        shown = text(browser.get(address))
        assert "Try again" in shown
        assert "550 no such mailbox" in shown
        again = reverse("admin:outbox_message_retry", args=[message.pk])
        assert browser.get(again).status_code == 405
        assert "It is tried again" in text(browser.post(again, follow=True))
        assert deliver(now=at(-7)) == Outcome(sent=1)
        assert "Try again" not in text(browser.get(address))
        assert "there is nothing to try again" in text(browser.post(again, follow=True))

    def test_is_left_alone_by_who_only_reads(self, here: Any, sign_in: Any, mail: Any) -> None:
        message = self.dead(here, mail)
        for other in (world.person(Role.AUDITOR, here), world.person(Role.PLANNER, world.transition())):
            with pytest.raises(PermissionDenied):
                retry(message, by=other, now=at(-7))
        browser = sign_in(world.person(Role.AUDITOR, here))
        assert "Try again" not in text(browser.get(reverse("admin:outbox_message_change", args=[message.pk])))
        assert browser.post(reverse("admin:outbox_message_retry", args=[message.pk])).status_code == 403

    def test_to_nobody_stays_where_it_is(self, here: Any) -> None:
        here.grants.all().delete()
        world.milestone(here, due_on=DUE)
        sweep(now=at(0))
        planner = world.person(Role.PLANNER, here)
        with pytest.raises(ValidationError, match="nobody to send it to"):
            retry(Message.objects.get(), by=planner, now=at(0))


class TestAPreference:
    ADD = "admin:outbox_preference_add"
    WISH = {"pace": "weekly", "hour": "09:00", "weekday": "4", "time_zone": ""}

    def test_is_ones_own_and_moves_what_waits(self, here: Any, sign_in: Any) -> None:
        item = owned(here)
        sweep(now=at(-7))
        browser = sign_in(item.owner)
        assert browser.post(reverse(self.ADD), {**self.WISH, "transition": here.pk}).status_code == 302
        wish = Preference.objects.get()
        assert (wish.person, wish.transition, wish.pace) == (item.owner, here, "weekly")
        assert Message.objects.get().due_at.isoweekday() == 4

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"quiet_from": "20:00"}, "Quiet hours need a beginning and an end"),
            ({"quiet_until": "06:00"}, "Quiet hours need a beginning and an end"),
            ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
            ({"muted": ["calendar.milestone_due"]}, "Select a valid choice"),
        ],
    )
    def test_says_what_is_wrong(self, here: Any, sign_in: Any, given: Any, said: str) -> None:
        browser = sign_in(world.person(Role.PLANNER, here))
        assert said in text(browser.post(reverse(self.ADD), self.WISH | given))
        assert not Preference.objects.exists()

    def test_is_set_once_for_each_transition(self, here: Any, sign_in: Any) -> None:
        browser = sign_in(world.person(Role.PLANNER, here))
        browser.post(reverse(self.ADD), self.WISH)
        assert "You have said already" in text(browser.post(reverse(self.ADD), self.WISH))
        assert browser.post(reverse(self.ADD), {**self.WISH, "transition": here.pk}).status_code == 302
        assert Preference.objects.count() == 2


class TestAnAbsence:
    ADD = "admin:outbox_absence_add"
    DAYS = {"from_date": "2020-11-24", "until": "2020-12-04"}

    def test_has_a_deputy_among_colleagues(self, here: Any, sign_in: Any) -> None:
        person, deputy = world.person(Role.PLANNER, here), world.person(Role.PROVIDER, here)
        stranger = world.person(Role.PLANNER, world.transition())
        browser = sign_in(person)
        assert str(stranger) not in text(browser.get(reverse(self.ADD)))
        for other in (stranger, person, world.person()):
            assert browser.post(reverse(self.ADD), {**self.DAYS, "deputy": other.pk}).status_code == 200
        assert browser.post(reverse(self.ADD), {**self.DAYS, "deputy": deputy.pk}).status_code == 302
        assert [(one.person, one.deputy) for one in Absence.objects.all()] == [(person, deputy)]

    def test_is_refused_where_the_deputy_is_away_too(self, here: Any, sign_in: Any) -> None:
        person, deputy = world.person(Role.PLANNER, here), world.person(Role.PROVIDER, here)
        Absence.objects.create(person=deputy, deputy=person, from_date=DUE, until=DUE + timedelta(30))
        browser = sign_in(person)
        said = text(browser.post(reverse(self.ADD), {**self.DAYS, "deputy": deputy.pk}))
        assert "is away then too, until 2020-12-31" in said
        given = {"from_date": "2020-11-24", "until": "2020-11-30", "deputy": deputy.pk}
        assert browser.post(reverse(self.ADD), given).status_code == 302

    def test_ends_after_it_begins(self, here: Any, sign_in: Any) -> None:
        person, deputy = world.person(Role.PLANNER, here), world.person(Role.PROVIDER, here)
        given = {"from_date": "2020-12-04", "until": "2020-11-24", "deputy": deputy.pk}
        assert "before the first" in text(sign_in(person).post(reverse(self.ADD), given))
        assert not Absence.objects.exists()

    def test_may_be_changed_without_being_taken_for_another(self, here: Any, sign_in: Any) -> None:
        person, deputy = world.person(Role.PLANNER, here), world.person(Role.PROVIDER, here)
        away = Absence.objects.create(person=person, deputy=deputy, from_date=DUE, until=DUE)
        change = reverse("admin:outbox_absence_change", args=[away.pk])
        given = {"from_date": "2020-12-01", "until": "2020-12-09", "deputy": deputy.pk}
        assert sign_in(person).post(change, given).status_code == 302
        assert sign_in(deputy).get(change).status_code == 302  # not there
