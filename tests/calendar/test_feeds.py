"""What stands in a feed: whose things, as what, on which day, and how it is revised."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import world
from tests.calendar.feeds import address, parsed, read, seen_by, uid
from tests.filled import filled
from transitions.access.permissions import Role
from transitions.calendar.dates import redate
from transitions.calendar.feed_text import calendar_of, tag_of
from transitions.calendar.feeds import Entry, Fed, leads_of
from transitions.calendar.models import Milestone
from transitions.calendar.reminders import MilestoneDue
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.missions.models import FollowUpCheck
from transitions.workflow.engine import take
from transitions.workflow.models import OpenItem

pytestmark = pytest.mark.django_db
NOW, TODAY, DUE = world.NOW, world.TODAY, date(2020, 12, 1)


@pytest.fixture
def here(db: Any) -> Any:
    Rehearsal.objects.all().delete()
    rehearse(NOW)
    return world.transition("under_way")


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


class TestAFeed:
    def test_of_nothing_is_a_calendar_all_the_same(self, planner: Any) -> None:
        assert seen_by(planner) == {}

    def test_has_a_name_and_says_when_to_look_again(self, client: Any, here: Any, planner: Any) -> None:
        found = parsed(client.get(address(planner, here)).content)
        assert str(found["X-WR-CALNAME"]) == str(found["NAME"]) == here.name
        assert str(found["X-PUBLISHED-TTL"]) == "PT1H"
        assert found["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
        assert str(found["REFRESH-INTERVAL"]) == "PT1H" or found["REFRESH-INTERVAL"].dt == timedelta(hours=1)

    def test_gives_a_thing_its_day_its_page_and_its_pillar(self, here: Any, planner: Any, settings: Any) -> None:
        settings.SITE_URL, settings.MAIL_DOMAIN = "https://readiness.example.org", "example.org"
        item = world.milestone(here, title="Close the base", pillar=world.pillar(here), hard=True)
        event = seen_by(planner, here)[uid(item)]
        page = f"https://readiness.example.org/admin/calendar/milestone/{item.pk}/change/"
        assert str(event["UID"]) == f"calendar.milestone-{item.pk}@example.org"
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (DUE, DUE + timedelta(days=1))
        assert str(event["SUMMARY"]) == f"{item.code} Close the base"
        assert (str(event["URL"]), str(event["STATUS"]), event["SEQUENCE"]) == (page, "CONFIRMED", 0)
        assert event["CATEGORIES"].cats == ["Security"]
        assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NOW
        for line in (here.name, "Hard", page):
            assert line in str(event["DESCRIPTION"])

    @pytest.mark.parametrize("unsure", ["approximate", "suspended"])
    def test_says_of_a_day_that_it_is_not_certain(self, here: Any, planner: Any, unsure: str) -> None:
        item = world.milestone(here, approximate=unsure == "approximate")
        if unsure == "suspended":
            take(item, "suspend", by=planner, now=NOW, reason="the rains")
        assert str(seen_by(planner, here)[uid(item)]["STATUS"]) == "TENTATIVE"

    def test_has_the_national_events_and_the_dates_of_the_end(self, here: Any, planner: Any) -> None:
        vote = world.event(here, date(2021, 4, 5), date(2021, 4, 9), approximate=True)
        first = world.instrument(here.mission)
        first.effects.create(kind="mandate_expiry", date=date(2020, 12, 31), basis="fixed")
        first.effects.create(kind="withdrawal", date=date(2021, 6, 30), basis="unconfirmed")
        found = seen_by(planner, here)
        end, gone = (f"missions.end.{kind}-{here.mission_id}" for kind in ("mandate_expiry", "withdrawal"))
        assert (found[uid(vote)]["DTSTART"].dt, found[uid(vote)]["DTEND"].dt) == (date(2021, 4, 5), date(2021, 4, 10))
        assert [str(found[one]["STATUS"]) for one in (uid(vote), end, gone)] == ["TENTATIVE", "CONFIRMED", "TENTATIVE"]
        world.instrument(here.mission).effects.create(kind="mandate_expiry", date=date(2021, 1, 31), basis="fixed")
        moved = seen_by(planner, here)[end]
        assert (found[end]["DTSTART"].dt, moved["DTSTART"].dt) == (date(2020, 12, 31), date(2021, 1, 31))
        assert moved["SEQUENCE"] > found[end]["SEQUENCE"]

    def test_has_what_remains_to_be_done_after_the_mission(self, here: Any, planner: Any) -> None:
        check = FollowUpCheck.objects.create(transition=here, title="Archives", due_on=DUE, owner=planner)
        item = world.milestone(here)
        still = filled(OpenItem, here, thing_type="calendar.milestone", thing_id=item.pk, due_on=DUE,
                       residual_owner=planner, code="no_evidence", sentence="The secret base is open")  # fmt: skip
        found = seen_by(planner)
        assert str(found[uid(check)]["SUMMARY"]) == "Archives"
        assert str(found[uid(still)]["SUMMARY"]) == "Still open: no evidence"
        FollowUpCheck.objects.update(done_on=TODAY)
        assert uid(check) not in seen_by(planner)

    def test_takes_the_same_queries_for_few_and_for_many(
        self, client: Any, here: Any, planner: Any, django_assert_max_num_queries: Any
    ) -> None:
        for transition in (None, here):
            path, counts = address(planner, transition), []
            for more in (1, 6):
                for _ in range(more):
                    world.milestone(here, owner=planner, owner_office=world.office(here))
                    world.handover(here, owner=planner, owner_office=world.office(here))
                with django_assert_max_num_queries(25) as counted:
                    client.get(path)
                counts.append(len(counted))
            assert counts[0] == counts[1]


class TestWhatIsRevised:
    def test_is_the_same_event_on_its_new_day(self, here: Any, planner: Any) -> None:
        item = world.milestone(here)
        path = address(planner, here)
        was, later = read(path), NOW + timedelta(minutes=5)
        redate(item, date(2021, 2, 1), by=planner, now=later, reason="asked by the Government")
        becomes = read(path)
        assert was.keys() == becomes.keys() == {uid(item)}
        assert (was[uid(item)]["SEQUENCE"], becomes[uid(item)]["SEQUENCE"]) == (0, 1)
        assert becomes[uid(item)]["DTSTART"].dt == date(2021, 2, 1)
        assert becomes[uid(item)]["LAST-MODIFIED"].dt == becomes[uid(item)]["DTSTAMP"].dt == later
        redate(item, DUE, by=planner, now=NOW, reason="after all")
        assert (read(path)[uid(item)]["SEQUENCE"], read(path)[uid(item)]["DTSTART"].dt) == (2, DUE)

    def test_is_cancelled_when_it_is_dropped_and_stays_for_a_while(self, here: Any, planner: Any) -> None:
        item = world.milestone(here)
        path = address(planner, here)
        take(item, "drop", by=planner, now=NOW, reason="nobody needs it")
        dropped = read(path)[uid(item)]
        assert (str(dropped["STATUS"]), dropped["SEQUENCE"]) == ("CANCELLED", 1)
        take(item, "reopen", by=planner, now=NOW)
        again = read(path)[uid(item)]
        assert (str(again["STATUS"]), again["SEQUENCE"]) == ("CONFIRMED", 2)
        take(item, "drop", by=planner, now=NOW, reason="nobody needs it")
        rehearse(NOW + timedelta(days=89))
        assert uid(item) in read(path)
        rehearse(NOW + timedelta(days=91))
        assert read(path) == {}

    def test_is_gone_when_it_is_done_or_has_no_day(self, here: Any, planner: Any) -> None:
        done, undated = world.milestone(here), world.milestone(here)
        take(done, "finish", by=planner, now=NOW)
        redate(undated, None, by=planner, now=NOW, reason="unknown")
        assert seen_by(planner, here) == {}

    def test_says_when_its_words_were_last_changed(self, here: Any, planner: Any) -> None:
        item = world.milestone(here)
        was = seen_by(planner, here)[uid(item)]
        Milestone.objects.filter(pk=item.pk).update(title="Other words")
        becomes = seen_by(planner, here)[uid(item)]
        assert becomes["LAST-MODIFIED"].dt > was["LAST-MODIFIED"].dt
        assert becomes["SEQUENCE"] == was["SEQUENCE"]


class TestWhoReads:
    def test_finds_what_is_theirs_or_their_offices_and_nothing_else(self, here: Any) -> None:
        elsewhere, office = world.transition("under_way"), world.office(here)
        reader = world.person(Role.PROVIDER, here, at=office)
        world.grant(reader, Role.PROVIDER, elsewhere)
        mine = [world.milestone(here, owner=reader), world.milestone(here, owner_office=office),
                world.milestone(elsewhere, owner=reader)]  # fmt: skip
        other = world.milestone(here, owner=world.person(Role.PROVIDER, here))
        hidden = world.milestone(here, owner=reader, marking="confidential")
        outside = world.milestone(world.transition("under_way"), owner=reader)
        assert set(seen_by(reader)) == {uid(item) for item in mine}
        found = seen_by(reader, here)
        assert {uid(item) for item in (mine[0], mine[1], other)} == set(found)
        assert not {uid(hidden), uid(outside), uid(mine[2])} & set(found)

    def test_learns_of_what_is_marked_its_code_and_its_link_alone(
        self, client: Any, here: Any, planner: Any, settings: Any
    ) -> None:
        settings.SITE_URL = "https://readiness.example.org"
        world.milestone(
            here, code="M-77", title="Arrest warrant", marking="confidential", owner=planner, hard=True,
            owner_office=world.office(here, name="Secret section"), pillar=world.pillar(here, "covert"),
        )  # fmt: skip
        for transition in (None, here):
            text = client.get(address(planner, transition)).content.decode().replace("\r\n ", "")
            [event] = parsed(client.get(address(planner, transition)).content).walk("VEVENT")
            assert str(event["SUMMARY"]) == "M-77"
            assert str(event["DESCRIPTION"]) == str(event["URL"])
            assert event.walk("VALARM")
            for word in ("Arrest", "Secret section", "Covert", "CATEGORIES", "Hard", planner.display_name):
                assert word not in text

    def test_has_alarms_at_the_lead_times_of_the_rule_for_their_own(self, here: Any, planner: Any) -> None:
        own, other = world.milestone(here, owner=planner), world.milestone(here)
        found = seen_by(planner, here)
        leads = [alarm["TRIGGER"].dt.days for alarm in found[uid(own)].walk("VALARM")]
        assert leads == [-30, -14, -7, -1] == [-days for days in leads_of(MilestoneDue)]
        assert not found[uid(other)].walk("VALARM")

    @pytest.mark.parametrize(("hard", "rings"), [(False, False), (True, True)])
    def test_hears_nothing_soft_of_what_is_paused(self, here: Any, planner: Any, hard: bool, rings: bool) -> None:
        own = world.milestone(here, owner=planner, hard=hard)
        world.pause(here)
        assert bool(seen_by(planner, here)[uid(own)].walk("VALARM")) == rings


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=100)
NASTY = st.one_of(WORDS, st.text(',;:\\n"\n\r\té😀\u2028\x85\x0b ', min_size=1, max_size=100))
TEXT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestText:
    @given(name=NASTY, line=NASTY, pillar=NASTY)
    @TEXT
    def test_of_any_words_is_read_back_as_they_are(self, name: str, line: str, pillar: str) -> None:
        entry = Entry("x-1", "X", name, DUE, DUE, NOW, says=(line,), pillar=pillar, alarms=(7,))
        [event] = parsed(calendar_of(name, [entry])).walk("VEVENT")
        assert str(event["SUMMARY"]) == as_written(name)
        assert str(event["DESCRIPTION"]).startswith(as_written(line))
        words = as_written(pillar).split()
        assert (event["CATEGORIES"].cats if "CATEGORIES" in event else []) == [" ".join(words)] * bool(words)

    @given(names=st.lists(NASTY, min_size=2, max_size=2, unique_by=lambda name: name))
    @TEXT
    def test_that_differs_has_another_tag(self, names: list[str]) -> None:
        one, other = ([Entry("x-1", "X", name, DUE, DUE, NOW)] for name in names)
        assert tag_of("feed", one) == tag_of("feed", list(one))
        assert tag_of("feed", one) != tag_of("feed", other) != tag_of("other", other)


def as_written(text: str) -> str:
    """RFC 5545, 3.1: no control characters but tabs, and the line breaks that the library escapes."""
    return "".join(letter for letter in text if letter in "\t\n" or (ord(letter) > 31 and ord(letter) != 127))


class TestEveryRoom:
    def test_brings_things_under_a_name_of_their_own(self) -> None:
        names = [fed.name for fed in Fed.all]
        assert len(names) == len(set(names)) == 11
