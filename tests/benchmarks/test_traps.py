"""Each kind of indicator and each trap of figures, on made-up cases and on the real one: from the value to the answer.

`docs/haiti.md` says what the program does about each, and which test holds it.
"""

from datetime import date
from typing import Any

import pytest

from benchmarks.annex import annex_of
from benchmarks.listing import indicators_at
from benchmarks.models import Definition
from benchmarks.proposing import propose
from benchmarks.readiness import readiness_of
from benchmarks.whole import warnings_of
from tests import country, world
from tests.benchmarks.files import real
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.engine import Blocked, take

NOW, TODAY = world.NOW, world.TODAY
SPRING, SUMMER = date(2020, 4, 1), date(2020, 7, 1)
YEAR = {"period_start": date(2019, 1, 1), "period_end": date(2019, 12, 31)}
FIFTEEN_MONTHS = {"period_start": date(2019, 1, 1), "period_end": date(2020, 3, 31)}
QUARTER = {"period_start": date(2020, 1, 1), "period_end": date(2020, 3, 31)}
SEATS = [{"name": "seats", "direction": ">=", "target": 9}, {"name": "women", "direction": ">=", "target": 3}]
RUNGS = ["drafted", "voted", "promulgated"]


def kind(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": name, "baseline": None} | more


def row_of(it: Any, **clocks: Any) -> Any:
    rows = indicators_at(it.transition, view_of(it.transition, user=console(), now=NOW, **clocks))
    return next(row for row in rows if row["code"] == it.code)


class TestEveryKind:
    @pytest.mark.parametrize(
        ("definition", "target", "given", "met"),
        [
            pytest.param(kind("ladder", rungs=RUNGS), 3, {"value": 2}, "not_met", id="ladder below its rung"),
            pytest.param(kind("ladder", rungs=RUNGS), 3, {"value": 3}, "met", id="ladder on its rung"),
            pytest.param(kind("ladder", rungs=RUNGS), 3, {"value": 0}, "not_met", id="ladder before its first rung"),
            pytest.param(kind("count"), 18, {"value": 18}, "met", id="count"),
            pytest.param(kind("count", direction="="), 18, {"value": 19}, "not_met", id="exactly"),
            pytest.param(kind("rate", per=1000, direction="<="), 10, {"value": "9.9"}, "met", id="at most, below"),
            pytest.param(kind("rate", per=1000, direction="<="), 10, {"value": "10.1"}, "not_met", id="at most, above"),
            pytest.param(kind("cumulative", period_basis="annual"), 800, {"value": 900, **FIFTEEN_MONTHS}, "unknown",
                         id="cumulative against annual, enough in more than a year"),
            pytest.param(kind("cumulative", period_basis="annual"), 800, {"value": 595, **FIFTEEN_MONTHS}, "not_met",
                         id="cumulative against annual, too few in more than a year"),
            pytest.param(kind("cumulative", period_basis="annual"), 800, {"value": 800, **YEAR}, "met",
                         id="cumulative against annual, a year"),
            pytest.param(kind("cumulative", period_basis="year_to_date"), 800, {"value": 300, **QUARTER}, "unknown",
                         id="year to date, not over"),
            pytest.param(kind("cumulative", period_basis="cumulative_since"), 800, {"value": 800, **FIFTEEN_MONTHS},
                         "met", id="cumulative since"),
            pytest.param(kind("percentage"), 80, {"numerator": 8, "denominator": 10}, "met", id="percentage"),
            pytest.param(kind("percentage"), 80, {"numerator": 0, "denominator": 0}, "unknown", id="zero denominator"),
            pytest.param(kind("yes_no", direction="="), 1, {"value": 0}, "not_met", id="yes or no"),
            pytest.param(kind("survey"), 88, {"value": None, "quality": "not_collected"}, "unknown",
                         id="survey, never run"),
            pytest.param(kind("composite", parts=SEATS), None, {"parts": {"seats": 9, "women": 3}}, "met",
                         id="composite, all parts"),
            pytest.param(kind("composite", parts=SEATS), None, {"parts": {"seats": 9, "women": 2}}, "not_met",
                         id="composite, one part failing"),
            pytest.param(kind("composite", parts=SEATS), None, {"parts": {"seats": 9}}, "unknown",
                         id="composite, one part not known"),
            pytest.param(kind("percentage", baseline=None), 80, {"value": 85}, "met", id="without a baseline"),
            pytest.param(kind("count", baseline=4), 2, {"value": 3}, "met", id="target below its baseline"),
            pytest.param(kind("percentage", direction="<=", baseline=62), 50, {"value": 65}, "not_met",
                         id="ceiling below its baseline"),
        ],
    )  # fmt: skip
    def test_is_compared_on_its_own_terms(self, here: Any, definition: Any, target: Any, given: Any, met: str) -> None:
        targets = [] if target is None else [target]
        it = country.indicator(country.benchmark(here), *targets, **definition)
        more = dict(given)
        country.value(it, more.pop("value", None), SPRING, **more)
        row = row_of(it)
        assert (row["met"], row["class"]) == (met, "not_assessed")
        found = readiness_of(here, user=console(), now=NOW)
        assert found["indicators"][met] == 1
        [benchmark] = found["benchmarks"]
        assert (benchmark["met"], benchmark["class"]) == (met, "not_assessed")

    def test_is_there(self) -> None:
        asked = {"ladder", "count", "cumulative", "rate", "percentage", "yes_no", "survey", "composite"}
        assert set(Definition.Kind.values) == asked


class TestAMissingBaseline:
    def test_leaves_the_trend_unknown_and_is_said(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), baseline=None)
        country.value(it, 60, SPRING)
        proposed = propose(it, as_of=TODAY, known_at=TODAY)
        assert (proposed.met, proposed.judged) == ("not_met", "not_assessed")
        assert "there is nothing before it to compare with" in proposed.reasons
        assert any("it has no baseline" in said for said in warnings_of(it.benchmark))

    def test_keeps_a_condition_from_coming_in_force(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here, state="proposed"), baseline=None)
        with pytest.raises(Blocked) as blocked:
            take(it.benchmark, "agree", by=world.founder(), now=NOW)
        assert [one.code for one in blocked.value.blockers] == ["no_whole_indicator"]


