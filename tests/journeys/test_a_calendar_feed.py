"""In a real browser and with a real calendar parser: an address is made, read, hears of a new day, and is revoked."""

from datetime import date
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests import world
from tests.calendar.feeds import parsed, uid
from tests.journeys.conftest import press, sign_in
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse

pytestmark = pytest.mark.django_db(transaction=True)


def fetched(address: str, tag: str = "") -> tuple[int, str, bytes]:
    """As a calendar program does: no cookie, and the tag that it was given last."""
    asked = Request(address, headers={"If-None-Match": tag} if tag else {})
    try:
        with urlopen(asked, timeout=60) as answer:
            return answer.status, answer.headers["ETag"], answer.read()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers["ETag"], b""


def events_of(text: bytes) -> dict[str, Any]:
    return {str(event["UID"]).partition("@")[0]: event for event in parsed(text).walk("VEVENT")}


class TestACalendarFeed:
    def test_is_subscribed_to_hears_of_a_new_day_and_is_revoked(
        self, browser: Any, live_server: Any, settings: Any
    ) -> None:
        settings.SITE_URL = live_server.url
        Rehearsal.objects.all().delete()
        rehearse(world.NOW)
        here = world.transition("under_way", name="UNMX leaves")
        planner = world.person(Role.PLANNER, here)
        User.objects.filter(pk=planner.pk).update(is_staff=True)
        item = world.milestone(here, code="M-1", title="Close the base, and lock it", owner=planner)
        page = browser.new_page()

        sign_in(page, live_server.url, f"{planner.username}:pass word 1")
        page.goto(f"{live_server.url}/transitions/{here.slug}/")
        press(page, page.get_by_role("link", name="Subscribe in a calendar program"))
        assert page.locator("select[name=transition] option:checked").inner_text() == "All dates of UNMX leaves"
        press(page, page.get_by_role("button", name="Make an address"))
        address = page.locator("[data-address]").inner_text()
        assert page.get_by_text("it is not shown again").is_visible()

        _, tag, text = fetched(address)
        first = events_of(text)[uid(item)]
        assert (str(first["SUMMARY"]), first["DTSTART"].dt) == ("M-1 Close the base, and lock it", date(2020, 12, 1))
        assert fetched(address, tag) == (304, tag, b"")

        page.goto(str(first["URL"]))
        page.fill("#id_due_on", "2021-01-15")
        page.fill("#id_reason", "the buyers asked for it")
        press(page, page.get_by_role("button", name="Save", exact=True))
        moved = events_of(fetched(address, tag)[2])
        assert moved.keys() == {uid(item)}
        assert (moved[uid(item)]["DTSTART"].dt, moved[uid(item)]["SEQUENCE"]) == (date(2021, 1, 15), 1)

        page.goto(f"{live_server.url}/admin/calendar/feedaddress/")
        page.check("input[name=_selected_action]")
        page.select_option("select[name=action]", "revoke")
        press(page, page.locator("button[name=index], button[type=submit]:has-text('Run')").first)
        assert page.get_by_text("Revoked: 1.").is_visible()
        assert fetched(address, tag)[0] == 404
