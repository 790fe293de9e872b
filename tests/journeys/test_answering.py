"""In a real browser: a reminder comes, its link is followed, and what stays undone still goes up."""

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests import world
from tests.journeys.conftest import press, sign_in
from transitions.access.permissions import Marking, Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.models import Answer
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db(transaction=True)
DUE = date(2020, 12, 1)


def at(days: int, hour: int = 6) -> datetime:
    return datetime(2020, 12, 1, hour, tzinfo=UTC) + timedelta(days=days)


def goes_out(days: int) -> None:
    sweep(now=at(days))
    deliver(now=at(days))


class TestAReminder:
    def test_is_acknowledged_from_its_letter_and_what_stays_undone_goes_up(
        self, browser: Any, live_server: Any, settings: Any, mail: Any
    ) -> None:
        settings.SITE_URL = live_server.url
        Rehearsal.objects.all().delete()
        rehearse(at(-1))
        here = world.transition("under_way")
        office, pillar = world.office(here), world.pillar(here)
        owner = world.person(Role.PROVIDER, here, at=office)
        owner.is_staff = True
        owner.save()
        lead, deputy = world.person(Role.PILLAR_LEAD, here, pillar=pillar), world.person(Role.DEPUTY_HEAD, here)
        item = world.milestone(here, title="Move the witnesses", marking=Marking.CONFIDENTIAL, hard=True, due_on=DUE,
                               owner=owner, owner_office=office, pillar=pillar)  # fmt: skip
        goes_out(-1)
        message = Message.objects.get()
        [letter] = mail.letters
        assert mail.reached == [owner.email]
        assert b"witnesses" not in letter.content
        body: Any = message_from_bytes(letter.content, policy=default).get_body(["html"])
        [link] = re.findall(r'href="([^"]*-acknowledged-[^"]*)"', body.get_content())

        page = browser.new_page()
        page.goto(link)
        page.goto(link)  # a scanner was there before
        assert not Answer.objects.exists()
        assert page.get_by_role("heading", name=item.code).is_visible()
        press(page, page.get_by_role("button", name="I have read this"))
        assert page.get_by_text("Thank you: you have read it").is_visible()
        assert "witnesses" not in page.content()
        assert browser.cookies() == []
        page.goto(link)
        assert page.get_by_text("This was answered already").is_visible()
        page.goto(link.replace("acknowledged", "confirmed"))
        assert page.get_by_text("This address is not whole, or it was changed").is_visible()

        sign_in(page, live_server.url, f"{owner.username}:pass word 1")
        page.goto(f"{live_server.url}/admin/reminders/mymessage/{message.pk}/change/")
        assert page.get_by_text("has read it (2020-11-30)").is_visible()
        assert page.get_by_role("button", name="I have read this").count() == 0
        page.fill("input[name=until]", "2020-12-01")
        press(page, page.get_by_role("button", name="Remind me later"))
        assert page.get_by_text("wants to be reminded later, from 2020-12-01 on").first.is_visible()

        for days in (0, 1, 7, 14):
            goes_out(days)
        assert mail.reached == [owner.email, owner.email, owner.email, lead.email, deputy.email]
        assert not any(b"witnesses" in letter.content for letter in mail.letters)
