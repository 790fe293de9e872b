"""In a real browser: who goes away says who stands in, and that person is told whose reminder it is, until a day."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests import world
from tests.journeys.conftest import press, sign_in
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.delivery import deliver
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db(transaction=True)
DUE = date(2020, 12, 1)


def at(days: int) -> datetime:
    """So many days from the due date, 08:00 in Khartoum."""
    return datetime(2020, 12, 1, 6, tzinfo=UTC) + timedelta(days=days)


def goes_out(days: int) -> None:
    sweep(now=at(days))
    deliver(now=at(days))


def plain(letter: Any) -> str:
    body: Any = message_from_bytes(letter.content, policy=default).get_body(["plain"])
    return str(body.get_content())


class TestADeputy:
    def test_has_the_reminders_of_who_is_away_until_a_day_and_is_told_whose_they_are(
        self, browser: Any, live_server: Any, settings: Any, mail: Any
    ) -> None:
        settings.SITE_URL = live_server.url
        Rehearsal.objects.all().delete()
        rehearse(at(-8))
        here = world.transition("under_way")
        office = world.office(here)
        owner, deputy = (world.person(Role.PROVIDER, here, at=office) for _ in range(2))
        owner.is_staff = True
        owner.save()
        item = world.milestone(here, title="Move the archive", hard=True, due_on=DUE, owner=owner, owner_office=office)

        page = browser.new_page()
        sign_in(page, live_server.url, f"{owner.username}:pass word 1")
        page.goto(f"{live_server.url}/admin/outbox/absence/add/")
        page.select_option("select[name=deputy]", str(deputy.pk))
        page.fill("input[name=from_date]", "2020-11-24")
        page.fill("input[name=until]", "2020-11-30")
        press(page, page.locator("[name=_save]"))
        assert page.get_by_text(f"{owner} is away until 2020-11-30: {deputy}").first.is_visible()

        for days in (-7, -1, 0):
            goes_out(days)
        assert mail.reached == [deputy.email, deputy.email, owner.email]
        said = [(item.title in plain(letter), f"This is for {owner}, who is away." in plain(letter)) for letter in
                mail.letters]  # fmt: skip
        assert said == [(True, True), (True, True), (True, False)]
