"""In a real browser: a round is entered, nobody verifies their own, a condition for exit falls back, a line breaks."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.dependents import depend
from benchmarks.measuring import measure
from benchmarks.models import Assessment, Disagreement
from tests import country, world
from tests.journeys.conftest import press, sign_in
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.clock import present
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.delivery import deliver

pytestmark = pytest.mark.django_db(transaction=True)
SPRING, JUNE, SUMMER = date(2020, 4, 1), date(2020, 6, 1), date(2020, 9, 1)
CREDENTIALS = "{}:pass word 1"


@pytest.fixture
def round_of_september() -> SimpleNamespace:
    """A condition for exit that is on track with two indicators, one of which was redefined in June."""
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)
    here = world.transition("under_way", name="Withdrawal of UNMX", time_zone="America/Port-au-Prince")
    security = world.pillar(here, "security")
    owner = world.person(Role.UNCT_FOCAL_POINT, here)
    benchmark = country.benchmark(here, code="4", owner=owner, pillar=security)
    patrols, places = country.indicator(benchmark), country.indicator(benchmark)
    for number, on, quality in ((50, date(2020, 2, 1), "estimated"), (62, SPRING, "verified")):
        country.value(places, number, on, quality=quality)
    country.redefined(places, (90, date(2020, 12, 31)), on=JUNE, baseline=30)
    for number, on, quality in ((35, date(2020, 7, 1), "verified"), (None, date(2020, 8, 1), "not_collected")):
        country.value(places, number, on, quality=quality)
    country.value(patrols, 81, SPRING)
    for one in (patrols, places):
        country.judged(one, "on_track", SPRING)
    handover = world.handover(here, title="Policing of the ports", now=datetime(2020, 5, 1, tzinfo=UTC))
    depend(handover, benchmark, by=world.founder(), now=world.NOW)
    both = world.grant(world.person(Role.PROVIDER, here), Role.VERIFIER, here).user
    told = {role: world.person(role, here) for role in
            (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)}  # fmt: skip
    told |= {Role.PILLAR_LEAD: world.person(Role.PILLAR_LEAD, here, pillar=security), "owner": owner}
    verifier = world.person(Role.VERIFIER, here)
    User.objects.filter(pk__in=[both.pk, verifier.pk]).update(is_staff=True)
    return SimpleNamespace(here=here, patrols=patrols, places=places, both=both, verifier=verifier, handover=handover,
                           told=set(told.values()))  # fmt: skip


class TestAnAssessmentRound:
    def test_is_entered_verified_by_another_and_tells_what_fell_back(
        self, window: Callable[[], Any], live_server: Any, round_of_september: SimpleNamespace, mail: Any
    ) -> None:
        it, address = round_of_september, live_server.url
        page = window()
        sign_in(page, address, CREDENTIALS.format(it.both.username))
        page.goto(f"{address}/transitions/{it.here.slug}/")
        press(page, page.get_by_role("link", name="Assessment rounds"))
        page.fill("input[name=as_of]", str(SUMMER))
        press(page, page.get_by_role("button", name="Open"))
        assert page.get_by_text("2 to do, 0 done").is_visible()

        # by the keyboard alone: a value, the proposal, the entry, and on to the next
        self.type_and_return(page, "52")
        assert page.get_by_text("With what is typed, the program proposes: not met, descending").is_visible()
        assert Assessment.objects.filter(as_of=SUMMER).count() == 0
        self.type_and_return(page, "")
        assert page.get_by_text("1 to do, 1 done").is_visible()
        self.type_and_return(page, "sixty")
        assert page.get_by_text("Enter a number.").is_visible()
        page.fill("input[name=value]", "45")
        page.select_option("select[name=judged]", "on_track")
        page.focus("select[name=judged]")
        self.type_and_return(page, "")
        assert page.get_by_text("With what is typed, the program proposes: not met, positive").is_visible()
        self.type_and_return(page, "")
        assert page.get_by_text("0 to do, 2 done").is_visible()
        assert Disagreement.objects.get().proposed == "positive"

        # the verifier is refused their own entry, here and on its own page
        own = page.locator(f"tr[data-waiting='{it.patrols.code}']")
        assert "Nobody verifies their own entry" in own.inner_text()
        assert own.get_by_role("button", name="Verify").count() == 0
        entry = Assessment.objects.get(indicator=it.patrols, as_of=SUMMER)
        page.goto(f"{address}/admin/benchmarks/assessment/{entry.pk}/change/")
        press(page, page.locator("[data-step=verify]").get_by_role("button", name="Verify"))
        assert page.get_by_text("This was not done, and nothing was changed").is_visible()
        assert "Nobody verifies their own entry" in page.locator("[data-blocker=own_entry]").inner_text()

        # somebody else verifies: the condition for exit falls back, and it is told the same day
        other = window()
        sign_in(other, address, CREDENTIALS.format(it.verifier.username))
        other.goto(f"{address}/transitions/{it.here.slug}/rounds/{SUMMER}/")
        for code in (it.patrols.code, it.places.code):
            press(other, other.get_by_role("button", name=f"Verify {code}"))
        assert other.get_by_text("2 of 2 verified").is_visible()
        deliver(now=present.now())
        fallen = [letter for letter in mail.letters if b"has fallen back" in letter.content]
        assert {letter.rcpt_tos[0] for letter in fallen} == {person.email for person in it.told}
        other.goto(f"{address}/transitions/{it.here.slug}/?since={SPRING}")
        section = other.locator("section[aria-labelledby=readiness]")
        assert "fell back" in section.get_by_role("row", name="benchmark 4 condition for exit").inner_text()
        assert it.handover.code in section.get_by_text("To be reviewed").inner_text()

    def test_shows_the_break_in_the_line_of_an_indicator(
        self, window: Callable[[], Any], live_server: Any, round_of_september: SimpleNamespace
    ) -> None:
        it, page = round_of_september, window()
        measure(it.places, as_of=SUMMER, value=45, source="census", by=it.both, now=world.NOW)
        sign_in(page, live_server.url, CREDENTIALS.format(it.verifier.username))
        page.goto(f"{live_server.url}/transitions/{it.here.slug}/")
        page.get_by_text("All 2 indicators, with source, date and verifier").click()
        press(page, page.get_by_role("link", name=it.places.code, exact=True).last)
        chart = page.locator(".chart svg")
        for said in ("definition 2 from 2020-06-01: not comparable with before", "target ≥ 80 by 2020-12-31",
                     "target ≥ 90 by 2020-12-31", "baseline 30", "not collected", "estimated"):  # fmt: skip
            assert said in chart.inner_html(), said
        assert page.get_by_role("row", name="2020-09-01").get_by_text("census").is_visible()
        assert page.get_by_role("row", name="2020-09-01").get_by_text("nobody yet").is_visible()

    def type_and_return(self, page: Any, value: str) -> None:
        """Where the page has put who types."""
        with page.expect_navigation():
            page.keyboard.type(value)
            page.keyboard.press("Enter")
