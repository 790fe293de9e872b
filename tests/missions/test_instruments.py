from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import world
from transitions.access.permissions import Role
from transitions.missions.ends import ends_of
from transitions.missions.instruments import agree_end_state, record_instrument
from transitions.missions.models import Effect, EndState, MandateInstrument

pytestmark = pytest.mark.django_db
COUNCIL, AFRICAN_UNION = "Security Council", "AU Peace and Security Council"


def recorded(here: Any, symbol: str, adopted: date, until: date | None, **more: Any) -> MandateInstrument:
    """One that sets the mandate's end (none, if `until` is None), recorded by the founder at noon of `recorded_on`."""
    recorded_on = more.pop("recorded_on", max(adopted, world.NOW.date()))
    basis, body = more.pop("basis", "expires_unless_renewed"), more.pop("body", COUNCIL)
    kind = more.pop("kind", Effect.Kind.MANDATE_EXPIRY)
    effects = [Effect(kind=kind, date=until, basis=basis)] if until else []
    instrument = MandateInstrument(mission=here.mission, symbol=symbol, body=body, adopted_on=adopted, **more)
    now = datetime(recorded_on.year, recorded_on.month, recorded_on.day, 12, tzinfo=UTC)
    return record_instrument(instrument, effects, by=world.founder(), now=now, source="a source")


def end(here: Any, as_of: date, known_at: date | None = None) -> Any:
    return ends_of([here.mission_id], as_of=as_of, known_at=known_at or as_of)[here.mission_id]


