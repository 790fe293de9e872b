"""What a file brings in, and what it never touches. The real reports are those of the demonstration."""

import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from benchmarks.importing import NoSource, open_path
from benchmarks.importing.columns import CLASSES
from benchmarks.models import (
    Assessment,
    Benchmark,
    Definition,
    DisplayCode,
    Indicator,
    Measurement,
    Report,
    RollUp,
    Target,
    Wording,
)
from benchmarks.readiness import readiness_of
from tests import world
from tests.benchmarks.files import (
    BENCHMARKS,
    INDICATORS,
    REAL,
    REPORTS,
    SET_UP,
    bring,
    bring_tables,
    real,
    refusals,
    update,
    write,
)
from transitions.access.permissions import Role
from transitions.missions.models import Transition
from transitions.status.overview import console
from transitions.workflow.lifecycles import Lifecycle
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db
PUBLISHED = {  # as the legends of the annexes and the data's notes count them
    "S/2018/795": {},
    "S/2018/1059": dict(zip(CLASSES, (5, 9, 15, 4, 10, 3), strict=True)),
    "S/2019/198": dict(zip(CLASSES, (8, 15, 11, 4, 7, 1), strict=True)),
}
MODELS = (Benchmark, Wording, Indicator, Definition, Target, Report, RollUp, DisplayCode, Measurement, Assessment,
          StateChange)  # fmt: skip


def rows_of_all() -> dict[str, Any]:
    return {model.__name__: model._base_manager.count() for model in MODELS}


def classes(report: str) -> dict[str, int]:
    return dict(Counter(Assessment.objects.filter(report__symbol=report).values_list("judged", flat=True)))


def definition(code: str) -> Any:
    return Definition.objects.filter(indicator__code=code).order_by("-number").first()


class TestTheRealReports:
    @pytest.fixture(autouse=True)
    def brought_in(self, here: Any) -> None:
        real(here)

    @pytest.mark.parametrize("report", PUBLISHED)
    def test_count_to_what_they_publish(self, report: str) -> None:
        assert classes(report) == PUBLISHED[report]

    def test_are_set_beside_what_they_publish(self) -> None:
        published = RollUp.objects.get()
        assert (str(published.report), published.by_class) == ("S/2019/198", classes("S/2019/198"))
        assert published.total == sum(published.by_class.values()) == Indicator.objects.count() == 46

    def test_are_verified_by_the_report_and_known_from_its_issue(self) -> None:
        issued = {"S/2018/1059": date(2018, 11, 28), "S/2019/198": date(2019, 3, 1)}
        for one in Assessment.objects.select_related("report"):
            [change] = StateChange.objects.about(one)
            said = (one.state, change.state, change.source, change.known_from, change.holds_from)
            assert said == ("verified", "verified", one.report.symbol, issued[one.report.symbol], one.as_of)
        assert set(Measurement.objects.filter(report__symbol="S/2019/198").values_list("known_from", "source")) == {
            (date(2019, 3, 1), "S/2019/198")
        }

    def test_measure_without_a_number_what_has_none(self) -> None:
        told = Measurement.objects.get(report__symbol="S/2019/198", indicator__code="9.4")
        assert (told.value, told.value_text) == (None, "Target achieved in previous period")

    def test_begin_as_drafts_with_their_words_from_their_source(self) -> None:
        began = StateChange.objects.filter(thing_type="benchmarks.benchmark")
        assert set(began.values_list("state", "source", "known_from")) == {("draft", "S/2018/241", world.TODAY)}
        assert set(Benchmark.objects.values_list("state", flat=True)) == {"draft"}
        assert Wording.objects.count() == Benchmark.objects.filter(condition_for_exit=True).count() == 11
        assert {sector.name for sector in Benchmark.objects.get(code="6").sectors.all()} == {
            "security and police", "community violence reduction", "human rights",
        }  # fmt: skip

    def test_brought_in_again_change_nothing(self, here: Any) -> None:
        before = rows_of_all()
        real(here)
        assert rows_of_all() == before


