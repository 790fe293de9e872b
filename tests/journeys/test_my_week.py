"""In a real browser: who signs in sees their week, and one click further the step that is asked of them."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests import world
from tests.filled import filled
from tests.journeys.conftest import press
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.models import AgreedText
from transitions.workflow.engine import Fact, take

pytestmark = pytest.mark.django_db(transaction=True)
PHONE: Any = {"width": 390, "height": 800}


@pytest.fixture
def here(db: Any, settings: Any, live_server: Any) -> SimpleNamespace:
    """A focal point whose office has a late milestone, one for Saturday, and an offer to answer."""
    settings.SITE_URL = live_server.url
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)
    unmx = world.transition("under_way", name="UNMX leaves")
    undp = world.office(unmx, "country_team", name="UNDP")
    person = world.person(Role.UNCT_FOCAL_POINT, unmx, at=undp)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    for code, due_on in (("M-1", date(2020, 9, 28)), ("M-2", date(2020, 10, 3))):
        world.milestone(unmx, code=code, title="Report on the courts", due_on=due_on, owner_office=undp)
    offer = world.handover(unmx, code="H-1", recipient_kind="country_team", recipient_office=undp)
    filled(AgreedText, unmx, handover=offer, number=1)
    take(offer, "prepare", by=world.founder(), now=world.NOW)
    take(offer, "offer", by=world.founder(), now=world.NOW, despite=Fact("note verbale", world.TODAY))
    return SimpleNamespace(person=person, offer=offer)


def fits(page: Any) -> bool:
    """Nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


class TestMyWeek:
    def test_is_where_one_lands_and_each_step_is_one_click_away(
        self, browser: Any, live_server: Any, here: SimpleNamespace
    ) -> None:
        page = browser.new_page()
        page.set_viewport_size(PHONE)
        page.goto(f"{live_server.url}/")
        page.fill("input[name=username]", here.person.username)
        page.fill("input[name=password]", "pass word 1")
        page.click("button[type=submit]")
        page.wait_for_url(f"{live_server.url}/my-week/")
        assert fits(page)
        late = page.locator("#overdue [data-row^='M-1']")
        assert "3 days late" in late.inner_text()
        press(page, late.get_by_role("button", name="Finish"))
        assert page.url == f"{live_server.url}/my-week/"
        assert "M-1 Report on the courts is done." in page.get_by_role("status").inner_text()
        assert page.locator("[data-row^='M-1']").count() == 0
        assert page.locator("#soon [data-row^='M-2']").is_visible()

        press(page, page.locator("#asked").get_by_role("link", name="H-1"))
        answer = page.locator("#ho-answer")
        page.wait_for_function("document.querySelector('#ho-answer').getBoundingClientRect().top < window.innerHeight")
        assert answer.evaluate("part => document.location.hash === '#' + part.id")
        press(page, page.get_by_role("button", name="Accept", exact=True))
        here.offer.refresh_from_db()
        assert here.offer.state == "accepted"
        page.goto(f"{live_server.url}/my-week/")
        assert page.locator("#asked").count() == 0
        assert page.get_by_text("waiting for you").first.is_visible()
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert fits(page)