class TestRecordInstrument:
    def test_holds_from_its_adoption_however_late_it_is_recorded(self) -> None:
        here = world.transition()
        made = recorded(here, "S/RES/1", date(2019, 6, 27), date(2019, 10, 31), recorded_on=date(2020, 10, 1))
        assert (made.holds_from, made.known_from) == (date(2019, 6, 27), date(2019, 6, 27))
        assert end(here, date(2019, 7, 1)).headline.instrument == "S/RES/1"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"adopted": date(2020, 10, 2), "recorded_on": date(2020, 10, 1)}, "adopted_on"),
            ({"effective_from": date(2020, 1, 2), "effective_until": date(2020, 1, 1)}, "__all__"),
            ({"symbol": ""}, "symbol"),
        ],
    )
    def test_names_the_field_that_is_wrong_and_records_nothing(self, fields: dict[str, Any], field: str) -> None:
        given_ = {"symbol": "S/RES/1", "adopted": date(2020, 1, 1), "until": date(2020, 12, 31)} | fields
        with pytest.raises(ValidationError) as refused:
            recorded(world.transition(), **given_)
        assert field in refused.value.message_dict
        assert not MandateInstrument.objects.exists()

    def test_an_effect_that_is_wrong_leaves_nothing_either(self) -> None:
        with pytest.raises(ValidationError, match="basis"):
            recorded(world.transition(), "S/RES/1", date(2020, 1, 1), date(2020, 12, 31), basis="")
        assert not MandateInstrument.objects.exists()

    @pytest.mark.parametrize("zones", [(), ("America/New_York", "Pacific/Auckland")])
    def test_is_adopted_once_the_day_has_come_in_a_zone_of_its_mission_or_anywhere(self, zones: Any) -> None:
        mission, night = world.mission(), datetime(2020, 10, 1, 13, tzinfo=UTC)  # the next day in Auckland
        for zone in zones:
            world.transition(mission=mission, time_zone=zone)
        for day, refused in ((date(2020, 10, 2), False), (date(2020, 10, 3), True)):
            made = MandateInstrument(mission=mission, symbol=f"S/{day}", body=COUNCIL, adopted_on=day)
            with pytest.raises(ValidationError, match="in the future") if refused else nullcontext():
                record_instrument(made, by=world.founder(), now=night, source="a source")

    def test_is_recorded_once(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/1", date(2020, 1, 1), date(2020, 12, 31))
        with pytest.raises(ValidationError, match="already exists"):
            recorded(here, "S/RES/1", date(2020, 2, 1), date(2021, 12, 31))
        assert str(end(here, date(2020, 3, 1)).headline.date) == "2020-12-31"

    def test_supersedes_nothing_that_came_after_it_or_is_another_mission_s(self) -> None:
        here = world.transition()
        later = recorded(here, "S/RES/2", date(2020, 5, 1), None)
        for older in (later, recorded(world.transition(), "S/RES/3", date(2020, 1, 1), None)):
            with pytest.raises(ValidationError) as refused:
                recorded(here, "S/RES/1", date(2020, 4, 1), None, supersedes=older)
            assert list(refused.value.message_dict) == ["supersedes"]

    def test_is_for_who_records_instruments_of_this_mission(self) -> None:
        here, elsewhere = world.transition(), world.transition()
        for by in (world.person(Role.AUDITOR, here), world.person(Role.PLANNER, elsewhere)):
            instrument = MandateInstrument(mission=here.mission, symbol="S", body="B", adopted_on=date(2020, 1, 1))
            with pytest.raises(PermissionDenied):
                record_instrument(instrument, by=by, now=world.NOW)


class TestEnds:
    def test_the_latest_adopted_one_holds_whatever_date_it_sets(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/1", date(2019, 1, 1), date(2021, 12, 31))
        recorded(here, "S/RES/2", date(2019, 6, 1), date(2019, 12, 31))
        assert str(end(here, date(2019, 7, 1)).headline.date) == "2019-12-31"
        assert str(end(here, date(2019, 5, 31)).headline.date) == "2021-12-31"

    def test_one_recorded_after_a_later_adopted_one_does_not_take_its_place(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/2", date(2019, 6, 1), date(2019, 12, 31))
        recorded(here, "S/RES/1", date(2019, 1, 1), date(2021, 12, 31))
        assert end(here, date(2019, 7, 1)).headline.instrument == "S/RES/2"
        assert end(here, date(2019, 5, 31)).headline.instrument == "S/RES/1"

    def test_a_decision_s_date_moves_no_end(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/1", date(2019, 1, 1), date(2020, 10, 31))
        recorded(here, "S/RES/2", date(2019, 6, 1), date(2020, 5, 31), kind=Effect.Kind.DECISION, basis="intention")
        assert end(here, date(2019, 7, 1)).headline.instrument == "S/RES/1"

    def test_an_unconfirmed_one_never_leads_and_another_body_s_is_shown(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/1", date(2019, 1, 1), date(2019, 10, 31))
        recorded(here, "PSC/1", date(2019, 2, 1), date(2020, 6, 30), body=AFRICAN_UNION, basis="unconfirmed")
        found = end(here, date(2019, 3, 1))
        assert found.headline.instrument == "S/RES/1"
        assert len(found.conflicts) == 1
        assert "unconfirmed" in found.conflicts[0]

    def test_two_confirmed_bodies_are_a_conflict_too(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/1", date(2019, 1, 1), date(2019, 10, 31))
        recorded(here, "PSC/1", date(2019, 2, 1), date(2020, 6, 30), body=AFRICAN_UNION, basis="fixed")
        assert len(end(here, date(2019, 3, 1)).conflicts) == 1

    def test_no_conflict_is_what_lies_behind_or_comes_from_the_same_body(self) -> None:
        here = world.transition()
        recorded(here, "S/RES/1", date(2019, 1, 1), date(2019, 10, 31))
        recorded(here, "S/PRST/1", date(2019, 1, 2), date(2019, 11, 30), basis="unconfirmed")
        recorded(here, "PSC/1", date(2019, 2, 1), date(2019, 3, 31), body=AFRICAN_UNION, basis="fixed")
        recorded(here, "S/RES/2", date(2019, 2, 15), date(2019, 12, 31))
        assert [len(end(here, date(2019, *day)).conflicts) for day in ((1, 15), (3, 31), (4, 1))] == [0, 1, 0]

    def test_none_is_unknown(self) -> None:
        assert end(world.transition(), date(2019, 1, 1)).headline is None


class TestWhatWasKnown(TestCase):
    """ "What did we know on day D" never changes by anything that becomes known later."""

    @settings(max_examples=25, deadline=None)
    @given(
        past=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 900)), min_size=1, max_size=4),
        later=st.lists(st.tuples(st.integers(301, 600), st.integers(1, 900)), max_size=3),
    )
    def test_stays_as_it_was(self, past: Any, later: Any) -> None:
        here, start = world.transition(), date(2018, 1, 1)
        for number, (adopted, length) in enumerate(past):
            on = start + timedelta(adopted)
            recorded(here, f"P{number}", on, on + timedelta(length), recorded_on=start + timedelta(300))
        day = start + timedelta(300)
        before = end(here, day)
        for number, (adopted, length) in enumerate(later):
            on = start + timedelta(adopted)
            recorded(here, f"L{number}", on, on + timedelta(length), recorded_on=on)
        assert end(here, day) == before


class TestEndState:
    def test_is_replaced_by_a_later_one_only(self) -> None:
        here = world.transition()
        planner = world.person(Role.PLANNER, here)

        def agree(on: date) -> EndState:
            made = EndState(transition=here, text="Peace", agreed_by="all", holds_from=on, known_from=on)
            return agree_end_state(made, by=planner, now=world.NOW)

        agree(date(2020, 5, 1))
        for wrong in (date(2020, 4, 1), date(2020, 10, 2)):
            with pytest.raises(ValidationError) as refused:
                agree(wrong)
            assert list(refused.value.message_dict) == ["holds_from"]
        assert EndState.objects.count() == 1