class TestATargetBelowItsBaseline:
    def test_is_said_and_taken_as_it_is(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), 2, baseline=4, kind="count")
        assert any("meets the target already" in said for said in warnings_of(it.benchmark))
        country.value(it, 3, SPRING)  # worse than it was, and enough
        proposed = propose(it, as_of=TODAY, known_at=TODAY)
        assert (proposed.met, proposed.judged) == ("met", "on_track")


class TestADefinitionThatChanged:
    def test_between_two_values_joins_them_nowhere(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here))
        country.value(it, 70, SPRING)
        country.judged(it, "on_track", SPRING)
        country.redefined(it, on=date(2020, 6, 1), baseline=None)
        country.value(it, 40, SUMMER)
        country.judged(it, "positive", SUMMER)
        found = readiness_of(here, user=console(), now=NOW, since=SPRING)
        assert [one["definition_changed"] for one in found["movers"]] == [True]
        assert propose(it, as_of=TODAY, known_at=TODAY).judged == "not_assessed"  # 40 after 70 is no fall
        rows = [row_of(it, as_of=day)["measurement"]["value"] for day in (SPRING, SUMMER)]
        assert rows == [70, 40]
        assert row_of(it, as_of=date(2020, 6, 2))["measurement"] is None


class TestTheRealCase:
    """What is computed of the real reports. What is done as they come in is in `test_import.py`."""

    @pytest.fixture
    def haiti(self, here: Any) -> Any:
        real(here)
        return here

    def rows(self, haiti: Any, as_of: date) -> Any:
        found = indicators_at(haiti, view_of(haiti, user=console(), now=NOW, as_of=as_of))
        return {row["code"]: row for row in found}

    def test_3_what_its_baseline_met_already_is_met_by_numbers_and_judged_by_people(self, haiti: Any) -> None:
        row = self.rows(haiti, date(2019, 1, 15))["8.1"]
        assert (row["baseline"]["value"], row["target"]["value"]) == (4, 2)
        benchmark = next(one for one in haiti.benchmarks.all() if one.code == "8")
        assert any("8.1" in said and "meets the target already" in said for said in warnings_of(benchmark))

    def test_4_a_figure_over_fifteen_months_has_its_window_beside_it(self, haiti: Any) -> None:
        row = self.rows(haiti, date(2019, 1, 15))["1.7"]
        assert (row["period_basis"], row["met"], row["measurement"]["value"]) == ("cumulative_since", "not_met", 595)
        assert (row["measurement"]["period_start"], row["measurement"]["period_end"]) == (
            date(2017, 10, 1), date(2018, 12, 31),
        )  # fmt: skip

    def test_6_what_was_never_collected_is_unknown_and_leaves_its_benchmark_unknown(self, haiti: Any) -> None:
        for day in (date(2018, 10, 15), date(2019, 1, 15)):
            rows = self.rows(haiti, day)
            assert (rows["6.1"]["met"], rows["6.1"]["measurement"]) == ("unknown", None)
        assert rows["3.2"]["met"] == "not_met"  # by its first half: of the second nothing is known
        found = readiness_of(haiti, user=console(), now=NOW, as_of=date(2019, 1, 15))
        assert next(one for one in found["benchmarks"] if one["code"] == "6")["class"] == "not_assessed"

    def test_7_class_and_number_stand_beside_each_other_where_they_disagree(self, haiti: Any) -> None:
        then, now = self.rows(haiti, date(2018, 10, 15)), self.rows(haiti, date(2019, 1, 15))
        assert (then["4.6"]["class"], then["4.6"]["met"]) == ("on_track", "not_met")
        assert (now["9.3"]["class"], now["9.3"]["met"]) == ("on_track", "not_met")
        view = view_of(haiti, user=console(), now=NOW, as_of=date(2019, 1, 15))
        lines = [line for part in annex_of(haiti, view).parts for line in part.lines]
        [line] = [line for line in lines if line.indicator.startswith("9.3 ")]
        assert (line.judged, line.met) == ("✓ on track", "by measurements: not met")

    def test_9_an_event_after_the_cut_off_is_known_with_its_report(self, haiti: Any) -> None:
        row = self.rows(haiti, date(2018, 10, 15))["1.3"]
        assert (row["measurement"]["as_of"], row["measurement"]["period_end"]) == (
            date(2018, 10, 15), date(2018, 10, 26),
        )  # fmt: skip
        assert row["measurement"]["known_from"] == date(2018, 11, 28)

    def test_10_after_its_day_a_target_stays_the_one_that_counts(self, haiti: Any) -> None:
        row = self.rows(haiti, date(2019, 9, 1))["1.1"]
        assert (row["target"]["date"], row["met"], row["class"]) == (date(2019, 4, 30), "not_met", "stagnating")
