"""In a real browser: a planner looks who will be told what, moves a date, and looks again."""

from datetime import date
from typing import Any

import pytest

from tests import world
from tests.journeys.conftest import press, sign_in
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def foretold(page: Any, address: str, until: str) -> dict[str, tuple[str, ...]]:
    """By day: whom, of what, and when that is from the due date."""
    page.goto(address)
    page.fill("input[name=until]", until)
    press(page, page.get_by_role("button", name="Look"))
    return {
        day.locator("h2").inner_text(): tuple(
            " | ".join(row.locator("th, td").nth(cell).inner_text() for cell in (0, 1, 4))
            for row in day.locator("tbody tr").all()
        )
        for day in page.locator("section:has(h2)").all()
    }


class TestWhoWillBeToldWhat:
    def test_is_shown_to_a_day_and_moves_with_a_date(self, browser: Any, live_server: Any, settings: Any) -> None:
        settings.SITE_URL = live_server.url
        Rehearsal.objects.all().delete()
        rehearse(world.NOW)
        here = world.transition("under_way")
        planner, owner = world.person(Role.PLANNER, here), world.person(Role.PROVIDER, here)
        planner.is_staff = True
        planner.save()
        item = world.milestone(here, title="Move the archive", hard=True, due_on=date(2020, 10, 10), owner=owner)
        told = f"{owner} | {item} |"

        page = browser.new_page()
        sign_in(page, live_server.url, f"{planner.username}:pass word 1")
        ahead = f"{live_server.url}/transitions/{here.slug}/who-is-told/"
        assert foretold(page, ahead, "2020-10-10") == {
            "Thursday, 1 October 2020": (f"{told} 14 days before",),
            "Saturday, 3 October 2020": (f"{told} 7 days before",),
            "Friday, 9 October 2020": (f"{told} 1 day before",),
            "Saturday, 10 October 2020": (f"{told} on the day",),
        }

        page.goto(f"{live_server.url}/admin/calendar/milestone/{item.pk}/change/")
        page.fill("input[name=due_on]", "2020-10-20")
        page.get_by_label("Reason for the new date").fill("The Government asked for ten days more")
        press(page, page.locator("[name=_save]"))
        assert foretold(page, ahead, "2020-10-19") == {
            "Thursday, 1 October 2020": (f"{told} 30 days before",),
            "Tuesday, 6 October 2020": (f"{told} 14 days before",),
            "Tuesday, 13 October 2020": (f"{told} 7 days before",),
            "Monday, 19 October 2020": (f"{told} 1 day before",),
        }
        assert not Message.objects.exists()