class TestTheTrapsOfRealData:
    """By the numbers of the data's own notes; what is not about an import is tried where it is computed."""

    def test_1_a_report_numbers_otherwise_and_the_indicator_is_the_same(self, here: Any, tmp_path: Path) -> None:
        real(here, "2018-06-01")
        assert DisplayCode.objects.get(code="5.7").indicator.code == "5.5"
        row = {"report": "S/2018/527", "as_of": "2018-05-02", "indicator": "5.7", "value": "0"}
        assert bring_tables(here, tmp_path, updates=[row]).written
        assert Measurement.objects.get().indicator.code == "5.5"

    def test_2_a_target_in_other_words_is_another_definition_and_old_values_keep_theirs(
        self, here: Any, tmp_path: Path
    ) -> None:
        real(here)
        row = {"code": "2.2", "benchmark": "2", "statement": definition("2.2").statement, "kind": "composite",
               "direction": ">=", "target_text": "Cassation with one woman", "source": "S/2019/198"}  # fmt: skip
        assert bring_tables(here, tmp_path, indicators=[row]).written
        now = definition("2.2")
        assert (now.number, now.reason) == (2, "another target_text in S/2019/198")
        assert (now.holds_from, now.known_from) == (date(2019, 1, 15), date(2019, 3, 1))
        rows = Measurement.objects.filter(indicator__code="2.2", superseded_by=None).select_related("report")
        assert {row.report.symbol: row.definition.number for row in rows if row.report} == {
            "S/2018/795": 1, "S/2018/1059": 1, "S/2019/198": 2,  # its own values are counted by its own definition
        }  # fmt: skip

    def test_3_a_target_that_the_baseline_meets_is_said_and_kept(self, here: Any) -> None:
        said = " ".join(bring(here, REAL / "2018-06-01").remarks)
        for code in ("5.2", "6.1", "8.1", "8.2", "9.3"):
            assert f"{code} is met already by its baseline" in said
        assert "7.2 is met" not in said

    def test_4_what_a_figure_counts_from_is_kept_with_it(self, here: Any) -> None:
        real(here)
        row = Measurement.objects.get(report__symbol="S/2019/198", indicator__code="1.7")
        assert (row.period_start, row.period_end) == (date(2017, 10, 1), date(2018, 12, 31))
        assert [definition(code).period_basis for code in ("1.7", "6.4", "1.8")] == [
            "cumulative_since", "year_to_date", "point",
        ]  # fmt: skip

    def test_5_a_figure_is_never_corrected_by_a_later_file(self, here: Any, tmp_path: Path) -> None:
        real(here)
        row = {"report": "S/2019/198", "as_of": "2019-01-15", "indicator": "3.3", "value": "148"}
        [refused] = bring_tables(here, tmp_path, updates=[row]).refused
        assert (refused.column, refused.value) == ("value", "148")
        assert "it is 151" in refused.reason
        assert "say why in the column “correction”" in refused.reason

    def test_6_what_was_not_collected_has_no_value_and_its_class_is_kept(self, here: Any) -> None:
        real(here)
        row = Assessment.objects.get(report__symbol="S/2019/198", indicator__code="6.1")
        assert (row.judged, row.measurement.value) == ("no_update_expected", None)

    def test_7_a_class_that_the_number_contradicts_is_kept_beside_it(self, here: Any) -> None:
        real(here)
        row = Assessment.objects.get(report__symbol="S/2018/1059", indicator__code="4.6")
        target = row.definition.targets.get()
        assert (row.judged, row.measurement.value < target.value) == ("on_track", True)

    def test_8_what_the_annex_says_comes_with_the_note_on_what_the_text_says(self, here: Any) -> None:
        real(here)
        row = Measurement.objects.get(report__symbol="S/2018/1059", indicator__code="1.7")
        assert (row.value, "1,080 cases received" in row.note) == (444, True)

    def test_9_an_event_after_the_cut_off_keeps_its_own_day(self, here: Any) -> None:
        real(here)
        row = Measurement.objects.get(report__symbol="S/2018/1059", indicator__code="1.3")
        assert (row.holds_from, row.period_end) == (date(2018, 10, 15), date(2018, 10, 26))

    def test_10_an_indicator_is_rated_after_its_target_s_day(self, here: Any, tmp_path: Path) -> None:
        real(here)
        row = {"report": "S/9", "as_of": "2019-09-30", "indicator": "1.1", "class": "stagnating"}
        assert bring_tables(here, tmp_path, updates=[row]).written


