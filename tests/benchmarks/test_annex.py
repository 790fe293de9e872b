"""The annex as a Word document, read back as it was written, and opened by the program that many read it with."""

import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from benchmarks.annex import annex_of
from benchmarks.annex_document import HEADINGS, written
from benchmarks.models import Benchmark
from benchmarks.terms import revise
from tests import country, world
from tests.benchmarks.files import bring_tables, real, update
from transitions.access.permissions import Marking, Role
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact

NOW = world.NOW
SIGNED = ("✓ on track", "↗ challenges, positive trend", "→ challenges, stagnating", "↘ challenges, descending",
          "✗ not on track", "– no update expected", "? not assessed")  # fmt: skip


def document(here: Any, *, user: Any = None, **clocks: Any) -> Any:
    view = view_of(here, user=user or console(), now=NOW, **clocks)
    return Document(BytesIO(written(annex_of(here, view), by=view.user)))


def cells(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def text_of(made: Any) -> str:
    tables = "\n".join(text for table in made.tables for row in cells(table) for text in row)
    return "\n".join([*(one.text for one in made.paragraphs), tables])


class TestTheRealCase:
    @pytest.fixture
    def haiti(self, here: Any) -> Any:
        real(here)
        return here

    def test_has_a_row_for_each_indicator_and_the_counts_that_the_report_publishes(self, haiti: Any) -> None:
        legend, rows = (cells(table) for table in document(haiti, as_of=date(2019, 1, 15)).tables)
        assert legend == [[*SIGNED, "Total"], ["8", "15", "11", "4", "7", "1", "0", "46"]]
        assert (rows[0], len(rows)) == ([*HEADINGS], 47)
        assert [row[1].split()[0] for row in rows[1:]][:3] == ["1.1", "1.2", "1.3"]
        progress = [row[4] for row in rows[1:]]
        assert [sum(one.startswith(sign) for one in progress) for sign in SIGNED] == [8, 15, 11, 4, 7, 1, 0]

    def test_says_what_the_report_says_and_what_its_number_says_beside_it(self, haiti: Any) -> None:
        made = document(haiti, as_of=date(2019, 1, 15))
        rows = {row[1].split()[0]: row for row in cells(made.tables[1])[1:]}
        benchmark, _, baseline, target, progress, note = rows["1.7"]
        assert benchmark.startswith("1 ")
        assert "Condition for exit; class: " in benchmark
        assert progress.splitlines()[0] == "↗ challenges, positive trend"
        assert "595 new cases" in progress
        assert "S/2019/198, 15 January 2019" in progress
        assert "by measurements: not met" in progress
        assert "Counted from 1 October 2017 to 31 December 2018" in note
        assert ("2019" in target, baseline != "none") == (True, True)
        assert rows["6.1"][4].splitlines()[:2] == ["– no update expected", "Survey yet to be conducted"]
        assert "S/2019/198 publishes a count of its own: the same as counted here for its day." in text_of(made)

    def test_is_of_any_day_as_known_on_any_day(self, haiti: Any) -> None:
        made = document(haiti, as_of=date(2019, 1, 15), known_at=date(2019, 2, 20))
        assert cells(made.tables[0])[1] == ["5", "9", "15", "4", "10", "3", "0", "46"]
        assert "As of 15 January 2019, as known on 20 February 2019." in text_of(made)
        assert not any("S/2019/198" in row[4] for row in cells(made.tables[1]))

    def test_opens_in_libreoffice(self, haiti: Any, libreoffice: str, tmp_path: Path) -> None:
        view = view_of(haiti, user=console(), now=NOW, as_of=date(2019, 1, 15))
        (tmp_path / "annex.docx").write_bytes(written(annex_of(haiti, view), by=view.user))
        for kind in ("pdf", "txt:Text"):
            subprocess.run(
                [libreoffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", kind,
                 "--outdir", str(tmp_path), str(tmp_path / "annex.docx")],
                check=True, capture_output=True, timeout=180,
            )  # fmt: skip
        assert (tmp_path / "annex.pdf").read_bytes().startswith(b"%PDF-")
        read = (tmp_path / "annex.txt").read_text(encoding="utf-8-sig")
        assert sum(read.count(f"{sign}\n") for sign in SIGNED) >= 46 + 7
        assert [read.split("Total\n")[1].split()[:8]] == [["8", "15", "11", "4", "7", "1", "0", "46"]]


class TestThePage:
    def test_lies_wide_with_its_headings_on_every_page_and_its_marking(self, set_up: Any) -> None:
        made = document(set_up)
        [section] = made.sections
        assert section.orientation == WD_ORIENT.LANDSCAPE
        assert section.page_width > section.page_height
        assert section.header.paragraphs[0].text == "UNCLASSIFIED"
        for table in made.tables:
            assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert made.core_properties.title == f"Benchmarks and indicators: {set_up}"

    def test_keeps_its_columns_on_the_page(self, set_up: Any) -> None:
        made = document(set_up)
        [section] = made.sections
        room = section.page_width - section.left_margin - section.right_margin
        assert all(sum(column.width for column in table.columns) <= room + 1000 for table in made.tables)

    def test_names_each_benchmark_once_beside_all_of_its_indicators(self, set_up: Any) -> None:
        table = document(set_up).tables[1]
        merged = [row._tr.tc_lst[0].vMerge for row in table.rows]
        assert merged == [None, "restart", *["continue"] * 3]

    def test_gives_a_class_its_colour_in_the_order_that_word_asks_for(self, set_up: Any) -> None:
        [properties] = document(set_up).tables[0].rows[0].cells[0]._tc.xpath("w:p/w:pPr")
        assert [one.tag for one in properties] == [qn("w:shd"), qn("w:spacing")]

    def test_takes_what_no_document_may_hold(self, set_up: Any, tmp_path: Path) -> None:
        revise(Benchmark.objects.get(), title="Courts\x0b open \x01", by=world.founder(), now=world.NOW)
        assert "Courts open" in text_of(document(set_up)).replace("  ", " ")


class TestWhatIsInIt:
    def test_is_what_one_may_see_under_the_marking_of_that(self, set_up: Any) -> None:
        secret = country.indicator(country.benchmark(set_up, marking=Marking.CONFIDENTIAL, title="A secret"))
        head, partner = (world.person(role, set_up) for role in (Role.HEAD_OF_MISSION, Role.GOVERNMENT_FOCAL_POINT))
        seen = document(set_up, user=head)
        assert secret.code in text_of(seen)
        assert (seen.sections[0].header.paragraphs[0].text, "\nCONFIDENTIAL" in text_of(seen)) == ("CONFIDENTIAL", True)
        unseen = document(set_up, user=partner)
        assert secret.code not in text_of(unseen)
        assert "A secret" not in text_of(unseen)
        assert unseen.sections[0].header.paragraphs[0].text == "UNCLASSIFIED"
        assert cells(unseen.tables[0])[1][-1] == "4"

    def test_shows_unknown_as_unknown(self, set_up: Any) -> None:
        rows = cells(document(set_up).tables[1])
        assert rows[1][4].splitlines()[:2] == ["? not assessed", "nothing on record"]
        assert "by measurements: unknown" in rows[1][4]

    def test_shows_no_value_of_an_earlier_definition(self, here: Any, tmp_path: Path) -> None:
        it = country.indicator(country.benchmark(here))
        country.value(it, 85, date(2020, 4, 1))
        assert cells(document(here).tables[1])[1][4].splitlines()[1] == "85"
        country.redefined(it, on=date(2020, 6, 1))
        row = cells(document(here).tables[1])[1]
        assert (row[4].splitlines()[1] == "85", "Definition 2: not one line" in row[5]) == (False, True)

    def test_says_where_a_report_contradicts_its_own_symbols(self, set_up: Any, tmp_path: Path) -> None:
        roll_up = {"report": "S/1", "as_of": "2020-03-31", "on_track": "2", "total": "2"}
        bring_tables(set_up, tmp_path, rollups=[roll_up], updates=[update("1.1", **{"class": "on_track"})])
        assert "✓ on track 2 published, 1 counted" in text_of(document(set_up))

    def test_of_nothing_says_so(self, here: Any) -> None:
        made = document(here)
        assert "no benchmarks on record that you may see" in text_of(made)
        assert cells(made.tables[0])[1] == ["0"] * 8

    def test_is_called_illustrative_where_it_is(self, set_up: Any) -> None:
        set_up.illustrative = True
        assert document(set_up).paragraphs[0].text == f"Benchmarks and indicators: {set_up} (illustrative)"

    def test_has_a_benchmark_without_an_indicator(self, here: Any) -> None:
        country.benchmark(here, since=Fact("S/2020/1", date(2020, 1, 1), date(2020, 1, 1)))
        assert cells(document(here).tables[1])[1][1] == "It has no indicator."

    def test_takes_the_same_queries_for_many(
        self, here: Any, tmp_path: Path, django_assert_max_num_queries: Any
    ) -> None:
        counts, view = [], view_of(here, user=console(), now=NOW)
        for days in (("2018-06-01", "2018-08-30", "2018-11-28"), ("2019-03-01",)):
            real(here, *days)
            with django_assert_max_num_queries(45) as counted:
                annex_of(here, view)
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestTheAddress:
    def get(self, client: Any, here: Any, **asked: str) -> Any:
        return client.get(reverse("benchmarks:annex", args=[here.slug]), asked)

    def test_gives_the_document_of_the_day_that_is_asked_for(self, set_up: Any, client: Any, clock: None) -> None:
        client.force_login(world.person(Role.PLANNER, set_up))
        answer = self.get(client, set_up, as_of="2020-07-01")
        assert answer["Content-Disposition"] == f'attachment; filename="{set_up.slug}-benchmarks-2020-07-01.docx"'
        assert "As of 1 July 2020, as known on 1 October 2020." in text_of(Document(BytesIO(answer.content)))

    @pytest.mark.parametrize("asked", [{"as_of": "yesterday"}, {"known_at": "2031-01-01"}])
    def test_says_which_day_cannot_be(self, set_up: Any, client: Any, clock: None, asked: dict[str, str]) -> None:
        client.force_login(world.person(Role.PLANNER, set_up))
        answer = self.get(client, set_up, **asked)
        assert (answer.status_code, next(iter(asked)) in answer.content.decode()) == (400, True)

    def test_is_not_there_for_who_may_not_see_the_transition(self, set_up: Any, client: Any, clock: None) -> None:
        assert self.get(client, set_up).status_code == 302
        client.force_login(world.person(Role.PLANNER, world.transition()))
        assert self.get(client, set_up).status_code == 404

    def test_is_linked_from_the_transition_and_from_the_admin(self, set_up: Any, client: Any, clock: None) -> None:
        planner = world.person(Role.PLANNER, set_up)
        planner.is_staff = True
        planner.save()
        client.force_login(planner)
        page = client.get(f"/transitions/{set_up.slug}/", {"as_of": "2020-07-01"}).content.decode()
        address = reverse("benchmarks:annex", args=[set_up.slug])
        assert f'href="{address}?as_of=2020-07-01&amp;known_at=2020-10-01"' in page
        chosen = {"transition": set_up.slug, "format": "docx"}
        assert client.get(reverse("admin:benchmarks_transfer_export"), chosen)["Location"] == address
