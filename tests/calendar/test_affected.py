"""A recorded instrument that changes a date of the end moves nothing by itself: it lists what it touches."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.calendar.models import Redating
from transitions.calendar.resolution_lists import lists_of
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, MandateInstrument
from transitions.outbox.kinds import Letter, NoLonger, letters
from transitions.outbox.models import Message
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
OCTOBER, DECEMBER = date(2020, 10, 31), date(2020, 12, 31)


def recorded(here: Any, adopted: date, until: date, **fields: Any) -> MandateInstrument:
    instrument = MandateInstrument(mission=here.mission, symbol=f"S/{adopted}", body="Council", adopted_on=adopted)
    effect = Effect(**{"kind": Effect.Kind.MANDATE_EXPIRY, "date": until, "basis": "expires_unless_renewed"} | fields)
    now = max(world.NOW, datetime(adopted.year, adopted.month, adopted.day, 12, tzinfo=UTC))
    return record_instrument(instrument, [effect], by=world.founder(), now=now, source="a source")


def touched(instrument: MandateInstrument, user: Any = None) -> list[str]:
    """What is left in its lists, as far as a person sees it."""
    here = instrument.mission.transitions.first()
    found = lists_of(here, user=user or world.founder(), now=world.NOW, instrument=instrument.pk)
    return [row.code for one in found for row in one.open]


@pytest.fixture
def here() -> Any:
    """The mandate ends in October; an item falls due in each month from August to January."""
    it = world.transition("under_way")
    for month in (8, 9, 10, 11, 12):
        world.milestone(it, code=f"M-{month}", due_on=date(2020, month, 15))
    world.milestone(it, code="M-1", due_on=date(2021, 1, 15))
    world.milestone(it, code="UNDATED", due_on=None)
    recorded(it, date(2019, 10, 31), OCTOBER)
    Message.objects.all().delete()
    return it


class TestWhatItTouches:
    def test_lists_what_lies_after_the_earlier_of_the_old_and_the_new_end(self, here: Any) -> None:
        assert touched(recorded(here, date(2020, 10, 2), DECEMBER)) == ["M-11", "M-12", "M-1"]

    def test_lists_what_lies_after_an_end_that_comes_earlier(self, here: Any) -> None:
        assert touched(recorded(here, date(2020, 10, 2), date(2020, 9, 30))) == ["M-10", "M-11", "M-12", "M-1"]

    def test_lists_what_falls_on_the_very_day_of_an_end_that_comes_later(self, here: Any) -> None:
        world.milestone(here, code="M-END", due_on=OCTOBER)
        world.milestone(here, code="M-NEW", due_on=date(2020, 9, 30))
        later = recorded(here, date(2020, 10, 2), DECEMBER)
        assert touched(later) == ["M-END", "M-11", "M-12", "M-1"]
        sooner = recorded(here, date(2020, 10, 3), date(2020, 9, 30))
        assert "M-NEW" not in touched(sooner)  # it falls on the new end, and fits

    def test_lists_open_items_of_the_mission_that_the_person_sees(self, here: Any) -> None:
        other = world.transition("under_way")
        world.milestone(other, code="OTHER", due_on=date(2020, 12, 1))
        world.milestone(here, code="HIDDEN", due_on=date(2020, 12, 1), marking=Marking.STRICTLY_CONFIDENTIAL)
        take(here.milestones.get(code="M-12"), "finish", by=world.founder(), now=world.NOW)
        extended = recorded(here, date(2020, 10, 2), DECEMBER)
        assert touched(extended, world.person(Role.UNCT_FOCAL_POINT, here)) == ["M-11", "M-1"]

    def test_lists_nothing_for_what_moves_no_end(self, here: Any) -> None:
        assert touched(recorded(here, date(2020, 10, 2), OCTOBER)) == []
        assert touched(recorded(here, date(2020, 10, 3), DECEMBER, kind=Effect.Kind.DECISION)) == []

    def test_lists_nothing_once_a_later_instrument_has_set_the_same_end(self, here: Any) -> None:
        first = recorded(here, date(2020, 10, 2), DECEMBER)
        recorded(here, date(2020, 10, 3), date(2021, 3, 31), basis="unconfirmed")
        assert touched(first) == ["M-11", "M-12", "M-1"]
        second = recorded(here, date(2020, 10, 4), date(2021, 6, 30))
        assert touched(first) == []
        assert touched(second) == ["M-11", "M-12", "M-1"]  # what the first had left, and what lies after the new cut

    def test_lists_nothing_for_one_recorded_late_that_a_later_one_has_overtaken(self, here: Any) -> None:
        recorded(here, date(2020, 10, 4), date(2021, 6, 30))
        assert touched(recorded(here, date(2020, 10, 2), DECEMBER)) == []

    def test_lists_nothing_for_what_is_not_confirmed(self, here: Any) -> None:
        assert touched(recorded(here, date(2020, 10, 2), DECEMBER, basis="unconfirmed")) == []


class TestTellAffected:
    @pytest.fixture
    def planner(self, here: Any) -> Any:
        return world.person(Role.PLANNER, here)

    def letter(self) -> Letter | NoLonger:
        [written] = letters(Message.objects.filter(kind="calendar.instrument_touches"), now=world.NOW).values()
        return written  # type: ignore[return-value]

    def test_tells_each_planner_how_many_and_moves_nothing(self, here: Any, planner: Any) -> None:
        world.person(Role.AUDITOR, here)
        dates, rows = list(here.milestones.values_list("pk", "due_on")), Redating.objects.count()
        recorded(here, date(2020, 10, 2), DECEMBER, basis="conditional")
        assert [message.recipient for message in Message.objects.all()] == [planner]
        written = self.letter()
        assert isinstance(written, Letter)
        assert "3 open items" in written.text
        assert "mandate expiry from 2020-10-31 to 2020-12-31, conditional" in written.text
        made = MandateInstrument.objects.get(adopted_on=date(2020, 10, 2))
        assert reverse("admin:resolution_list", args=[made.pk, here.slug]) in written.text
        assert (list(here.milestones.values_list("pk", "due_on")), Redating.objects.count()) == (dates, rows)

    def test_tells_nobody_where_nothing_is_touched(self, here: Any, planner: Any) -> None:
        recorded(here, date(2020, 10, 2), OCTOBER)
        recorded(here, date(2020, 10, 3), date(2022, 1, 1), kind=Effect.Kind.LIQUIDATION)
        assert not Message.objects.exists()

    def test_is_withdrawn_once_a_later_instrument_has_set_the_same_end(self, here: Any, planner: Any) -> None:
        recorded(here, date(2020, 10, 2), DECEMBER)
        recorded(here, date(2020, 10, 4), OCTOBER)
        written = letters(Message.objects.order_by("pk")[:1], now=world.NOW)
        assert [type(one) for one in written.values()] == [NoLonger]