class TestALaterFile:
    def test_adds_to_what_is_there(self, set_up: Any, tmp_path: Path) -> None:
        assert bring_tables(set_up, tmp_path, updates=[update("1.1", value="1")]).written
        more = [update("1.1", value="1"), update("1.2", value="12", **{"class": "positive"}), update("1.1", "S/2")]
        outcome = bring_tables(set_up, tmp_path, updates=more)
        assert (outcome.counts["updates"]["added"], outcome.counts["updates"]["unchanged"]) == (2, 1)
        assert Measurement.objects.count() == 3

    def test_adds_a_class_to_a_value_that_came_without(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.1", value="1")])
        bring_tables(set_up, tmp_path, updates=[update("1.1", value="1", **{"class": "positive"})])
        assert Assessment.objects.get().measurement == Measurement.objects.get()

    def test_adds_a_value_to_a_class_that_came_alone(self, set_up: Any, tmp_path: Path) -> None:
        judged = update("1.1", **{"class": "positive"})
        outcome = bring_tables(set_up, tmp_path, updates=[judged])
        assert (outcome.written, Measurement.objects.count()) == (True, 0)
        whole = update("1.1", value="2", value_text="voted", **{"class": "positive"})
        for folder in ([whole], [whole], [judged]):
            assert bring_tables(set_up, tmp_path, updates=folder).refused == []
        assert (Measurement.objects.get().value, Assessment.objects.get().judged) == (2, "positive")

    def test_with_rows_of_another_day_than_their_report_says_so(self, set_up: Any, tmp_path: Path) -> None:
        rows = [update("1.1", value="1", as_of="2020-03-30"), update("1.2", value="1", as_of="2020-03-29")]
        [said] = bring_tables(set_up, tmp_path, updates=rows).remarks
        assert said.startswith("S/1 is listed as of 2020-03-31")
        assert bring_tables(set_up, tmp_path, updates=[update("1.3", value="1")]).remarks == []

    def test_of_reports_alone_and_of_updates_alone_is_enough(self, set_up: Any, tmp_path: Path) -> None:
        later = {"report": "A/75/1", "as_of": "2020-08-31", "issued_on": "2020-09-15"}
        assert bring_tables(set_up, tmp_path, reports=[later]).written
        row = update("1.1", "A/75/1", as_of="2020-08-31", value="2", **{"class": "positive"})
        assert bring_tables(set_up, tmp_path, updates=[row]).written
        assert StateChange.objects.about(Assessment.objects.get()).get().known_from == date(2020, 9, 15)

    def test_naming_a_report_that_nobody_lists_is_known_from_the_day_of_import(
        self, set_up: Any, tmp_path: Path
    ) -> None:
        row = update("1.1", "S/9", value="2", **{"class": "positive"})
        assert bring_tables(set_up, tmp_path, updates=[row, update("1.2", "S/9", as_of="2020-08-01")]).written
        report = Report.objects.get(symbol="S/9")
        assert (report.known_from, report.holds_from, report.listed) == (world.TODAY, date(2020, 9, 1), False)
        assert StateChange.objects.about(Assessment.objects.get()).get().known_from == world.TODAY

    def test_that_lists_it_afterwards_says_that_this_stays_so(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.1", "S/9", value="2")])
        listed = {"report": "S/9", "as_of": "2020-08-31", "issued_on": "2020-09-15"}
        outcome = bring_tables(set_up, tmp_path, reports=[listed])
        assert not outcome.refused
        assert "before its day of issue was listed" in outcome.remarks[0]
        assert Report.objects.get(symbol="S/9").known_from == world.TODAY

    def test_without_a_report_comes_in_as_submitted(self, set_up: Any, tmp_path: Path) -> None:
        rows = [update("1.1", "", value="2", **{"class": "positive"}), update("1.1", "", as_of="2020-08-01")]
        assert bring_tables(set_up, tmp_path, updates=rows).written
        one = Assessment.objects.get()
        change = StateChange.objects.about(one).get()
        assert (one.state, change.state, change.source, change.known_from) == (
            "submitted", "submitted", "", world.TODAY,
        )  # fmt: skip
        assert Measurement.objects.count() == 2

    @pytest.mark.parametrize(
        ("row", "column", "said"),
        [
            (update("1.1", value="2", **{"class": "positive"}), "value", "it is 1)"),
            (update("1.1", value="1", **{"class": "descending"}), "class", "it is positive)"),
            (update("1.1", value="1", as_of="2020-03-30"), "as_of", "it is 2020-03-31)"),
        ],
    )
    def test_that_says_otherwise_is_refused_with_how_to_correct_it(
        self, set_up: Any, tmp_path: Path, row: Any, column: str, said: str
    ) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.1", value="1", **{"class": "positive"})])
        [refused] = bring_tables(set_up, tmp_path, updates=[row]).refused
        assert (refused.line, refused.column) == (2, column)
        assert said in refused.reason
        assert Measurement.objects.count() == Assessment.objects.count() == 1

    def test_of_what_was_corrected_since_changes_nothing(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.2", value="12")])
        wrong = Measurement.objects.get()
        Measurement.objects.create(
            indicator=wrong.indicator, definition=wrong.definition, report=wrong.report, value=13, supersedes=wrong,
            reason="misprint", holds_from=wrong.holds_from, known_from=world.TODAY, recorded_at=world.NOW,
            by=world.founder(),
        )  # fmt: skip
        outcome = bring_tables(set_up, tmp_path, updates=[update("1.2", value="12")])
        assert (outcome.written, outcome.refused) == (False, [])

    def test_comes_in_whatever_state_the_transition_is_in(self, tmp_path: Path) -> None:
        for state in Lifecycle.of_model[Transition].states():
            here = world.transition(state)
            outcome = bring(here, write(tmp_path, **SET_UP, updates=[update("1.1", value="1")]))
            assert outcome.written, state


class TestADefinition:
    def row(self, **other: Any) -> dict[str, Any]:
        return INDICATORS[1] | other

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("statement", "Cases closed"), ("kind", "cumulative"), ("unit", "cases"), ("direction", "<="),
            ("baseline_value", "11"), ("baseline_text", "about ten"), ("baseline_date", "2019-01-01"),
            ("target_value", "120"), ("target_text", "a hundred"), ("target_date", "2020-11-30"), ("window", "a year"),
        ],
    )  # fmt: skip
    def test_that_changed_is_a_new_version_and_says_what(
        self, set_up: Any, tmp_path: Path, column: str, value: str
    ) -> None:
        assert bring_tables(set_up, tmp_path, indicators=[self.row(**{column: value, "source": "S/1"})]).written
        version = definition("1.2")
        assert (version.number, version.source, version.holds_from) == (2, "S/1", date(2020, 3, 31))
        assert column in version.reason

    def test_takes_the_reason_that_the_row_gives(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, indicators=[self.row(target_value="120", reason="more courts")])
        assert definition("1.2").reason == "more courts"

    def test_that_another_report_repeats_is_the_same(self, set_up: Any, tmp_path: Path) -> None:
        outcome = bring_tables(set_up, tmp_path, indicators=[self.row(source="S/2", target_timeline="end of 2020")])
        assert not outcome.written
        assert definition("1.2").number == 1

    def test_of_an_older_file_changes_nothing(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, indicators=[self.row(target_value="120", source="S/1")])
        assert not bring_tables(set_up, tmp_path, indicators=INDICATORS).written
        assert definition("1.2").number == 2

    def test_of_a_report_that_goes_back_to_earlier_words_is_a_version_again(self, set_up: Any, tmp_path: Path) -> None:
        """1.7 was to reach 800, in one report 800 per year, and 800 in the next."""
        for source, target, number in (("S/1", "120", 2), ("S/2", "100", 3)):
            rows = [self.row(target_value=target, source=source)]
            assert bring_tables(set_up, tmp_path, indicators=rows).written
            assert not bring_tables(set_up, tmp_path, indicators=rows).written
            found = definition("1.2")
            assert (found.number, found.reason) == (number, f"another target_value in {source}")
        assert bring_tables(set_up, tmp_path, updates=[update("1.2", "S/2", value="110")]).written
        assert Measurement.objects.get().definition.number == 3
        assert not bring_tables(set_up, tmp_path, indicators=INDICATORS).written

    def test_that_comes_again_has_all_its_targets_again(self, set_up: Any, tmp_path: Path) -> None:
        def rows(source: str, *values: str) -> list[dict[str, Any]]:
            dates = ("2020-11-30", "2020-12-31")
            return [self.row(code="1.5", target_value=value, target_date=on, source=source)
                    for value, on in zip(values, dates, strict=True)]  # fmt: skip

        for source, *values in (("S/0", "5", "9"), ("S/1", "6", "8"), ("S/2", "5", "9")):
            assert bring_tables(set_up, tmp_path, indicators=rows(source, *values)).written
        found = Definition.objects.filter(indicator__code="1.5").order_by("number")
        assert [[int(target.value) for target in one.targets.all()] for one in found] == [[5, 9], [6, 8], [5, 9]]
        assert not bring_tables(set_up, tmp_path, indicators=rows("S/1", "6", "8")).written

    def test_keeps_what_a_file_has_no_column_for(self, set_up: Any, tmp_path: Path) -> None:
        kept = ("code", "benchmark", "statement", "kind", "direction")
        row = {name: self.row()[name] for name in kept} | {"target_value": "120"}
        assert bring_tables(set_up, tmp_path, indicators=[row]).written
        version = definition("1.2")
        assert (version.number, version.baseline_value, version.source) == (2, 10, "S/0")
        assert (version.targets.get().value, version.targets.get().date) == (120, date(2020, 12, 31))

    def test_goes_with_the_updates_of_the_report_that_gives_it(self, set_up: Any, tmp_path: Path) -> None:
        rows = [update("1.2", "S/1", value="1"), update("1.2", "S/2", value="2"), update("1.2", "", value="3"),
                update("1.2", "", as_of="2020-01-05", value="4")]  # fmt: skip
        changed = [self.row(target_value="120", source="S/2")]
        assert bring_tables(set_up, tmp_path, indicators=changed, updates=rows).written
        found = {int(one.value): one.definition.number for one in Measurement.objects.all()}
        assert found == {1: 1, 2: 2, 3: 2, 4: 1}

    def test_of_an_older_report_that_comes_in_later_is_not_that_of_newer_values(
        self, set_up: Any, tmp_path: Path
    ) -> None:
        bring_tables(set_up, tmp_path, indicators=[self.row(target_value="120", source="S/2")])
        bring_tables(set_up, tmp_path, indicators=[self.row(target_value="110", source="S/1")])
        assert bring_tables(set_up, tmp_path, updates=[update("1.2", "S/9", value="130")]).written
        assert Measurement.objects.get().definition.number == 2
        assert readiness_of(set_up, user=console(), now=world.NOW)["indicators"]["met"] == 1

    def test_may_have_several_targets(self, set_up: Any, tmp_path: Path) -> None:
        new = {"code": "1.5", "benchmark": "1", "statement": "Courts", "kind": "count", "direction": ">="}
        rows = [new | {"target_value": "5", "target_date": "2020-11-30"},
                new | {"target_value": "9", "target_date": "2020-12-31"}]  # fmt: skip
        assert bring_tables(set_up, tmp_path, indicators=rows).written
        assert [target.value for target in definition("1.5").targets.all()] == [5, 9]
        assert not bring_tables(set_up, tmp_path, indicators=rows).written
        [refused] = bring_tables(set_up, tmp_path, indicators=[*rows, rows[1]]).refused
        assert (refused.line, refused.column) == (4, "code")

    def test_of_a_report_that_nobody_lists_holds_from_the_first_value(self, here: Any, tmp_path: Path) -> None:
        row = update("1.2", "S/7", as_of="2019-05-01", value="1")
        bring_tables(here, tmp_path, benchmarks=BENCHMARKS, indicators=[self.row(source="S/6")], updates=[row])
        assert definition("1.2").holds_from == date(2019, 5, 1)

    def test_reads_rungs_and_what_a_rate_is_per_from_their_words(self, here: Any, tmp_path: Path) -> None:
        rate = {"code": "1.9", "benchmark": "1", "statement": "Deaths", "kind": "rate", "direction": "<=",
                "unit": "per 100,000 people"}  # fmt: skip
        bring_tables(here, tmp_path, benchmarks=BENCHMARKS, indicators=[INDICATORS[0], rate])
        assert definition("1.1").rungs == ["drafted", "voted", "in force"]
        assert definition("1.9").per == 100_000

    def test_takes_parts_of_a_composite_and_of_its_values(self, here: Any, tmp_path: Path) -> None:
        seats = {"code": "1.9", "benchmark": "1", "statement": "Seats", "kind": "composite", "direction": ">=",
                 "parts": "seats >= 9; women >= 3"}  # fmt: skip
        row = update("1.9", parts="seats=9; women=2", disaggregated="men=7; women=2")
        bring_tables(here, tmp_path, benchmarks=BENCHMARKS, indicators=[seats], updates=[row])
        assert definition("1.9").parts[1] == {"name": "women", "direction": ">=", "target": 3}
        assert Measurement.objects.get().parts == {"seats": 9, "women": 2}


class TestAStatement:
    def test_in_other_words_is_a_new_wording(self, set_up: Any, tmp_path: Path) -> None:
        reworded = [BENCHMARKS[0] | {"statement": "All courts are open", "source": "S/1"}]
        assert bring_tables(set_up, tmp_path, benchmarks=reworded).written
        latest = Wording.objects.last()
        assert (latest.number, latest.statement, latest.reason) == (2, "All courts are open", "reworded in S/1")
        assert latest.holds_from == date(2020, 3, 31)
        assert not bring_tables(set_up, tmp_path, benchmarks=BENCHMARKS).written

    def test_takes_another_pillar_level_and_title(self, set_up: Any, tmp_path: Path) -> None:
        world.pillar(set_up, "security")
        row = BENCHMARKS[0] | {"pillar": "security", "level": "contextual", "title": "Courts"}
        outcome = bring_tables(set_up, tmp_path, benchmarks=[row])
        assert outcome.counts["benchmarks"]["changed"] == 1
        found = Benchmark.objects.get()
        assert (found.pillar.code, found.level, found.condition_for_exit, found.title) == (
            "security", "contextual", False, "Courts",
        )  # fmt: skip

    def test_sets_up_pillars_where_there_are_none_and_refuses_a_slip_where_there_are(
        self, here: Any, tmp_path: Path
    ) -> None:
        assert bring_tables(here, tmp_path, benchmarks=[BENCHMARKS[0] | {"pillar": "political"}]).written
        outcome = bring_tables(here, tmp_path, benchmarks=[{"code": "2", "statement": "x", "pillar": "politcal"}])
        assert refusals(outcome) == [("benchmarks.csv", 2, "pillar")]


class TestNumbersOfAReport:
    """An indicator keeps its code; a report may number it otherwise."""

    @pytest.fixture
    def renumbered(self, set_up: Any, tmp_path: Path) -> Any:
        rows = [INDICATORS[1] | {"source": "S/2", "code_in_source": "1.3"},
                INDICATORS[3] | {"source": "S/2", "code_in_source": "9.9"}]  # fmt: skip
        assert bring_tables(set_up, tmp_path, indicators=rows).written
        return set_up

    def test_is_understood_in_its_updates(self, renumbered: Any, tmp_path: Path) -> None:
        assert bring_tables(renumbered, tmp_path, updates=[update("9.9", "S/2", value="1")]).written
        assert Measurement.objects.get().indicator.code == "1.4"

    def test_is_nobody_s_number_in_another_report(self, renumbered: Any, tmp_path: Path) -> None:
        outcome = bring_tables(renumbered, tmp_path, updates=[update("9.9", "S/1", value="1")])
        assert refusals(outcome) == [("updates.csv", 2, "indicator")]

    def test_that_could_be_two_indicators_is_not_guessed(self, renumbered: Any, tmp_path: Path) -> None:
        outcome = bring_tables(renumbered, tmp_path, updates=[update("1.3", "S/2", value="1")])
        assert refusals(outcome) == [("updates.csv", 2, "indicator")]
        assert "the number of 1.2" in outcome.refused[0].reason
        rows = [update("1.2", "S/2", value="1", code_in_source="1.3"),
                update("1.3", "S/2", value="2", code_in_source="1.4")]  # fmt: skip
        assert bring_tables(renumbered, tmp_path, updates=rows).written
        assert DisplayCode.objects.get(code="1.4").indicator.code == "1.3"

    def test_is_not_changed(self, renumbered: Any, tmp_path: Path) -> None:
        rows = [INDICATORS[1] | {"source": "S/2", "code_in_source": "1.7"}]
        outcome = bring_tables(renumbered, tmp_path, indicators=rows)
        assert refusals(outcome) == [("indicators.csv", 2, "code_in_source")]


class TestAReport:
    def test_is_recorded_once(self, set_up: Any, tmp_path: Path) -> None:
        outcome = bring_tables(set_up, tmp_path, reports=[REPORTS[1] | {"issued_on": "2020-04-21"}])
        assert refusals(outcome) == [("reports.csv", 2, "issued_on")]

    def test_that_was_issued_before_the_day_it_judges_is_taken_and_said(self, set_up: Any, tmp_path: Path) -> None:
        days = {"as_of": "2020-09-30", "issued_on": "2020-09-15"}
        outcome = bring_tables(set_up, tmp_path, reports=[{"report": "S/8", **days}])
        assert outcome.written
        assert "S/8 was issued on 2020-09-15, before 2020-09-30" in outcome.remarks[0]

    def test_publishes_once_and_what_it_does_not_print_is_no_zero(self, set_up: Any, tmp_path: Path) -> None:
        row = {"report": "S/1", "as_of": "2020-03-31", "on_track": "2", "positive": "", "total": "4"}
        outcome = bring_tables(set_up, tmp_path, rollups=[row])
        assert RollUp.objects.get().by_class == {"on_track": 2}
        assert "add up to 2" in outcome.remarks[0]
        assert not bring_tables(set_up, tmp_path, rollups=[row]).written
        assert refusals(bring_tables(set_up, tmp_path, rollups=[row | {"on_track": "3"}])) == [
            ("rollups.csv", 2, "on_track")
        ]

    def test_that_contradicts_itself_is_kept_with_both_counts(self, set_up: Any, tmp_path: Path) -> None:
        row = {"report": "S/1", "as_of": "2020-03-31", "on_track": "2", "positive": "0", "total": "2"}
        updates = [update("1.1", **{"class": "on_track"}), update("1.2", **{"class": "positive"})]
        outcome = bring_tables(set_up, tmp_path, rollups=[row], updates=updates)
        assert outcome.written
        assert "on_track 2 (its rows: 1), positive 0 (its rows: 1)" in outcome.remarks[0]

    def test_that_leaves_an_indicator_out_is_compared_by_what_it_judges(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.1", **{"class": "on_track"}),
                                                update("1.2", **{"class": "on_track"})])  # fmt: skip
        row = {"report": "S/2", "as_of": "2020-06-30", "on_track": "1", "positive": "0", "total": "1"}
        later = [update("1.1", "S/2", **{"class": "on_track"}), update("1.2", "S/2", value="5")]
        assert bring_tables(set_up, tmp_path, rollups=[row], updates=later).remarks == []
        found = readiness_of(set_up, user=console(), now=world.NOW)
        last = found["reports"][-1]
        assert (last["by_class"]["on_track"], last["by_class"]["not_assessed"], last["differs"]) == (1, 3, [])
        assert found["indicators"]["by_class"]["on_track"] == 2  # what it said before goes on

    def test_of_which_a_class_was_misread_is_counted_as_it_was_corrected(self, set_up: Any, tmp_path: Path) -> None:
        row = {"report": "S/1", "as_of": "2020-03-31", "on_track": "0", "positive": "1"}
        bring_tables(set_up, tmp_path, rollups=[row], updates=[update("1.1", **{"class": "on_track"})])
        bring_tables(set_up, tmp_path, updates=[update("1.1", correction="misread", **{"class": "positive"})])
        for day, differs in ((date(2020, 9, 30), 2), (world.TODAY, 0)):
            found = readiness_of(set_up, user=console(), now=world.NOW, known_at=day)["reports"]
            assert len(next(one for one in found if one["symbol"] == "S/1")["differs"]) == differs


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.VERIFIER, Role.PILLAR_LEAD])
    def test_not_who_does_not_measure(self, set_up: Any, tmp_path: Path, role: Role) -> None:
        folder = write(tmp_path / "u", updates=[update("1.1", "", value="1")])
        with pytest.raises(PermissionDenied):
            bring(set_up, folder, by=world.person(role, set_up))

    def test_a_provider_submits_and_does_not_speak_for_a_report(self, set_up: Any, tmp_path: Path) -> None:
        provider = world.person(Role.PROVIDER, set_up)
        own = write(tmp_path / "own", updates=[update("1.1", "", value="1", **{"class": "positive"})])
        assert bring(set_up, own, by=provider).written
        report = write(tmp_path / "report", updates=[update("1.1", "S/1", value="1")])
        with pytest.raises(PermissionDenied):
            bring(set_up, report, by=provider)
        assert Measurement.objects.count() == 1

    def test_a_planner_of_another_transition_may_not(self, set_up: Any, tmp_path: Path) -> None:
        other = world.person(Role.PLANNER, world.transition("under_way"))
        with pytest.raises(PermissionDenied):
            bring(set_up, write(tmp_path / "u", updates=[update("1.1", value="1")]), by=other)

    def test_what_one_does_not_see_is_not_touched(self, set_up: Any, tmp_path: Path) -> None:
        Benchmark.objects.update(marking="confidential")
        provider = world.person(Role.PROVIDER, set_up)
        outcome = bring(set_up, write(tmp_path / "u", updates=[update("1.1", "", value="1")]), by=provider)
        assert refusals(outcome) == [("updates.csv", 2, "indicator")]


