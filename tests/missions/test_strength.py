"""Authorised strength against actual: what is known, of which day, from whom; and no figure that nobody gave."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests import world
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, MandateInstrument, Strength
from transitions.missions.strength import Ceiling, Month, StrengthOf, months_of, strength_of, stretches_of

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.TODAY
BASIS = Effect.Basis.EXPIRES


def adopted(here: Any, on: date, *effects: Effect, **fields: Any) -> MandateInstrument:
    instrument = MandateInstrument(
        mission=here.mission, symbol=f"S/{on}", body="Council", adopted_on=on, source="press", **fields
    )
    return record_instrument(instrument, effects, by=world.founder(), now=NOW)


def ceiling(number: int | None, component: str = "military", **fields: Any) -> Effect:
    said = "" if number is not None else "the ceilings of the day are held"
    return Effect(**{"kind": "strength", "number": number, "component": component, "text": said} | fields)


def expiry(on: date, **fields: Any) -> Effect:
    return Effect(**{"kind": "mandate_expiry", "date": on, "basis": BASIS} | fields)


def report(here: Any, on: date, number: int, component: str = "military", **fields: Any) -> Strength:
    given = {"mission": here.mission, "component": component, "number": number, "holds_from": on, "known_from": on,
             "recorded_at": NOW, "by": world.founder(), "source": "report"} | fields  # fmt: skip
    return Strength.objects.create(**given)


def strength(here: Any, as_of: date = TODAY, known_at: date | None = None) -> StrengthOf:
    return strength_of(here.mission_id, as_of=as_of, known_at=known_at or as_of)


def steps(here: Any, component: str = "military", **clocks: Any) -> list[tuple[str, str | None, int | None]]:
    found = [one for one in strength(here, **clocks).ceilings if one.component == component]
    return [(str(one.since), one.until and str(one.until), one.number) for one in found]


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


class TestCeilings:
    def test_hold_from_their_own_day_else_from_that_of_their_instrument(self, here: Any) -> None:
        later = ceiling(8735, date=date(2018, 2, 1), basis=BASIS)
        adopted(here, date(2017, 6, 29), ceiling(11395), later)
        adopted(here, date(2018, 7, 13), ceiling(4050), effective_from=date(2018, 7, 20))
        assert steps(here) == [
            ("2017-06-29", "2018-01-31", 11395), ("2018-02-01", "2018-07-19", 8735), ("2018-07-20", None, 4050),
        ]  # fmt: skip

    def test_go_up_again(self, here: Any) -> None:
        adopted(here, date(2017, 1, 1), ceiling(4000), ceiling(500, "police"))
        adopted(here, date(2018, 1, 1), ceiling(3000), ceiling(740, "police"))
        assert [number for *_, number in steps(here)] == [4000, 3000]
        assert [number for *_, number in steps(here, "police")] == [500, 740]

    def test_are_unknown_where_an_instrument_gives_no_figure(self, here: Any) -> None:
        adopted(here, date(2018, 7, 13), ceiling(4050), ceiling(2500, "police"))
        adopted(here, date(2019, 6, 27), ceiling(None, ""))
        adopted(here, date(2020, 6, 3), ceiling(1000, "police"))
        assert [number for *_, number in steps(here)] == [4050, None]
        assert [number for *_, number in steps(here, "police")] == [2500, None, 1000]
        assert [one.text for one in strength(here).ceilings if one.number is None] == [
            "the ceilings of the day are held"
        ] * 2

    def test_of_a_later_instrument_overtake_days_to_come_of_an_earlier_one(self, here: Any) -> None:
        adopted(here, date(2017, 6, 29), ceiling(11395), ceiling(8735, date=date(2020, 2, 1), basis=BASIS))
        adopted(here, date(2019, 1, 1), ceiling(10000))
        assert [number for *_, number in steps(here)] == [11395, 10000]

    def test_to_come_are_known_already(self, here: Any) -> None:
        adopted(here, date(2020, 9, 1), ceiling(900), ceiling(500, date=date(2021, 7, 1), basis=BASIS))
        assert steps(here) == [("2020-09-01", "2021-06-30", 900), ("2021-07-01", None, 500)]

    def test_are_those_known_on_the_day(self, here: Any) -> None:
        adopted(here, date(2018, 7, 13), ceiling(4050))
        adopted(here, date(2020, 6, 3), ceiling(1000))
        assert [number for *_, number in steps(here, as_of=date(2020, 6, 2))] == [4050]
        assert [number for *_, number in steps(here, as_of=TODAY, known_at=date(2020, 6, 2))] == [4050]

    def test_last_no_longer_than_the_mandate(self, here: Any) -> None:
        adopted(here, date(2018, 7, 13), ceiling(4050), expiry(date(2020, 6, 30)))
        assert steps(here) == [("2018-07-13", "2020-06-30", 4050), ("2020-07-01", None, None)]
        adopted(here, date(2020, 6, 29), expiry(date(2021, 6, 30)))
        adopted(here, date(2020, 6, 30), expiry(date(2019, 1, 1), basis="unconfirmed"))
        assert [number for *_, number in steps(here)] == [4050, 4050, None]

    def test_say_which_extension_did_not_restate_them(self, here: Any) -> None:
        adopted(here, date(2018, 7, 13), ceiling(4050), expiry(date(2019, 6, 30)))
        adopted(here, date(2019, 6, 27), expiry(date(2020, 10, 31)))
        told = [(one.number, one.not_restated_by) for one in strength(here).ceilings]
        assert told == [(4050, ""), (4050, "S/2019-06-27"), (None, "")]

    @pytest.mark.parametrize("of", ["effect", "instrument"])
    def test_say_where_their_day_is_not_certain(self, here: Any, of: str) -> None:
        effect = ceiling(8735, approximate=of == "effect")
        adopted(here, date(2018, 7, 13), effect, approximate=of == "instrument")
        assert [one.approximate for one in strength(here).ceilings] == [True]

    def test_are_recorded_with_a_figure_or_with_a_text_that_says_why_not(self, here: Any) -> None:
        for wrong in (ceiling(None, text=""), ceiling(4050, component="", text="")):
            with pytest.raises(ValidationError, match="needs a component and a number, or a text"):
                adopted(here, date(2018, 7, 13), wrong)


class TestReports:
    def test_count_on_their_day_as_far_as_they_were_known(self, here: Any) -> None:
        report(here, date(2020, 8, 31), 3900)
        report(here, date(2020, 9, 30), 3800, known_from=TODAY)
        assert [one.number for one in strength(here).reports] == [3900, 3800]
        assert [one.number for one in strength(here, date(2020, 9, 30)).reports] == [3900]
        assert strength(here, date(2020, 8, 30)) == StrengthOf([], [], [])

    def test_about_one_day_are_replaced_by_the_one_recorded_last(self, here: Any) -> None:
        report(here, date(2020, 8, 31), 3900)
        report(here, date(2020, 8, 31), 3905)
        assert [one.number for one in strength(here).reports] == [3905]


class TestMonths:
    def months(self, here: Any, component: str = "military", **clocks: Any) -> dict[str, Month]:
        found = months_of(strength(here, **clocks), as_of=clocks.get("as_of", TODAY))
        return {one.name: one for one in found if one.component == component}

    def test_set_what_was_reported_beside_what_was_authorised_on_that_day(self, here: Any) -> None:
        adopted(here, date(2020, 7, 10), ceiling(4000), ceiling(3000, date=date(2020, 8, 20), basis=BASIS))
        report(here, date(2020, 8, 19), 4100)
        months = self.months(here)
        assert list(months) == ["2020-07", "2020-08", "2020-09", "2020-10"]
        said = [(one.authorised, one.actual, one.gap, str(one.on)) for one in months.values()]
        assert said[:3] == [
            (4000, None, None, "2020-07-31"), (4000, 4100, -100, "2020-08-19"), (3000, None, None, "2020-09-30"),
        ]  # fmt: skip

    def test_never_take_unknown_for_zero(self, here: Any) -> None:
        adopted(here, date(2020, 8, 1), ceiling(None, ""))
        report(here, date(2020, 9, 30), 360, "guard unit")
        found = self.months(here, "guard unit")["2020-09"]
        assert (found.authorised, found.actual, found.gap) == (None, 360, None)

    def test_go_as_far_as_what_is_authorised_already(self, here: Any) -> None:
        adopted(here, date(2020, 9, 1), ceiling(900), ceiling(500, date=date(2020, 12, 1), basis=BASIS))
        assert list(self.months(here)) == ["2020-09", "2020-10", "2020-11", "2020-12"]

    def test_that_say_the_same_stand_together(self, here: Any) -> None:
        adopted(here, date(2020, 4, 1), ceiling(900))
        report(here, date(2020, 7, 15), 880)
        together = stretches_of(months_of(strength(here), as_of=TODAY))
        assert [(one.first.name, one.last.name, one.months) for one in together] == [
            ("2020-04", "2020-06", 3), ("2020-07", "2020-07", 1), ("2020-08", "2020-10", 3),
        ]  # fmt: skip

    def test_are_none_where_nothing_is_on_record(self, here: Any) -> None:
        assert months_of(strength(here), as_of=TODAY) == []


def test_strength_takes_the_same_queries_whatever_there_is(here: Any, django_assert_num_queries: Any) -> None:
    for year in range(2008, 2020):
        adopted(here, date(year, 7, 1), ceiling(year), ceiling(None, "police"), expiry(date(year + 1, 6, 30)))
        report(here, date(year, 12, 31), year)
    with django_assert_num_queries(4):
        assert len(strength(here).reports) == 12
    assert isinstance(strength(here).ceilings[0], Ceiling)
