"""In a real browser, two people in two windows: from a proposal to what was seen thirty days after the transfer."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests import world
from tests.journeys.conftest import press, sign_in
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.clock import present
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.models import Handover, MandatedTask, PackageTemplateItem
from transitions.handovers.recipients import propose
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "The mobile courts of Nyala, Zalingei and El Geneina."
FEWER = "The mobile courts of Nyala and Zalingei; El Geneina stays with the judiciary."
VEHICLES = "Two vehicles are handed over with the courts"
VOID = "what was accepted is void: version 1 of the text, accepted by Ahmed of UNDP on 2020-10-01"


@pytest.fixture
def here(db: Any, settings: Any, live_server: Any, tmp_path: Any) -> SimpleNamespace:
    """A handover that was proposed, between two offices with one person each; the clock stands at 1 October 2020."""
    settings.SITE_URL, settings.MEDIA_ROOT = live_server.url, tmp_path
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)
    PackageTemplateItem.objects.all().delete()
    for position, title in enumerate(("Contacts", "Open commitments", "Case files")):
        PackageTemplateItem.objects.create(recipient_kind="country_team", title=title, position=position)
    unmx = world.transition("under_way", name="UNMX leaves")
    section, undp = world.office(unmx, name="Rule of law"), world.office(unmx, "country_team", name="UNDP")
    people = {
        "planner": world.person(Role.PLANNER, unmx, at=section),
        "focal_point": world.person(Role.UNCT_FOCAL_POINT, unmx, at=undp),
    }
    for person, name in zip(people.values(), ("Salma the planner", "Ahmed of UNDP"), strict=True):
        User.objects.filter(pk=person.pk).update(is_staff=True, display_name=name)
        person.refresh_from_db()
    task = MandatedTask.objects.create(transition=unmx, code="T-1", title="Mobile courts")
    handover = Handover(transition=unmx, code="H-1", task=task, recipient_kind="country_team", recipient_office=undp,
                        owner_office=section, owner=people["planner"])  # fmt: skip
    propose([handover], by=people["planner"], now=world.NOW)
    return SimpleNamespace(unmx=unmx, handover=handover, undp=undp, address=live_server.url, **people)


def signed_in(page: Any, here: SimpleNamespace, person: User) -> Any:
    sign_in(page, here.address, f"{person.username}:pass word 1")
    return page


def named(page: Any, name: str, *, within: str = "body") -> Any:
    return page.locator(within).get_by_role("button", name=name, exact=True)


def unfold(page: Any, summary: str) -> None:
    page.locator("summary", has_text=re.compile(rf"^{summary}$")).first.click()


def state(page: Any) -> str:
    found: str = page.locator("[data-state]").first.get_attribute("data-state")
    return found


def letters(mail: Any, *, in_days: int = 0) -> dict[str, str]:
    """What has come since one last looked, by the address; what can wait comes with the next morning's."""
    deliver(now=present.now() + timedelta(days=in_days))
    come = {letter.rcpt_tos[0]: " ".join(letter.content.decode().split()) for letter in mail.letters}
    mail.letters.clear()
    return come


def address_in(letter: str) -> str:
    return re.search(r"http://\S+/admin/\S+", letter)[0]  # type: ignore[index]


