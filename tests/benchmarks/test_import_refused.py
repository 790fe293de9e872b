"""What is refused: by file, line, column and value, with a reason that says how to write it; and nothing is written."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from benchmarks.importing import bring_in, open_path, open_uploads
from benchmarks.importing.cells import number, range_in, rungs_in
from benchmarks.importing.outcome import LISTED, shown
from benchmarks.importing.several import pairs, parts
from benchmarks.models import Assessment, Benchmark, Measurement, Report
from tests import world
from tests.benchmarks.files import (
    BENCHMARKS,
    INDICATORS,
    REPORTS,
    SET_UP,
    bring,
    bring_tables,
    refusals,
    update,
    write,
)
from transitions.access.permissions import Role
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db


def nothing_written() -> bool:
    return not (Measurement.objects.exists() or Assessment.objects.exists())


class TestAThousandRows:
    COLUMNS = ("report", "as_of", "indicator", "value", "value_text", "class", "note", "numerator", "denominator")
    BROKEN = {  # place of the row → column, what stands in it, a part of what is said
        11: ("value", "1,234", "without separators of thousands"),
        100: ("indicator", "7.77", "no such indicator"),
        222: ("as_of", "2021-01-01", "lies in the future"),
        333: ("indicator", None, "stands in line 12 already"),
        444: ("class", "fine", "no class: give one of on_track"),
        555: ("value_text", "caf\udce9", "not UTF-8"),
        666: ("note", "=HYPERLINK(1)", "a spreadsheet would calculate it"),
        777: ("value", "4", "no rung of the ladder: they are from 1 to 3"),
        888: ("numerator", "11", "above its denominator (10)"),
        999: ("indicator", "", "it is empty"),
    }

    @pytest.fixture
    def here(self, here: Any, tmp_path: Path) -> Any:
        """Three hundred reports, so that four indicators make more than a thousand rows."""
        reports = [{"report": f"R/{n}", "as_of": "2020-03-31", "issued_on": "2020-04-20"} for n in range(250)]
        assert bring_tables(here, tmp_path, benchmarks=BENCHMARKS, indicators=INDICATORS, reports=reports).written
        return here

    def rows(self) -> list[list[str]]:
        values = {"1.1": "2", "1.2": "40", "1.3": "62.5", "1.4": "1"}
        return [
            [f"R/{n // 4}", "2020-03-31", code, values[code], "as it says", "positive", "", "5", "10"]
            for n in range(1000)
            for code in [f"1.{n % 4 + 1}"]
        ]

    def file(self, folder: Path, rows: list[list[str]]) -> Path:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([self.COLUMNS, *rows])
        (folder / "updates.csv").write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))
        return folder / "updates.csv"

    def test_with_ten_broken_ones_name_each_and_write_nothing_and_mended_write_all(
        self, here: Any, tmp_path: Path
    ) -> None:
        rows = self.rows()
        for place, (column, value, _) in self.BROKEN.items():
            if value is None:
                rows[place][:3] = rows[10][:3]
            else:
                rows[place][self.COLUMNS.index(column)] = value
        rows[777][2], rows[777][0] = "1.1", "R/xx"  # a ladder
        before = StateChange.objects.count()
        outcome = bring(here, self.file(tmp_path, rows))
        assert outcome.refused_in_all == len(outcome.refused) == 10
        for refused, (place, (column, value, said)) in zip(outcome.refused, self.BROKEN.items(), strict=True):
            assert (refused.file, refused.line, refused.column) == ("updates.csv", place + 2, column)
            assert said in refused.reason
            assert value is None or refused.value == shown(value)
        assert nothing_written()
        assert not Report.objects.filter(symbol="R/xx").exists()
        assert StateChange.objects.count() == before
        assert bring(here, self.file(tmp_path, self.rows())).counts["updates"]["added"] == 1000
        assert Measurement.objects.count() == Assessment.objects.count() == 1000

    def test_that_are_all_wrong_are_counted_and_the_first_thousand_listed(self, here: Any, tmp_path: Path) -> None:
        rows = [[*row[:3], "x", *row[4:]] for row in [*self.rows(), *self.rows()]]
        outcome = bring(here, self.file(tmp_path, rows))
        assert (len(outcome.refused), outcome.refused_in_all >= 2000) == (LISTED, True)


class TestAnUpdate:
    @pytest.mark.parametrize(
        ("row", "column", "said"),
        [
            (update("1.2", value="12 345"), "value", "separators of thousands"),
            (update("1.2", value="12'345.5"), "value", "separators of thousands"),
            (update("1.2", value="62,2"), "value", "with a point"),
            (update("1.3", value="62%"), "value", "without the sign"),
            (update("1.2", value="about 5"), "value", "no number"),
            (update("1.2", value="1e5"), "value", "no number"),
            (update("1.2", value="NaN"), "value", "no number"),
            (update("1.2", value="٣"), "value", "no number"),
            (update("1.2", value="0.1234567"), "value", "6 decimals"),
            (update("1.2", value="123456789012345"), "value", "14 digits"),
            (update("1.1", value="0"), "value", "from 1 to 3"),
            (update("1.1", value="1.5"), "value", "from 1 to 3"),
            (update("1.2", value="-1"), "value", "never below 0"),
            (update("1.3", value="-0.1"), "value", "between 0 and 100"),
            (update("1.3", value="100.1"), "value", "between 0 and 100"),
            (update("1.4", value="2"), "value", "yes is 1"),
            (update("1.4", value="yes"), "value", "no number"),
            (update("1.2", numerator="-1"), "numerator", "below zero"),
            (update("1.2", numerator="1", denominator="-1"), "denominator", "below zero"),
            (update("1.2", numerator="1", denominator="0"), "numerator", "above its denominator"),
            (update("1.2", **{"class": "On track"}), "class", "did you mean on_track"),
            (update("1.2", **{"class": "not_assessed"}), "class", "this is no class"),
            (update("1.2", quality="good"), "quality", "this is no quality"),
            (update("1.2", value="1", quality="not_collected"), "quality", "has no value"),
            (update("1.2", as_of="31/03/2020"), "as_of", "write it like 2020-12-31"),
            (update("1.2", as_of="2020-10-02"), "as_of", "future"),
            (update("1.2", as_of=""), "as_of", "empty"),
            (update("1.2", period_end="2020-10-02"), "period_end", "future"),
            (update("1.2", period_start="2020-02-01", period_end="2020-01-01"), "period_end", "before it begins"),
            (update("1.2", value="=1+1"), "value", "calculate"),
            (update("=1", value="1"), "indicator", "calculate"),
            (update("1.2", value_text=" =1+1"), "value_text", "calculate"),
            (update("1.2", value_text="a\0b"), "value_text", "NUL"),
            (update("1.2", page="x" * 21), "page", "room for 20"),
            (update("1.2", parts="9 seats"), "parts", "men=3; women=4"),
            (update("", value="1"), "indicator", "empty"),
        ],
    )  # fmt: skip
    def test_is_refused_for_one_cell(self, set_up: Any, tmp_path: Path, row: Any, column: str, said: str) -> None:
        outcome = bring_tables(set_up, tmp_path, updates=[update("1.1", "S/2", value="1"), row])
        assert refusals(outcome) == [("updates.csv", 3, column)]
        assert said in outcome.refused[0].reason
        assert nothing_written()

    @pytest.mark.parametrize(
        ("row", "value"),
        [
            (update("1.2", value="0"), 0), (update("1.3", value="100"), 100), (update("1.3", value="+62.50"), 62.5),
            (update("1.2", value="", numerator="0", denominator="0"), None), (update("1.2", as_of="2020-10-01"), None),
            (update("1.2", value_text="'=1+1"), None), (update("1.2", value_text="-5 per cent"), None),
        ],
    )  # fmt: skip
    def test_at_the_edge_is_taken(self, set_up: Any, tmp_path: Path, row: Any, value: Any) -> None:
        assert bring_tables(set_up, tmp_path, updates=[row]).refused == []
        found = Measurement.objects.get()
        assert found.value == value
        assert found.value_text == row.get("value_text", "").removeprefix("'")

    def test_of_a_rate_may_be_of_more_than_it_is_counted_by(self, here: Any, tmp_path: Path) -> None:
        rate = INDICATORS[1] | {"code": "1.5", "kind": "rate"}
        tables = SET_UP | {
            "indicators": [*INDICATORS, rate],
            "updates": [update("1.5", numerator="9", denominator="2")],
        }
        assert bring_tables(here, tmp_path, **tables).refused == []
        assert Measurement.objects.get().numerator == 9

    def test_is_refused_for_each_cell_that_will_not_do(self, set_up: Any, tmp_path: Path) -> None:
        row = update("1.2", value="1,234", as_of="2020-10-02", **{"class": "fine"})
        assert {column for _, _, column in refusals(bring_tables(set_up, tmp_path, updates=[row]))} == {
            "value", "as_of", "class",
        }  # fmt: skip

    def test_of_an_indicator_whose_own_row_is_refused_is_not_refused_for_it(self, here: Any, tmp_path: Path) -> None:
        wrong = [INDICATORS[0] | {"kind": "stairs"}]
        outcome = bring_tables(here, tmp_path, benchmarks=BENCHMARKS, indicators=wrong, updates=[update("1.1")])
        assert refusals(outcome) == [("indicators.csv", 2, "kind")]

    def test_without_a_report_is_there_once_a_day(self, set_up: Any, tmp_path: Path) -> None:
        rows = [update("1.1", ""), update("1.1", "", as_of="2020-08-31"), update("1.1", "")]
        assert refusals(bring_tables(set_up, tmp_path, updates=rows)) == [("updates.csv", 4, "indicator")]

    def test_of_a_report_is_there_once_whatever_its_day(self, set_up: Any, tmp_path: Path) -> None:
        rows = [update("1.1"), update("1.1", as_of="2020-03-30")]
        assert refusals(bring_tables(set_up, tmp_path, updates=rows)) == [("updates.csv", 3, "indicator")]


class TestTheOtherTables:
    @pytest.mark.parametrize(
        ("table", "row", "column", "said"),
        [
            ("benchmarks", {"code": "", "statement": "x"}, "code", "empty"),
            ("benchmarks", {"code": "2", "statement": ""}, "statement", "empty"),
            ("benchmarks", {"code": "2", "statement": "x", "level": "high"}, "level", "core, contextual"),
            ("benchmarks", {"code": "2", "statement": "x", "title": "x" * 301}, "title", "room for 300"),
            ("benchmarks", {"code": "2", "statement": "x", "level": "contextual", "condition_for_exit": "yes"},
             "condition_for_exit", "does not depend on it"),
            ("indicators", INDICATORS[0] | {"code": "x", "benchmark": "9"}, "benchmark", "no such benchmark"),
            ("indicators", INDICATORS[0] | {"direction": "=>"}, "direction", "give one of >=, <=, ="),
            ("indicators", INDICATORS[0] | {"direction": ""}, "direction", "empty"),
            ("indicators", INDICATORS[2] | {"baseline_value": "120"}, "baseline_value", "between 0 and 100"),
            ("indicators", INDICATORS[0] | {"target_value": "5"}, "target_value", "no rung"),
            ("indicators", INDICATORS[0] | {"target_value": ""}, "target_date", "no target"),
            ("indicators", INDICATORS[0] | {"per": "1000"}, "per", "only a rate"),
            ("indicators", INDICATORS[0] | {"informs_only": "perhaps"}, "informs_only", "yes, no"),
            ("reports", {"report": "S/9", "as_of": "2020-09-01", "issued_on": ""}, "issued_on", "empty"),
            ("reports", {"report": "S/9", "as_of": "2020-09-01", "issued_on": "2020-10-02"}, "issued_on", "future"),
            ("reports", REPORTS[0] | {"as_of": "2020-01-02"}, "as_of", "never edited"),
            ("rollups", {"report": "S/1", "as_of": "2020-03-30", "on_track": "1"}, "as_of", "is as of 2020-03-31"),
            ("rollups", {"report": "S/1", "as_of": "2020-03-31", "on_track": "1.5"}, "on_track", "no whole number"),
            ("rollups", {"report": "S/1", "as_of": "2020-03-31", "on_track": "-1"}, "on_track", "no whole number"),
        ],
    )  # fmt: skip
    def test_are_refused_for_one_cell(
        self, set_up: Any, tmp_path: Path, table: str, row: Any, column: str, said: str
    ) -> None:
        before = StateChange.objects.count()
        outcome = bring_tables(set_up, tmp_path, **{table: [row]}, updates=[update("1.1", value="1")])
        assert refusals(outcome) == [(f"{table}.csv", 2, column)]
        assert said in outcome.refused[0].reason
        assert nothing_written()
        assert StateChange.objects.count() == before

    @pytest.mark.parametrize(("table", "key"), [("benchmarks", "code"), ("indicators", "code"), ("reports", "report")])
    def test_have_each_row_once(self, here: Any, tmp_path: Path, table: str, key: str) -> None:
        outcome = bring_tables(here, tmp_path, **SET_UP | {table: [*SET_UP[table], SET_UP[table][0]]})
        assert refusals(outcome) == [(f"{table}.csv", len(SET_UP[table]) + 2, key)]
        assert not Benchmark.objects.exists()

    def test_do_not_move_an_indicator_to_another_benchmark(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, benchmarks=[{"code": "2", "statement": "x"}])
        outcome = bring_tables(set_up, tmp_path, indicators=[INDICATORS[0] | {"benchmark": "2"}])
        assert refusals(outcome) == [("indicators.csv", 2, "benchmark")]


class TestTheForm:
    LINES = "report,as_of,indicator,value\nS/1,2020-03-31,1.2,40\n"

    def text(self, folder: Path, content: str | bytes, name: str = "updates.csv") -> Path:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder / name

    @pytest.mark.parametrize(
        "content",
        [
            "\ufeff" + LINES, LINES.replace("\n", "\r\n"), LINES.replace("\n", "\r"), LINES + ",,,\n\n",
            "value,indicator,as_of,report\n40,1.2,2020-03-31,S/1\n", LINES.removesuffix("\n"),
            LINES.replace("\n", ",,\n"), LINES + " ,, ,\n\t\n",
            ' report ,as_of,"indicator",value\n S/1 ,2020-03-31,"1.2",40 \n',
        ],
    )  # fmt: skip
    def test_of_other_programs_is_read_alike(self, set_up: Any, tmp_path: Path, content: str) -> None:
        assert bring(set_up, self.text(tmp_path, content)).refused == []
        assert (Measurement.objects.get().value, Measurement.objects.get().report.symbol) == (40, "S/1")

    @pytest.mark.parametrize(
        ("content", "line", "column", "said"),
        [
            (LINES.replace("value", "colour"), 1, "colour", "no such column"),
            (LINES.replace("value", "as_of"), 1, "as_of", "twice"),
            (LINES.replace("indicator", "note"), 1, "indicator", "missing"),
            (LINES.replace("as_of,", "as_of,,"), 1, "", "the column at place 3 has no name"),
            (LINES.replace(",", ";"), 1, "report;as_of;indicator;value", "separated by commas"),
            (LINES.encode("utf-16"), 1, "", "UTF-16"),
            (b"report,as_of,indicator,val\xe9\n", 1, "", "not UTF-8"),
            (LINES + "S/1,2020-03-31,1.3,40,5\n", 3, "", "5 cells"),
            (LINES + 'S/1,2020-03-31,1.3,"40\n', 3, "", "quotation marks"),
            ("", 1, "as_of", "missing"),
        ],
    )  # fmt: skip
    def test_that_cannot_be_read_is_named(
        self, set_up: Any, tmp_path: Path, content: Any, line: int, column: str, said: str
    ) -> None:
        outcome = bring(set_up, self.text(tmp_path, content))
        assert any((one.line, one.column, said in one.reason) == (line, column, True) for one in outcome.refused), (
            outcome.refused
        )
        assert nothing_written()

    def test_counts_lines_also_within_a_cell(self, set_up: Any, tmp_path: Path) -> None:
        rows = [update("1.1", value_text="one\ntwo"), update("1.2", value="x")]
        assert refusals(bring_tables(set_up, tmp_path, updates=rows)) == [("updates.csv", 4, "value")]

    def test_may_be_an_archive(self, set_up: Any, tmp_path: Path) -> None:
        with ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("tables/updates.csv", self.LINES)
            archive.writestr("tables/notes.txt", "x")
        with open_path(tmp_path / "a.zip") as source:
            assert source.left_alone == ["notes.txt"]
            assert bring_in(source, transition=set_up, by=world.person(Role.PLANNER, set_up), now=world.NOW).written

    def test_of_a_workbook_has_days_and_numbers_of_its_own(self, set_up: Any, tmp_path: Path) -> None:
        header, empty = ["report", "as_of", "indicator", "value", "page"], [None, None]
        first, second = ["S/1", date(2020, 3, 31), "1.3", 62.2, 12], ["S/1", "2020-03-31", "1.2", 7]
        sheet = self.book(tmp_path, header, first, empty, second)
        assert bring(set_up, sheet).refused == []
        found = {row.indicator.code: (row.value, row.page) for row in Measurement.objects.all()}
        assert {code: (float(value), page) for code, (value, page) in found.items()} == {
            "1.3": (62.2, "12"), "1.2": (7.0, ""),
        }  # fmt: skip

    def test_of_a_workbook_in_which_a_code_is_a_number_is_not_guessed(self, set_up: Any, tmp_path: Path) -> None:
        """1.10 and 1.1 are one number."""
        sheet = self.book(tmp_path, ["report", "as_of", "indicator"], ["S/1", "2020-03-31", 1.1])
        [refused] = bring(set_up, sheet).refused
        assert (refused.file, refused.line, refused.column) == ("book.xlsx/updates", 2, "indicator")
        assert "1.1 and 1.10" in refused.reason

    @pytest.mark.parametrize(("held", "seen"), [(0.622, "62.2%"), (1, "100%"), (0.07, "7%")])
    def test_of_a_workbook_with_signs_of_per_cent_is_refused(
        self, set_up: Any, tmp_path: Path, held: float, seen: str
    ) -> None:
        """The file holds 0.622 where its reader sees 62.2%."""
        path = self.book(tmp_path, ["report", "as_of", "indicator", "value"], ["S/1", "2020-03-31", "1.3", held])
        book = load_workbook(path)
        book["updates"]["D2"].number_format = "0.0%"
        book.save(path)
        [refused] = bring(set_up, path).refused
        assert (refused.line, refused.column, refused.value) == (2, "value", seen)
        assert "without the sign" in refused.reason

    def test_of_a_workbook_that_calculates_is_refused(self, set_up: Any, tmp_path: Path) -> None:
        sheet = self.book(tmp_path, ["report", "as_of", "indicator", "value"], ["S/1", "2020-03-31", "1.2", "=6*7"])
        assert refusals(bring(set_up, sheet)) == [("book.xlsx/updates", 2, "value")]

    def book(self, folder: Path, *rows: list[Any]) -> Path:
        book = Workbook()
        book.active.title = "updates"
        for row in rows:
            book.active.append(row)
        book.create_sheet("Notes").append(["whatever"])
        book.save(folder / "book.xlsx")
        return folder / "book.xlsx"

    def test_of_several_uploads_is_one_import(self, set_up: Any) -> None:
        reports = b"report,as_of,issued_on\nS/5,2020-09-01,2020-09-02\n"
        files = [("updates.csv", self.LINES.encode()), ("REPORTS.CSV", reports)]
        with open_uploads(files) as source:
            assert bring_in(source, transition=set_up, by=world.person(Role.PLANNER, set_up), now=world.NOW).written
        assert Report.objects.filter(symbol="S/5").exists()

    def test_leaves_other_files_of_a_folder_alone(self, set_up: Any, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", updates=[update("1.1")], missions=[{"acronym": "X"}])
        (folder / "README.md").write_text("x")
        with open_path(folder) as source:
            assert (set(source.tables), source.left_alone) == ({"updates"}, ["missions.csv"])


class TestACell:
    @pytest.mark.parametrize(
        ("words", "rungs"),
        [
            ("A law (1 drafted; 2 voted)", ["drafted", "voted"]), ("A law (2 voted; 3 in force)", []),
            ("Seats (941 by 2021)", []), ("None", []),
        ],
    )  # fmt: skip
    def test_may_name_rungs(self, words: str, rungs: list[str]) -> None:
        assert rungs_in(words) == rungs

    @pytest.mark.parametrize(
        ("unit", "ends"), [("step 1-3", (1, 3)), ("0–4", (0, 4)), ("per cent", None), ("prisons of 18", None)]
    )
    def test_may_name_a_range(self, unit: str, ends: Any) -> None:
        assert range_in(unit) == ends

    def test_may_hold_parts(self) -> None:
        assert pairs("a=1; b = 2.5") == {"a": 1, "b": 2.5}
        assert parts("a >= 1; b<=2") == [
            {"name": "a", "direction": ">=", "target": 1}, {"name": "b", "direction": "<=", "target": 2},
        ]  # fmt: skip
        for wrong in ("a", "a=1; a=2", "=1", "a=x"):
            with pytest.raises(ValueError, match=r"."):
                pairs(wrong)

    def test_holds_a_number_to_the_last_digit(self) -> None:
        assert str(number("12345678901234.654321")) == "12345678901234.654321"