class TestADryRun:
    def test_leaves_no_row_and_counts_nothing_up(self, set_up: Any, tmp_path: Path) -> None:
        by = world.person(Role.PLANNER, set_up)
        tables: Any = {"benchmarks": [{"code": "2", "statement": "x", "report_section": "justice"}],
                       "indicators": [INDICATORS[1] | {"target_value": "7"}], "updates": [update("1.1", value="1")],
                       "reports": [{"report": "S/8", "as_of": "2020-08-01", "issued_on": "2020-08-09"}],
                       "rollups": [{"report": "S/1", "as_of": "2020-03-31", "on_track": "1"}]}  # fmt: skip
        folder = write(tmp_path / "dry", **tables)
        before = everything()
        outcome = bring(set_up, folder, by=by, dry_run=True)
        assert {
            name: counted["added"] + counted["changed"] for name, counted in outcome.counts.items()
        } == dict.fromkeys(tables, 1)
        assert not outcome.written
        assert everything() == before
        assert bring(set_up, folder, by=by).written

    def test_refuses_what_the_import_would_refuse(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.1", value="1")])
        folder = write(tmp_path / "dry", updates=[update("1.1", value="2"), update("1.2"), update("1.2")])
        assert refusals(bring(set_up, folder, dry_run=True)) == refusals(bring(set_up, folder))


def everything() -> list[Any]:
    """The rows of every table, and where every sequence stands."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*), max(t::text) FROM "{table}" t')
            found.append((table, cursor.fetchone()))
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return [*found, *cursor.fetchall()]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1.1", "1.2", "1.3", "1.4"]), st.sampled_from(["S/1", "S/2", "S/3", ""]),
        st.sampled_from(["", "0", "1"]), st.sampled_from(["", *CLASSES]), st.text("ab='-+\n\" ;,é", max_size=6),
        st.integers(0, 3),
    ),
    max_size=12, unique_by=lambda row: (row[0], row[1], row[5] if row[1] == "" else 0),
)  # fmt: skip


class TestTwice(TestCase):
    @settings(max_examples=8, deadline=None)
    @given(rows=ROWS)
    def test_equals_once(self, rows: list[Any]) -> None:
        with tempfile.TemporaryDirectory() as place, transaction.atomic():
            here = world.transition("under_way")
            updates = [
                {"report": report, "as_of": (date(2020, 3, 1) + timedelta(days=days)).isoformat(), "indicator": code,
                 "value": value if code != "1.1" else value.replace("0", ""), "class": judged, "value_text": f"'{text}"}
                for code, report, value, judged, text, days in rows
            ]  # fmt: skip
            folder = write(Path(place), **SET_UP, **({"updates": updates} if updates else {}))
            outcome = bring(here, folder)
            assert outcome.written, outcome.refused
            once = rows_of_all()
            again = bring(here, folder)
            assert (again.written, again.refused, rows_of_all()) == (False, [], once)
            assert once["Measurement"] == len(rows)
            assert once["Assessment"] == sum(bool(row[3]) for row in rows)
            transaction.set_rollback(True)


class TestASource:
    @pytest.mark.parametrize("name", ["missing", "notes.txt", "wrong.xlsx", "wrong.zip"])
    def test_without_any_table_says_so(self, tmp_path: Path, name: str) -> None:
        if name != "missing":
            (tmp_path / name).write_text("Some notes.")
        with pytest.raises(NoSource):
            open_path(tmp_path / name)
