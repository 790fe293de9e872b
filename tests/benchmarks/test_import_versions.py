"""What an import makes of words that go back, of definitions that come late, and of judgements without a value."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchmarks.exporting import tables_of, write_folder
from benchmarks.listing import indicators_at
from benchmarks.models import Assessment, Benchmark, Definition, Indicator, Measurement
from tests import world
from tests.benchmarks.files import BENCHMARKS, INDICATORS, bring, bring_tables, refusals, update
from transitions.status.overview import console
from transitions.status.reader import view_of

SUMMER = date(2020, 6, 30)


class TestWordsThatGoBack:
    """In a later report: a wording again, from its day on."""

    def test_to_earlier_ones_are_a_wording_of_their_own_day(self, set_up: Any, tmp_path: Path) -> None:
        reworded = BENCHMARKS[0] | {"statement": "All courts are open", "source": "S/1"}
        back = BENCHMARKS[0] | {"source": "S/2"}
        for row in (reworded, back):
            assert bring_tables(set_up, tmp_path, benchmarks=[row]).written
        wordings = Benchmark.objects.get().wordings.values_list("number", "statement", "holds_from")
        assert [*wordings][-1] == (3, BENCHMARKS[0]["statement"], SUMMER)

    def test_are_none_when_an_older_file_is_brought_in_again(self, set_up: Any, tmp_path: Path) -> None:
        rows = [BENCHMARKS[0] | {"statement": f"Courts {source}", "source": source} for source in ("S/1", "S/2")]
        bring_tables(set_up, tmp_path, benchmarks=rows)
        for again in ([rows[0]], rows, BENCHMARKS):
            assert not bring_tables(set_up, tmp_path, benchmarks=again).written


class TestADefinitionOfAReportWhoseValuesAreThere:
    LATE = INDICATORS[1] | {"target_value": "120", "source": "S/2"}

    def bring(self, here: Any, tmp_path: Path, **given: Any) -> Any:
        bring_tables(here, tmp_path, updates=[update("1.2", "S/2", value="130", **{"class": "positive"})])
        return bring_tables(here, tmp_path, indicators=[self.LATE | given])

    def row(self, here: Any, **days: date) -> Any:
        rows = indicators_at(here, view_of(here, user=console(), now=world.NOW, **days))
        return next(row for row in rows if row["code"] == "1.2")

    def test_counts_them(self, set_up: Any, tmp_path: Path) -> None:
        assert self.bring(set_up, tmp_path).written
        row = self.row(set_up)
        assert (row["definition"], row["measurement"]["value"], row["met"]) == (2, 130, "met")
        assert (row["assessment"]["definition"], row["class"]) == (2, "positive")
        was, now = Measurement.objects.order_by("pk")
        assert (was.definition.number, now.definition.number, now.supersedes) == (1, 2, was)
        assert (now.known_from, now.reason) == (was.known_from, "counted by definition 2, which S/2 gives")
        assert Assessment.objects.last().measurement == now  # type: ignore[union-attr]

    def test_counts_them_in_an_answer_that_knows_the_report_and_in_none_before(
        self, set_up: Any, tmp_path: Path
    ) -> None:
        before = self.row(set_up, as_of=date(2020, 7, 1), known_at=date(2020, 7, 1))
        self.bring(set_up, tmp_path)
        assert self.row(set_up, as_of=date(2020, 7, 1), known_at=date(2020, 7, 1)) == before
        assert self.row(set_up, as_of=date(2020, 7, 1), known_at=date(2020, 7, 20))["measurement"]["value"] == 130

    def test_changes_nothing_twice(self, set_up: Any, tmp_path: Path) -> None:
        self.bring(set_up, tmp_path)
        assert not self.bring(set_up, tmp_path).written
        assert (Definition.objects.filter(indicator__code="1.2").count(), Measurement.objects.count()) == (2, 2)

    def test_leaves_values_of_another_report_with_theirs(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.2", value="50")])
        self.bring(set_up, tmp_path)
        assert Measurement.objects.get(report__symbol="S/1").definition.number == 1

    def test_counts_them_where_one_is_corrected_in_the_same_turn(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.2", "S/2", value="130"), update("1.3", "S/2", value="60")])
        right = [update("1.2", "S/2", value="13", correction="misread")]
        assert bring_tables(set_up, tmp_path, indicators=[self.LATE], updates=right).written
        standing = Measurement.objects.get(superseded_by=None, indicator__code="1.2")
        assert (standing.value, standing.definition.number) == (13, 2)

    def test_of_another_kind_than_they_are_is_refused(self, set_up: Any, tmp_path: Path) -> None:
        outcome = self.bring(set_up, tmp_path, kind="percentage", target_value="80", baseline_value="10")
        assert refusals(outcome) == [("indicators.csv", 2, "kind")]
        assert "S/2 gave it the value 130 already" in outcome.refused[0].reason
        assert Definition.objects.filter(indicator__code="1.2").count() == 1


class TestAClassAlone:
    def test_with_a_note_and_a_page_is_a_judgement_and_no_value(self, set_up: Any, tmp_path: Path) -> None:
        row = update("1.2", note="as the courts say", page="12", **{"class": "positive"})
        assert bring_tables(set_up, tmp_path, updates=[row]).written
        assert not Measurement.objects.exists()
        judged = Assessment.objects.get()
        assert (judged.note, judged.page, judged.measurement) == ("as the courts say", "12", None)
        assert not bring_tables(set_up, tmp_path, updates=[row]).written

    def test_comes_out_and_in_again(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.2", note="seen", page="12", **{"class": "positive"})])
        write_folder(tables_of(set_up, user=world.founder(), now=world.NOW), tmp_path / "out")
        assert not bring(set_up, tmp_path / "out").changes
        other = world.transition("under_way", time_zone="America/Port-au-Prince")
        bring(other, tmp_path / "out")
        assert Assessment.objects.filter(indicator__transition=other).values_list("note", "page").get() == (
            "seen", "12",
        )  # fmt: skip


class TestACount:
    @pytest.mark.parametrize("kind", ["count", "cumulative"])
    def test_is_a_whole_number(self, set_up: Any, tmp_path: Path, kind: str) -> None:
        new = {"code": "1.9", "benchmark": "1", "statement": "Cases", "kind": kind, "direction": ">="}
        assert bring_tables(set_up, tmp_path, indicators=[new | {"target_value": "100.0"}]).written
        outcome = bring_tables(set_up, tmp_path, updates=[update("1.9", value="12.5"), update("1.3", value="62.5")])
        assert refusals(outcome) == [("updates.csv", 2, "value")]
        assert outcome.refused[0].reason == "a count is a whole number"
        targets = bring_tables(set_up, tmp_path, indicators=[new | {"code": "1.8", "target_value": "99.5"}])
        assert refusals(targets) == [("indicators.csv", 2, "target_value")]
        assert not Indicator.objects.filter(code="1.8").exists()
