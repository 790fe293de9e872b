from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from django.conf import settings
from django.urls import resolve

from tests.reminders.conftest import at, owned, told
from transitions.access.permissions import Marking
from transitions.outbox.delivery import deliver
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


def words(envelope: Any) -> tuple[str, str]:
    """Subject and text of a letter, as a person reads them."""
    letter = message_from_bytes(envelope.content, policy=default)
    body = letter.get_body(("plain",))
    assert body is not None
    return str(letter["Subject"]), body.get_content().replace("\r\n", "\n")


class TestLetter:
    def test_says_what_is_due_when_for_whom_and_where_to_go(self, here: Any, mail: Any, settings: Any) -> None:
        settings.SITE_URL = "https://transitions.example.org"
        item = owned(here, title="Close the base", hard=True)
        sweep(now=at(-7))
        deliver(now=at(-7))
        subject, text = words(mail.letters[0])
        assert mail.reached == [item.owner.email]
        assert subject == f"Due in 7 days: {item.code} Close the base, 1 December 2020"
        page = f"/admin/calendar/milestone/{item.pk}/change/"
        assert resolve(page).url_name == "calendar_milestone_change"
        for part in (item.owner_office.name, "Security", "needs evidence", f"https://transitions.example.org{page}"):
            assert part in text

    def test_says_how_late_it_is_on_the_day_it_goes_out_not_on_that_of_its_rung(self, here: Any, mail: Any) -> None:
        owned(here)
        sweep(now=at(40))
        deliver(now=at(41))
        assert {words(letter)[0].split(":")[0] for letter in mail.letters} == {"Late by 41 days"}

    def test_says_who_was_told_before(self, here: Any, mail: Any) -> None:
        item = owned(here)
        for day in (0, 1, 7):
            sweep(now=at(day))
            deliver(now=at(day))
        first, second, escalated = (words(letter)[1] for letter in mail.letters)
        assert "Told before you" not in first + second
        assert f"Told before you: {item.owner}." in escalated

    def test_goes_out_once_when_a_later_rung_came_while_it_could_not(self, here: Any, mail: Any) -> None:
        owned(here)
        for day in (-7, -1, 0):
            sweep(now=at(day))
        outcome = deliver(now=at(0))
        assert (outcome.sent, outcome.withdrawn) == (1, 2)
        assert words(mail.letters[0])[0].startswith("Due today")
        assert told(at(0)) == []

    def test_shows_that_a_day_is_not_certain(self, here: Any, mail: Any) -> None:
        owned(here, approximate=True)
        sweep(now=at(0))
        deliver(now=at(0))
        assert "the day is not certain" in words(mail.letters[0])[1]

    def test_of_something_marked_carries_its_code_and_link_only(self, here: Any, mail: Any) -> None:
        item = owned(here, title="Move the witnesses", marking=Marking.CONFIDENTIAL)
        sweep(now=at(7))
        deliver(now=at(7))
        for letter in mail.letters:
            subject, text = words(letter)
            assert subject == f"Reminder: {item.code}"
            told, _, why = text.partition("\n-- \n")
            assert told.split() == [item.code, f"{settings.SITE_URL}/admin/calendar/milestone/{item.pk}/change/"]
            assert why.startswith("Why you: a milestone is due, as ")

    def test_takes_the_same_queries_for_one_and_for_many(
        self, here: Any, mail: Any, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        for more in (1, 6):
            for _ in range(more):
                owned(here)
            sweep(now=at(-7))
            with django_assert_max_num_queries(60) as counted:
                deliver(now=at(-7))
            counts.append(len(counted) - more)  # one mark for each letter is right
        assert counts[0] == counts[1]
