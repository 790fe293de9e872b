"""Where a transition stands: on a day, as known on a day, as far as one may see."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from rest_framework import serializers

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.calendar.versions import approve_version
from transitions.missions.instruments import agree_end_state, record_instrument
from transitions.missions.models import Effect, EndState, MandateInstrument
from transitions.status.panels import MOST, Panel
from transitions.status.reader import status_of
from transitions.workflow.engine import Fact, take
from transitions.workflow.models import OpenItem
from transitions.workflow.open_items import close_item

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.TODAY


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


def status(here: Any, user: Any = None, now: datetime = NOW, **asked: Any) -> dict[str, Any]:
    return status_of(here, user=user or world.founder(), now=now, **asked)


def adopted(here: Any, symbol: str, on: date, until: date, basis: str = "fixed") -> None:
    instrument = MandateInstrument(mission=here.mission, symbol=symbol, body="Security Council", adopted_on=on)
    effects = [Effect(kind=Effect.Kind.MANDATE_EXPIRY, date=until, basis=basis)]
    record_instrument(instrument, effects, by=world.founder(), now=NOW, source="a source")


class TestPanels:
    def test_do_not_write_the_same_key(self) -> None:
        before = list(Panel.all)
        with pytest.raises(ImproperlyConfigured, match="both write “phase”"):
            type("Second", (Panel,), {"fields": {"phase": serializers.CharField()}})
        assert Panel.all == before

    def test_write_just_the_keys_that_they_declare(self, here: Any) -> None:
        declared = {key for panel in Panel.all for key in panel.fields}
        assert set(status(here)) == declared | {"transition", "as_of", "known_at", "recent_changes"}


class TestClocks:
    def test_are_today_in_the_transition_s_zone(self) -> None:
        late = datetime(2020, 10, 1, 23, 30, tzinfo=UTC)
        here = world.transition("under_way", time_zone="Africa/Khartoum")
        found = status(here, now=late)
        assert (found["as_of"], found["known_at"]) == (date(2020, 10, 2), date(2020, 10, 2))

    @pytest.mark.parametrize(("asked", "field"), [
        ({"as_of": TODAY + timedelta(1)}, "as_of"),
        ({"known_at": TODAY + timedelta(1)}, "known_at"),
        ({"known_at": NOW + timedelta(minutes=1)}, "known_at"),
        ({"since": TODAY + timedelta(1)}, "since"),
        ({"as_of": TODAY - timedelta(9), "since": TODAY - timedelta(8)}, "since"),
    ])  # fmt: skip
    def test_do_not_run_ahead(self, here: Any, asked: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as refused:
            status(here, **asked)
        assert list(refused.value.message_dict) == [field]

    def test_give_next_steps_only_at_the_present(self, here: Any) -> None:
        yesterday = TODAY - timedelta(1)
        asked: list[dict[str, Any]] = [{}, {"as_of": yesterday}, {"known_at": yesterday}]
        assert [status(here, **day)["next_steps"] is None for day in asked] == [False, True, True]


class TestEndDate:
    def test_is_unknown_where_no_instrument_sets_one(self, here: Any) -> None:
        assert status(here)["end_date"] is None

    def test_counts_the_days_from_the_day_that_is_looked_at(self, here: Any) -> None:
        adopted(here, "S/RES/1", TODAY - timedelta(30), TODAY - timedelta(3))
        assert status(here)["end_date"]["days_left"] == -3
        assert status(here, as_of=TODAY - timedelta(10))["end_date"]["days_left"] == 7

    def test_that_is_unconfirmed_is_among_the_dates_and_never_the_headline(self, here: Any) -> None:
        adopted(here, "S/RES/1", TODAY, TODAY + timedelta(90), basis="unconfirmed")
        found = status(here)
        assert found["end_date"] is None
        assert [row["basis"] for row in found["dates"]] == ["unconfirmed"]


class TestPhaseAndEndState:
    def test_are_null_until_there_is_one(self, here: Any) -> None:
        phase = world.phase(here)
        assert (status(here)["phase"], status(here)["end_state"]) == (None, None)
        take(phase, "enter", by=world.founder(), now=NOW)
        agreed = EndState(transition=here, text="Peace", agreed_by="All", holds_from=TODAY, known_from=TODAY)
        agree_end_state(agreed, by=world.founder(), now=NOW)
        assert (status(here)["phase"], status(here)["end_state"]) == (str(phase), "Peace")
        assert status(here, as_of=TODAY - timedelta(1))["end_state"] is None


class TestMilestones:
    def test_are_overdue_the_day_after_and_soon_for_thirty_days(self, here: Any) -> None:
        for days in (-1, 0, 30, 31):
            world.milestone(here, due_on=TODAY + timedelta(days))
        world.milestone(here, due_on=None)
        take(world.milestone(here, due_on=TODAY - timedelta(9)), "finish", by=world.founder(), now=NOW)
        found = status(here)["milestones"]
        assert found == {"by_state": {"planned": 5, "done": 1}, "overdue": 1, "next_30_days": 2}

    def test_slip_as_far_as_the_worst_of_their_pillar(self, here: Any) -> None:
        security, political = world.pillar(here, "security"), world.pillar(here, "political")
        items = [world.milestone(here, pillar=security) for _ in range(2)]
        approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
        for days, item in zip((12, 5), items, strict=True):
            redate(item, item.due_on + timedelta(days), by=world.founder(), now=NOW, reason="x")
        world.milestone(here, pillar=political)  # in no approved version
        slips = {row["code"]: row["slip_days"] for row in status(here)["pillars"]}
        assert slips == {"security": 12, "political": None}


class TestRecentChanges:
    def test_tell_steps_dates_instruments_versions_and_the_end_state(self, here: Any) -> None:
        item = world.milestone(here, code="M-1")
        redate(item, TODAY + timedelta(9), by=world.founder(), now=NOW, reason="The road is closed")
        adopted(here, "S/RES/1", TODAY, date(2020, 12, 31))
        approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
        agreed = EndState(transition=here, text="Peace", agreed_by="All", holds_from=TODAY, known_from=TODAY)
        agree_end_state(agreed, by=world.founder(), now=NOW)
        told = "\n".join(status(here)["recent_changes"])
        for part in ("M-1 Something to be done began as planned", "The road is closed", "end state was agreed by All",
                     "S/RES/1 was adopted (Security Council): mandate expiry 2020-12-31, fixed",
                     "Version 1 of the calendar was approved"):  # fmt: skip
            assert part in told

    def test_are_those_since_a_day_until_the_day_that_is_looked_at(self, here: Any) -> None:
        for days in (40, 20, 3):
            adopted(here, f"S/RES/{days}", TODAY - timedelta(days), TODAY)

        def told(**asked: Any) -> list[str]:
            return [line.split()[1] for line in status(here, **asked)["recent_changes"] if "S/RES" in line]

        assert told() == ["S/RES/3", "S/RES/20"]
        assert told(since=TODAY - timedelta(40)) == ["S/RES/3", "S/RES/20", "S/RES/40"]
        assert told(as_of=TODAY - timedelta(10)) == ["S/RES/20", "S/RES/40"]

    def test_have_what_became_known_since_however_long_ago_it_was(self, here: Any) -> None:
        item = world.milestone(here, code="M-1", now=NOW - timedelta(90))
        late = Fact("a report", holds_from=TODAY - timedelta(80), known_from=TODAY - timedelta(2))
        take(item, "finish", by=world.founder(), now=NOW, despite=late)
        assert any("M-1" in line and "done" in line for line in status(here)["recent_changes"])
        assert not any("done" in line for line in status(here, known_at=TODAY - timedelta(3))["recent_changes"])

    def test_say_that_there_are_older_ones(self, here: Any) -> None:
        for _ in range(MOST):
            world.milestone(here)
        told = status(here)["recent_changes"]
        assert len(told) == MOST + 1
        assert "history" in told[-1]
        assert all("history" not in line for line in told[:-1])


class TestWhatIsMarked:
    def test_is_not_counted_nor_told_of(self, here: Any) -> None:
        secret = world.milestone(here, code="SECRET", marking=Marking.CONFIDENTIAL, due_on=TODAY - timedelta(1))
        redate(secret, TODAY - timedelta(2), by=world.founder(), now=NOW, reason="moved quietly")
        found = status(here, world.person(Role.GOVERNMENT_FOCAL_POINT, here))
        assert found["milestones"] == {"by_state": {}, "overdue": 0, "next_30_days": 0}
        assert not any("SECRET" in line for line in found["recent_changes"])


class TestQueries:
    def test_are_as_many_for_much_as_for_little(self, here: Any, django_assert_max_num_queries: Any) -> None:
        reader, counts = world.person(Role.PLANNER, here), []
        status(here, reader)  # a person's roles are read once
        for more in (1, 6):
            for _ in range(more):
                take(world.phase(here), "enter", by=world.founder(), now=NOW)
                world.pause(here)
                late = world.milestone(here, hard=True, pillar=world.pillar(here, f"p{next(world.number)}"))
                take(late, "finish", by=world.founder(), now=NOW, despite=Fact("a report", TODAY))
                redate(world.milestone(here), TODAY, by=world.founder(), now=NOW, reason="x")
                adopted(here, f"S/RES/{next(world.number)}", TODAY, TODAY)
                approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
            with django_assert_max_num_queries(60) as asked:
                status(here, reader)
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestOpenItems:
    def test_are_open_on_a_day_until_they_were_settled(self, here: Any) -> None:
        before = NOW - timedelta(days=20)
        item = world.milestone(here, hard=True, now=before)
        take(item, "finish", by=world.founder(), now=before, despite=Fact("a report", before.date()))
        close_item(OpenItem.objects.get(), how="Settled.", by=world.founder(), now=NOW)
        yesterday = TODAY - timedelta(1)
        days = [TODAY, yesterday, TODAY - timedelta(21)]
        assert [status(here, as_of=day)["open_items"] for day in days] == [0, 1, 0]
        assert status(here, known_at=yesterday)["open_items"] == 1

    def test_that_became_known_late_were_not_known_before(self, here: Any) -> None:
        earlier, yesterday = TODAY - timedelta(9), TODAY - timedelta(1)
        item = world.milestone(here, hard=True, now=NOW - timedelta(days=20))
        take(item, "finish", by=world.founder(), now=NOW, despite=Fact("a report", earlier, known_from=TODAY))
        assert status(here, as_of=earlier)["open_items"] == 1
        assert status(here, as_of=earlier, known_at=yesterday)["open_items"] == 0
