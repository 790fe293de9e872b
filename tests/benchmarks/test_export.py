"""Out and in again: the same, in csv and in a workbook, whatever the cells begin with."""

import csv
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from benchmarks.exporting import tables_of, write_archive, write_folder, write_workbook
from benchmarks.models import Assessment, Benchmark, Indicator, Measurement
from tests import world
from tests.benchmarks.files import BENCHMARKS, INDICATORS, SET_UP, bring, bring_tables, real, update
from transitions.access.permissions import Role
from transitions.workflow.engine import begin

pytestmark = pytest.mark.django_db
WAYS = {"folder": write_folder, "file.xlsx": write_workbook, "file.zip": write_archive}


def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


def out(here: Any, path: Path, *, user: Any = None) -> Path:
    WAYS[path.name](tables_of(here, user=user or planner(here), now=world.NOW), path)
    return path


def read(folder: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in folder.iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


@pytest.fixture
def awkward(here: Any, tmp_path: Path) -> Any:
    """What has made exports fail elsewhere, beside the usual."""
    benchmarks = [BENCHMARKS[0] | {"report_section": "justice; the police", "pillar": "political"},
                  {"code": "2", "statement": "+ more", "level": "contextual"}]  # fmt: skip
    seats = {"code": "1.10", "benchmark": "1", "statement": "Seats", "kind": "composite", "direction": "=",
             "parts": '"seats; of 9" >= 9; women >= 3', "note": "'=quoted"}  # fmt: skip
    steps = {"code": "1.11", "benchmark": "1", "statement": "Steps", "kind": "ladder", "direction": ">=",
             "rungs": '"drafted; sent"; voted', "disaggregation": '"men; women"; age'}  # fmt: skip
    updates = [
        update("1.1", value="1", **{"class": "positive"}), update("1.2", value_text="'=1+1", note="two\nlines"),
        update("1.3", value="0.5", numerator="1", denominator="200"), update("1.4", value_text="-5; \"quoted\", é"),
        update("1.10", parts='"seats; of 9"=9; women=', disaggregated="men=7; women=2"),
        update("1.2", "S/9", value="3"), update("1.1", "", value="2", **{"class": "stagnating"}),
        update("1.3", "S/2", code_in_source="4.4"),
    ]  # fmt: skip
    roll_up = [{"report": "S/1", "as_of": "2020-03-31", "on_track": "1", "total": "3"}]
    tables = SET_UP | {"benchmarks": benchmarks, "indicators": [*INDICATORS, seats, steps], "updates": updates,
                       "rollups": roll_up}  # fmt: skip
    assert bring_tables(here, tmp_path, **tables).written
    bring_tables(here, tmp_path, benchmarks=[benchmarks[1] | {"statement": "@ home", "source": "S/2"}],
                 indicators=[INDICATORS[1] | {"target_value": "120", "source": "S/2"}])  # fmt: skip
    return here


class TestARoundTrip:
    @pytest.mark.parametrize("way", WAYS)
    def test_of_what_is_awkward_is_the_same(self, awkward: Any, tmp_path: Path, way: str) -> None:
        path, other = out(awkward, tmp_path / way), world.transition("under_way", time_zone="America/Port-au-Prince")
        before = Measurement.objects.count(), Assessment.objects.count()
        outcome = bring(other, path)
        assert (outcome.written, outcome.refused) == (True, [])
        assert (Measurement.objects.count(), Assessment.objects.count()) == (before[0] * 2, before[1] * 2)
        (tmp_path / "1").mkdir()
        (tmp_path / "2").mkdir()
        assert read(out(other, tmp_path / "1" / "folder")) == read(out(awkward, tmp_path / "2" / "folder"))
        for here in (other, awkward):
            again = bring(here, path)
            assert (again.written, again.refused, again.changes) == (False, [], False)

    @pytest.mark.parametrize("way", WAYS)
    def test_of_the_real_case_is_the_same(self, here: Any, tmp_path: Path, way: str) -> None:
        real(here)
        path, other = out(here, tmp_path / way), world.transition("under_way", time_zone="America/Port-au-Prince")
        assert bring(other, path).refused == []
        (tmp_path / "1").mkdir()
        (tmp_path / "2").mkdir()
        assert read(out(other, tmp_path / "1" / "folder")) == read(out(here, tmp_path / "2" / "folder"))
        assert not bring(other, path).written

    def test_keeps_names_with_semicolons_in_them(self, awkward: Any, tmp_path: Path) -> None:
        other = world.transition("under_way")
        bring(other, out(awkward, tmp_path / "folder"))
        seats, steps = (Indicator.objects.get(transition=other, code=code) for code in ("1.10", "1.11"))
        assert seats.definitions.get().parts[0] == {"name": "seats; of 9", "direction": ">=", "target": 9}
        assert seats.measurements.get().parts == {"seats; of 9": 9, "women": None}
        assert steps.definitions.get().rungs == ["drafted; sent", "voted"]

    def test_keeps_the_words_and_definitions_that_were_before(self, awkward: Any, tmp_path: Path) -> None:
        other = world.transition("under_way")
        bring(other, out(awkward, tmp_path / "folder"))
        assert [one.statement for one in Benchmark.objects.get(transition=other, code="2").wordings.all()] == [
            "+ more", "@ home",
        ]  # fmt: skip
        assert Indicator.objects.get(transition=other, code="1.2").definitions.count() == 2


class TestAnExport:
    def test_writes_as_text_what_a_spreadsheet_would_calculate(self, awkward: Any, tmp_path: Path) -> None:
        book = load_workbook(out(awkward, tmp_path / "file.xlsx"))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"]
        with (out(awkward, tmp_path / "folder") / "updates.csv").open(encoding="utf-8", newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell[:1] in ("=", "+", "-", "@")]

    def test_holds_what_one_may_see(self, awkward: Any, tmp_path: Path) -> None:
        Benchmark.objects.filter(code="1").update(marking="confidential")
        reader = world.person(Role.PROVIDER, awkward)
        found = read(out(awkward, tmp_path / "folder", user=reader))
        assert ({row["code"] for row in found["benchmarks"]}, found["indicators"], found["updates"]) == ({"2"}, [], [])
        (tmp_path / "1").mkdir()
        stranger = world.person(Role.PLANNER, world.transition("under_way"))
        assert not any(read(out(awkward, tmp_path / "1" / "folder", user=stranger)).values())

    def test_leaves_out_drafts_and_what_was_corrected(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.2", value="12")])
        wrong = Measurement.objects.get()
        Measurement.objects.create(
            indicator=wrong.indicator, definition=wrong.definition, report=wrong.report, value=13, supersedes=wrong,
            reason="misprint", holds_from=wrong.holds_from, known_from=world.TODAY, recorded_at=world.NOW,
            by=world.founder(),
        )  # fmt: skip
        path = out(set_up, tmp_path / "folder")
        assert [row["value"] for row in read(path)["updates"]] == ["13"]
        assert not bring(set_up, path).changes

    def test_of_a_judgement_without_a_value_comes_in_again_as_nothing_new(self, set_up: Any, tmp_path: Path) -> None:
        indicator = Indicator.objects.get(code="1.2")
        seen = Assessment(
            indicator=indicator, definition=indicator.definitions.get(), as_of=world.TODAY, judged="positive",
            note="as seen", entered_by=world.founder(),
        )  # fmt: skip
        begin([seen], by=world.founder(), now=world.NOW, state="submitted")
        path = out(set_up, tmp_path / "folder")
        assert [(row["class"], row["note"]) for row in read(path)["updates"]] == [("positive", "as seen")]
        assert not bring(set_up, path).changes

    def test_takes_the_same_queries_for_many(self, here: Any, django_assert_max_num_queries: Any) -> None:
        counts = []
        for day in ("2018-06-01", "2018-08-30"):
            real(here, day)
            user = planner(here)
            with django_assert_max_num_queries(40) as counted:
                write_archive(tables_of(here, user=user, now=world.NOW), BytesIO())
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestTheCommand:
    def test_writes_a_folder_or_a_workbook(self, awkward: Any, tmp_path: Path, capsys: Any) -> None:
        for name in ("folder", "file.xlsx", "file.zip"):
            call_command("export_benchmarks", str(tmp_path / name), transition=awkward.slug)
            assert not bring(awkward, tmp_path / name).changes

    @pytest.mark.parametrize("wrong", [{"transition": "nowhere"}, {"by": "nobody"}, {"path": "/proc/nowhere/x.xlsx"}])
    def test_says_what_is_not_there(self, here: Any, tmp_path: Path, wrong: dict[str, str]) -> None:
        given = {"path": str(tmp_path / "x"), "transition": here.slug} | wrong
        with pytest.raises(CommandError) as refused:
            call_command("export_benchmarks", given.pop("path"), **given)
        assert refused.value.returncode == 2
