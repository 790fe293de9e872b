"""Is the target met: every kind of indicator, and what each gets wrong when it is compared carelessly."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from benchmarks.met import MET, NOT_MET, UNKNOWN, Aim, Reading, is_met

D = Decimal


def aim(kind: str, target: Any, *, direction: str = ">=", basis: str = "point", parts: Any = ()) -> Aim:
    return Aim(kind, direction, basis, None if target is None else D(target), parts)


def of(value: Any, *window: date, **more: Any) -> Reading:
    start, end = window or (None, None)
    return Reading(None if value is None else D(value), period_start=start, period_end=end, **more)


YEAR = (date(2019, 1, 1), date(2019, 12, 31))
HALF = (date(2019, 1, 1), date(2019, 6, 30))
TWO_YEARS = (date(2018, 1, 1), date(2019, 12, 31))


class TestEveryKind:
    @pytest.mark.parametrize(
        ("target", "value", "met"),
        [
            (aim("ladder", 3), of(2), NOT_MET),  # voted is not promulgated
            (aim("ladder", 3), of(3), MET),
            (aim("count", 18), of(18), MET),
            (aim("cumulative", 800, basis="cumulative_since"), of(799), NOT_MET),
            (aim("rate", "1.45"), of("1.4"), NOT_MET),
            (aim("percentage", 80), of(None, numerator=D(8), denominator=D(10)), MET),
            (aim("percentage", 80), of(None, numerator=D(7), denominator=D(10)), NOT_MET),
            (aim("yes_no", 1), of(0), NOT_MET),
            (aim("survey", 88), of("87.9"), NOT_MET),
            (aim("count", 5, direction="="), of(6), NOT_MET),
        ],
    )
    def test_is_compared_in_its_own_way(self, target: Aim, value: Reading, met: str) -> None:
        assert is_met(target, value).met == met


class TestAtMost:
    @pytest.mark.parametrize(("value", "met"), [("9.9", MET), ("10", MET), ("10.1", NOT_MET)])
    def test_is_met_from_above(self, value: str, met: str) -> None:
        assert is_met(aim("rate", 10, direction="<="), of(value)).met == met


class TestAYearlyTarget:
    @pytest.mark.parametrize(
        ("value", "window", "met"),
        [
            (800, YEAR, MET), (799, YEAR, NOT_MET),
            (800, HALF, MET),  # there already
            (700, HALF, UNKNOWN),  # half a year says nothing of the whole
            (900, TWO_YEARS, UNKNOWN),  # of which year?
            (700, TWO_YEARS, NOT_MET),  # not even in two
            (900, (), UNKNOWN),  # nobody says which months it counts
        ],
    )  # fmt: skip
    def test_of_a_count_needs_a_year_s_figure(self, value: int, window: Any, met: str) -> None:
        assert is_met(aim("count", 800, basis="annual"), of(value, *window)).met == met

    def test_as_a_ceiling_is_broken_early_and_held_only_by_the_whole_year(self) -> None:
        ceiling = aim("count", 3, direction="<=", basis="annual")
        found = [is_met(ceiling, of(value, *HALF)).met for value in (4, 2)]
        assert found == [NOT_MET, UNKNOWN]

    @pytest.mark.parametrize(
        ("value", "window", "met"),
        [
            (3, HALF, UNKNOWN), (2, HALF, UNKNOWN), (4, HALF, NOT_MET), (3, YEAR, MET), (2, TWO_YEARS, NOT_MET),
            (3, TWO_YEARS, UNKNOWN), (4, TWO_YEARS, UNKNOWN),
        ],
    )  # fmt: skip
    def test_to_be_hit_exactly_is_missed_early_by_too_many_alone(self, value: int, window: Any, met: str) -> None:
        assert is_met(aim("count", 3, direction="=", basis="annual"), of(value, *window)).met == met

    def test_year_to_date_is_settled_only_one_way_before_its_end(self) -> None:
        target = aim("cumulative", 10, basis="year_to_date")
        assert [is_met(target, of(value, *HALF)).met for value in (10, 9)] == [MET, UNKNOWN]
        assert is_met(target, of(9, *YEAR)).met == NOT_MET


class TestAComposite:
    PARTS = ({"name": "prisons", "target": 9}, {"name": "deaths", "target": 2, "direction": "<="})

    @pytest.mark.parametrize(
        ("given", "met"),
        [
            ({"prisons": 9, "deaths": 2}, MET),
            ({"prisons": 9, "deaths": 3}, NOT_MET),  # one part failing is enough
            ({"prisons": 8}, NOT_MET),  # and is known to fail before the others are known
            ({"prisons": 9}, UNKNOWN),
            ({"prisons": 9, "deaths": None}, UNKNOWN),
            ({}, UNKNOWN),
        ],
    )
    def test_passes_by_all_of_its_parts(self, given: Any, met: str) -> None:
        assert is_met(aim("composite", None, parts=self.PARTS), of(None, parts=given)).met == met

    def test_of_which_one_number_is_known_can_fail_by_it_and_not_pass(self) -> None:
        found = [is_met(aim("composite", 9), of(value)).met for value in (8, 9)]
        assert found == [NOT_MET, UNKNOWN]


class TestWhatIsNotKnown:
    @pytest.mark.parametrize(
        ("target", "value"),
        [
            (aim("percentage", 80), None),
            (aim("percentage", 80), of(None, numerator=D(5), denominator=D(0))),  # a division by zero is no value
            (aim("percentage", 80), of(None)),
            (aim("percentage", 80), of(None, quality="not_collected")),
            (aim("percentage", 0, direction="<="), of(None, quality="not_collected")),  # nor is it a zero
            (aim("count", None), of(5)),  # the target is a text
        ],
    )
    def test_is_neither_met_nor_not(self, target: Aim, value: Any) -> None:
        assert is_met(target, value).met == UNKNOWN