class TestAHandover:
    def test_is_accepted_voided_accepted_again_transferred_and_looked_after(
        self, window: Any, here: SimpleNamespace, mail: Any
    ) -> None:
        planner, focal_point = (signed_in(window(), here, one) for one in (here.planner, here.focal_point))

        self.prepares_and_offers(planner, here)
        offer = letters(mail, in_days=1)[here.focal_point.email]
        assert "H-1 Mobile courts went from preparing to offered" in offer

        focal_point.goto(address_in(offer))
        assert WORDS in focal_point.locator("section[aria-labelledby=ho-text]").inner_text()
        self.fits_a_telephone(focal_point)
        self.accepts_with_a_condition(focal_point)

        planner.reload()
        assert f"{VEHICLES}, until 2020-10-20, by Rule of law: not met" in planner.locator("body").inner_text()
        letters(mail, in_days=4)
        self.edits_the_text(planner)
        self.both_are_told_that_it_is_void(planner, focal_point, here, mail)

        press(planner, named(planner, "Offer"))
        focal_point.reload()
        assert FEWER in focal_point.locator("section[aria-labelledby=ho-text]").inner_text()
        self.accepts_with_a_condition(focal_point)

        planner.reload()
        press(planner, named(planner, "Transfer"))
        assert planner.get_by_text(f"Not met: {VEHICLES}").is_visible()
        self.sees_the_condition_met(focal_point)
        press(planner, planner.get_by_role("link", name="Back to H-1"))
        press(planner, named(planner, "Transfer"))
        assert state(planner) == "transferred"

        letters(mail, in_days=8)
        self.is_reminded_after_thirty_days(focal_point, here, mail)

    def prepares_and_offers(self, page: Any, here: SimpleNamespace) -> None:
        page.goto(f"{here.address}/transitions/{here.unmx.slug}/")
        code = page.locator("table.matrix").get_by_role("link", name="H-1")
        assert code.evaluate("code => getComputedStyle(code).whiteSpace") == "nowrap"
        press(page, code)
        press(page, named(page, "Prepare"))
        assert page.locator("[data-step=offer] [data-blocker=package_item_missing]").count() == 3

        days = page.locator("input[name$=provided_on]")
        for place in range(3):
            days.nth(place).fill("2020-10-01")
        press(page, page.get_by_role("button", name="Save and continue editing"))
        page.fill("textarea[name=text]", WORDS)
        press(page, named(page, "Write it"))

        press(page, page.get_by_role("link", name="Assess one"))
        assert page.locator("select[name=level]").input_value() == ""
        page.select_option("select[name=dimension]", "staff")
        page.select_option("select[name=level]", "partly_ready")
        page.fill("textarea[name=evidence]", "Seen in Nyala: four of six posts are filled.")
        press(page, page.get_by_role("button", name="Save", exact=True))

        press(page, named(page, "Offer"))
        assert state(page) == "offered"
        assert "You made this offer" in page.locator("section[aria-labelledby=ho-waits]").inner_text()

    def fits_a_telephone(self, page: Any) -> None:
        """The answer is given where the letter is read: nothing is cut off, forms and all."""
        page.set_viewport_size({"width": 390, "height": 800})
        unfold(page, "Accept with conditions")
        for section in ("ho-text", "ho-answer"):
            box = page.locator(f"section[aria-labelledby={section}]").bounding_box()
            assert box["x"] + box["width"] <= 390
        unfold(page, "Accept with conditions")
        page.set_viewport_size({"width": 1280, "height": 900})

    def accepts_with_a_condition(self, page: Any) -> None:
        unfold(page, "Accept with conditions")
        page.locator("input[name=condition]").first.fill(VEHICLES)
        page.locator("input[name=condition_due_on]").first.fill("2020-10-20")
        press(page, named(page, "Accept with these conditions"))
        assert state(page) == "accepted"

    def edits_the_text(self, page: Any) -> None:
        unfold(page, "Change what is agreed")
        assert page.get_by_text("What was accepted becomes void").first.is_visible()
        page.fill("textarea[name=text]", FEWER)
        press(page, named(page, "Write a new version"))
        assert state(page) == "preparing"

    def both_are_told_that_it_is_void(self, planner: Any, focal_point: Any, here: SimpleNamespace, mail: Any) -> None:
        come = letters(mail)
        assert come.keys() == {here.planner.email, here.focal_point.email}
        for letter in come.values():
            assert "H-1 Mobile courts went from accepted to preparing" in letter
            assert VOID in letter
        focal_point.goto(address_in(come[here.focal_point.email]))
        for page in (planner, focal_point):
            assert VOID in page.locator("section[aria-labelledby=tr-history]").inner_text()
            agreed = page.locator("section[aria-labelledby=ho-text]").inner_text()
            assert f"{VEHICLES} void since 2020-10-01" in agreed
            assert "void: Version 1 was accepted on 2020-10-01 by Ahmed of UNDP" in agreed

    def sees_the_condition_met(self, page: Any) -> None:
        page.reload()
        unfold(page, "It is met")
        page.locator("[data-condition] input[name=source]").fill("Delivery note 12")
        press(page, named(page, "Met"))
        assert "met on 2020-10-01 [Delivery note 12]" in page.locator("body").inner_text()

    def is_reminded_after_thirty_days(self, page: Any, here: SimpleNamespace, mail: Any) -> None:
        transferred = StateChange.objects.about(here.handover).get(step="transfer").holds_from
        for days, come in ((22, 0), (30, 1)):
            rehearse(world.NOW + timedelta(days=days, hours=1))
            sweep(now=present.now())
            told = Message.objects.waiting().filter(kind="handovers.follow_up_due")
            assert {(message.recipient, message.payload["rung"]) for message in told} == (
                {(here.focal_point, 0), (here.planner, -7)} if come else set()
            )
            found = letters(mail, in_days=2)  # the thirtieth day is a Saturday
        assert found.keys() == {here.focal_point.email, here.planner.email}
        letter = found[here.focal_point.email]
        assert f"Follow-up after 30 days of H-1 Mobile courts was due on {transferred + timedelta(30)}" in letter

        page.goto(address_in(letter))
        assert "country team focal point" in page.locator("section[aria-labelledby=tr-history]").inner_text()
        unfold(page, "Answer")
        assert page.locator("select[name=performed]").first.input_value() == ""
        for name in ("performed", "resources", "use_respected"):
            page.locator(f"select[name={name}]").first.select_option("yes")
        page.locator("section[aria-labelledby=ho-after] input[name=source]").first.fill("Visit to the court of Nyala")
        press(page, named(page, "Answer"))
        assert "task performed: Yes" in page.locator("section[aria-labelledby=ho-after]").inner_text()
