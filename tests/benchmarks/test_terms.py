"""What is said of a benchmark and of an indicator from a day on, and answers of earlier days that it leaves alone."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from benchmarks.dependents import depend, reviewed
from benchmarks.exporting import tables_of, write_folder
from benchmarks.listing import benchmarks_at, indicators_at
from benchmarks.matrix import matrix
from benchmarks.migrations import __path__ as migrations
from benchmarks.models import Benchmark, BenchmarkTerms, Indicator, IndicatorTerms
from benchmarks.readiness import readiness_of
from benchmarks.records import read
from benchmarks.terms import revise
from tests import country, world
from tests.benchmarks import files
from tests.filled import filled
from tests.rebuild import assert_rebuilt, assert_values_rebuilt
from transitions.access.permissions import Role
from transitions.handovers.models import Handover
from transitions.missions.models import Sector
from transitions.outbox.models import Message
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact

NOW, TODAY = world.NOW, world.TODAY
SPRING = date(2020, 4, 1)
LETTER = Fact("S/2020/9", date(2020, 6, 1), date(2020, 6, 20))


@pytest.fixture
def it(here: Any) -> Indicator:
    made = country.indicator(country.benchmark(here, pillar=world.pillar(here)))
    country.value(made, 60, SPRING)
    country.judged(made, "positive", SPRING)
    country.report(here, SPRING)
    return made


def said(thing: Any, fact: Fact | None = None, **given: Any) -> Any:
    return revise(thing, by=world.founder(), now=NOW, fact=fact, **given)


def told(here: Any, on: date) -> Any:
    """Everything of the room that is answered of a day."""
    view = view_of(here, user=console(), now=NOW, as_of=on, known_at=on)
    found = readiness_of(here, user=console(), now=NOW, as_of=on, known_at=on)
    bars = matrix(read([here], view), here.pk, found["benchmarks"])
    return found, bars, benchmarks_at(here, view), indicators_at(here, view)


class TestRevise:
    def test_holds_from_today_on_and_stands_on_the_thing(self, it: Any) -> None:
        row = said(it.benchmark, title="Police serve everybody", reason="shorter")
        assert (row.number, row.holds_from, row.known_from, row.reason) == (2, TODAY, TODAY, "shorter")
        assert Benchmark.objects.get().title == it.benchmark.title == "Police serve everybody"
        assert (row.pillar, row.owner_office) == (it.benchmark.pillar, it.benchmark.owner_office)
        assert_rebuilt()

    def test_of_a_document_that_comes_late_is_overtaken_by_what_holds_since(self, it: Any) -> None:
        said(it, frequency_days=30)
        said(it, LETTER, frequency_days=60, informs_only=True)
        assert (Indicator.objects.get().frequency_days, Indicator.objects.get().informs_only) == (30, False)
        [row] = indicators_at(it.transition, view_of(it.transition, user=console(), now=NOW, as_of=date(2020, 7, 1)))
        assert (row["frequency_days"], row["informs_only"]) == (60, True)
        assert_rebuilt()

    def test_of_what_is_said_already_is_no_row(self, it: Any) -> None:
        assert said(it.benchmark, title=it.benchmark.title, sectors=[]) is None
        assert said(it, frequency_days=90) is None
        assert (BenchmarkTerms.objects.count(), IndicatorTerms.objects.count()) == (1, 1)

    def test_gives_it_its_sectors(self, it: Any) -> None:
        sector = filled(Sector, it.transition, code="justice")
        said(it.benchmark, sectors=[sector])
        assert [*it.benchmark.sectors.all()] == [sector]
        said(it.benchmark, title="Other")
        assert_rebuilt()
        said(it.benchmark, sectors=[])
        assert not it.benchmark.sectors.exists()

    def test_refuses_a_contextual_one_that_holds_the_exit(self, it: Any) -> None:
        with pytest.raises(ValidationError, match="contextual"):
            said(it.benchmark, level="contextual")
        said(it.benchmark, level="contextual", condition_for_exit=False)
        assert_rebuilt()

    def test_is_for_who_plans_in_the_pillar_that_it_leaves_and_in_the_one_that_it_comes_to(self, it: Any) -> None:
        political = world.pillar(it.transition, "political")
        for pillar in (political, it.benchmark.pillar):
            lead = world.person(Role.PILLAR_LEAD, it.transition, pillar=pillar)
            with pytest.raises(PermissionDenied):
                revise(Benchmark.objects.get(), pillar=political, by=lead, now=NOW)
        assert BenchmarkTerms.objects.count() == 1

    def test_tells_who_answers_when_an_indicator_that_begins_to_decide_makes_a_condition_fall(self, it: Any) -> None:
        country.judged(it, "on_track", date(2020, 5, 1))
        other = country.indicator(it.benchmark, informs_only=True)
        country.judged(other, "not_on_track", date(2020, 5, 1))
        world.person(Role.HEAD_OF_MISSION, it.transition)
        before = Message.objects.count()
        said(other, informs_only=False)
        assert Message.objects.count() == before + 1


EDITS: list[dict[str, Any]] = [
    {"title": "Other"}, {"pillar": None}, {"basis": "report"}, {"condition_for_exit": False}, {"serves": "the end"},
    {"level": "contextual", "condition_for_exit": False}, {"external_codes": ["SDG 16"]}, {"document": "S/RES/1"},
]  # fmt: skip
EDITS_OF_INDICATOR = [{"informs_only": True}, {"frequency_days": 3}, {"frequency_days": None}]


class TestAnAnswerOfAPastDay:
    @pytest.mark.parametrize("given", EDITS, ids=str)
    def test_stays_as_it_was_when_its_benchmark_is_edited(self, here: Any, it: Any, given: Any) -> None:
        before, now = told(here, TODAY - timedelta(1)), told(here, TODAY)
        said(it.benchmark, **given)
        assert told(here, TODAY - timedelta(1)) == before
        assert told(here, TODAY) != now

    @pytest.mark.parametrize("given", EDITS_OF_INDICATOR, ids=str)
    def test_stays_as_it_was_when_its_indicator_is_edited(self, here: Any, it: Any, given: Any) -> None:
        country.judged(country.indicator(it.benchmark), "descending", SPRING)
        before, now = told(here, TODAY - timedelta(1)), told(here, TODAY)
        said(it, **given)
        assert told(here, TODAY - timedelta(1)) == before
        assert told(here, TODAY) != now

    def test_keeps_owner_sectors_and_the_order_of_indicators(self, here: Any, it: Any) -> None:
        country.judged(country.indicator(it.benchmark), "descending", SPRING)
        before = told(here, TODAY - timedelta(1))
        said(it.benchmark, owner=world.person(Role.PLANNER, here), owner_office=world.office(here))
        said(it.benchmark, sectors=[filled(Sector, here, code="justice")])
        said(it, position=9)
        world.pillar(here, "economic")
        assert told(here, TODAY - timedelta(1)) == before
        found, _, [benchmark], indicators = told(here, TODAY)
        assert (found["sectors"][0]["code"], benchmark["owner"]) == ("justice", str(it.benchmark.owner))
        assert [one["code"] for one in indicators][-1] == it.code

    def test_counts_the_gap_by_what_was_a_condition_on_the_end_date(self, here: Any, it: Any) -> None:
        world.instrument(here.mission, adopted_on=SPRING).effects.create(
            kind="mandate_expiry", date=date(2020, 8, 1), basis="fixed"
        )
        said(it.benchmark, condition_for_exit=False)
        gap = readiness_of(here, user=console(), now=NOW)["gap_at_end_date"]
        assert gap["met"] + gap["not_met"] + gap["unknown"] == 1
        assert gap["carried_over"][0]["title"] == it.benchmark.title

    def test_before_anything_was_said_has_what_was_said_first(self, here: Any, it: Any) -> None:
        late = country.benchmark(here, since=LETTER, title="First")
        country.indicator(late)
        said(late, Fact("S/2020/8", date(2020, 5, 1), date(2020, 7, 1)), title="Before it")
        titles = {one["code"]: one["title"] for one in told(here, SPRING)[2]}
        assert titles[late.code] == "First"
        assert Benchmark.objects.get(pk=late.pk).title == "First"


class TestTheAdmin:
    def page(self, thing: Any, **given: Any) -> Any:
        client = Client()
        planner = world.person(Role.PLANNER, thing.transition)
        planner.is_staff = True
        planner.save()
        client.force_login(planner)
        url = reverse(f"admin:benchmarks_{thing._meta.model_name}_change", args=[thing.pk])
        form = client.get(url).context["adminform"].form
        shown = {name: form[name].value() for name in form.fields}
        answer = client.post(url, {name: value for name, value in {**shown, **given}.items() if value is not None})
        assert answer.status_code == 302, answer.context["adminform"].form.errors

    def test_writes_an_edit_as_of_its_day(self, here: Any, it: Any, clock: None) -> None:
        sector = filled(Sector, here, code="justice")
        self.page(it.benchmark, title="Other", source="S/RES/2", sectors=[sector.pk], note="aside", code="X")
        self.page(it, frequency_days="30", note="aside")
        benchmark, indicator = BenchmarkTerms.objects.last(), IndicatorTerms.objects.last()
        assert (benchmark.title, benchmark.document, benchmark.sectors) == ("Other", "S/RES/2", ["justice"])
        assert (indicator.number, indicator.frequency_days) == (2, 30)
        found = Benchmark.objects.get()
        assert (found.note, found.code, Indicator.objects.get().note) == ("aside", it.benchmark.code, "aside")
        assert_rebuilt()

    def test_writes_nothing_dated_for_a_note(self, it: Any, clock: None) -> None:
        self.page(it.benchmark, note="aside")
        self.page(it, note="aside")
        assert (BenchmarkTerms.objects.count(), IndicatorTerms.objects.count()) == (1, 1)


class TestTheDatabase:
    @pytest.mark.parametrize("what", ["row", "row of an indicator", "code", "code of an indicator"])
    def test_refuses_an_edit_past_the_door(self, it: Any, what: str) -> None:
        edits = {
            "row": BenchmarkTerms.objects.update, "row of an indicator": IndicatorTerms.objects.update,
            "code": Benchmark.objects.update, "code of an indicator": Indicator.objects.update,
        }  # fmt: skip
        given = {"code": "X"} if what.startswith("code") else {"number": 9}
        with pytest.raises(DatabaseError), transaction.atomic():
            edits[what](**given)

    def test_carries_over_what_there_was_before_it_kept_days(self, it: Any) -> None:
        link = depend(filled(Handover, it.transition), it.benchmark, by=world.founder(), now=NOW)
        reviewed(link, by=world.founder(), now=NOW)
        said(it.benchmark, sectors=[filled(Sector, it.transition, code=code) for code in ("b", "a")])
        [path] = Path(migrations[0]).glob("0002_*.py")
        made: dict[str, Any] = {}
        exec(path.read_text(), made)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM benchmarks_benchmarkterms")
            cursor.execute("DELETE FROM benchmarks_indicatorterms")
            cursor.execute("DELETE FROM benchmarks_dependencereview")
            cursor.execute("RESET session_replication_role")
            cursor.execute(made["FIRST_OF_BENCHMARKS"])
            cursor.execute(made["FIRST_OF_INDICATORS"])
            cursor.execute(made["FIRST_REVIEWS"])
        benchmark, indicator = BenchmarkTerms.objects.get(), IndicatorTerms.objects.get()
        assert (benchmark.number, benchmark.sectors, benchmark.holds_from) == (1, ["a", "b"], country.START)
        assert (indicator.number, indicator.frequency_days, indicator.source) == (1, 90, "S/2020/1")
        assert (link.reviews.get().holds_from, link.reviews.get().by) == (TODAY, world.founder())
        assert_values_rebuilt()


class TestAnImport:
    """Reports that say otherwise of a benchmark, brought in again in any order."""

    def benchmark(self, title: str, source: str, **more: Any) -> dict[str, Any]:
        return files.BENCHMARKS[0] | {"title": title, "source": source} | more

    def bring(self, here: Any, tmp_path: Path, *rows: Any, **tables: Any) -> Any:
        return files.bring_tables(here, tmp_path, benchmarks=[*rows], reports=files.REPORTS, **tables)

    def test_holds_from_the_day_of_its_report(self, here: Any, tmp_path: Path) -> None:
        rows = [self.benchmark("Courts", "S/0"), self.benchmark("All courts", "S/2")]
        assert self.bring(here, tmp_path, *rows).written
        assert [(one.title, one.holds_from, one.known_from) for one in BenchmarkTerms.objects.all()] == [
            ("Courts", date(2020, 1, 1), date(2020, 1, 20)), ("All courts", date(2020, 6, 30), date(2020, 7, 20)),
        ]  # fmt: skip
        titles = [told(here, on)[2][0]["title"] for on in (date(2020, 7, 1), date(2020, 7, 20))]
        assert titles == ["Courts", "All courts"]
        assert_rebuilt()

    def test_again_in_any_order_changes_nothing(self, here: Any, tmp_path: Path) -> None:
        first, second = self.benchmark("Courts", "S/0"), self.benchmark("All courts", "S/2", pillar="political")
        self.bring(here, tmp_path, first)
        self.bring(here, tmp_path, second)
        for rows in ([first], [second], [second, first]):
            assert not self.bring(here, tmp_path, *rows).written
        assert (BenchmarkTerms.objects.count(), Benchmark.objects.get().title) == (2, "All courts")

    def test_of_two_reports_of_one_day_changes_nothing_again(self, here: Any, tmp_path: Path) -> None:
        reports = [*files.REPORTS, files.REPORTS[2] | {"report": "S/2/Add.1"}]
        rows = [self.benchmark("Courts", "S/2"), self.benchmark("All courts", "S/2/Add.1")]
        for written in (True, False):
            outcome = files.bring_tables(here, tmp_path, benchmarks=rows, reports=reports)
            assert outcome.written is written
        assert Benchmark.objects.get().title == "All courts"

    def test_that_comes_late_is_overtaken(self, here: Any, tmp_path: Path) -> None:
        self.bring(here, tmp_path, self.benchmark("Courts", "S/0"))
        self.bring(here, tmp_path, self.benchmark("All courts", "S/2"))
        self.bring(here, tmp_path, self.benchmark("Some courts", "S/1"))
        assert Benchmark.objects.get().title == "All courts"
        assert told(here, date(2020, 6, 1))[2][0]["title"] == "Some courts"
        assert_rebuilt()

    def test_of_a_condition_that_is_contextual_is_refused(self, here: Any, tmp_path: Path) -> None:
        self.bring(here, tmp_path, self.benchmark("Courts", "S/0", level="contextual"))
        outcome = self.bring(here, tmp_path, self.benchmark("Courts", "S/1", level="", condition_for_exit="yes"))
        assert files.refusals(outcome) == [("benchmarks.csv", 2, "condition_for_exit")]

    def test_of_an_indicator_leaves_the_days_before_it_alone(self, set_up: Any, tmp_path: Path) -> None:
        row = files.INDICATORS[1] | {"source": "S/2", "frequency_days": "30", "informs_only": "yes"}
        before = told(set_up, date(2020, 7, 1))
        assert files.bring_tables(set_up, tmp_path, indicators=[row]).written
        assert not files.bring_tables(set_up, tmp_path, indicators=[row]).written
        assert not files.bring_tables(set_up, tmp_path, indicators=[files.INDICATORS[1]]).written
        assert told(set_up, date(2020, 7, 1)) == before
        found = Indicator.objects.get(code="1.2")
        assert (found.frequency_days, found.informs_only, found.definitions.count()) == (30, True, 1)
        assert_rebuilt()

    def test_of_what_was_exported_says_the_same_of_every_day(self, here: Any, tmp_path: Path) -> None:
        changed = files.INDICATORS[1] | {"source": "S/1", "frequency_days": "30"}
        rows = [self.benchmark("Courts", "S/0", report_section="justice"), self.benchmark("All courts", "S/1"),
                self.benchmark("All courts", "S/2", statement="All are open", pillar="political")]  # fmt: skip
        self.bring(here, tmp_path, *rows, indicators=files.INDICATORS)
        files.bring_tables(here, tmp_path, indicators=[changed])
        said(Benchmark.objects.get(), title="Edited")
        write_folder(tables_of(here, user=world.founder(), now=NOW), tmp_path / "out")
        assert not files.bring(here, tmp_path / "out").changes
        other = world.transition("under_way", time_zone="America/Port-au-Prince")
        assert files.bring(other, tmp_path / "out").written
        for on in (date(2020, 2, 1), date(2020, 5, 1), date(2020, 8, 1), TODAY):
            one, same = ([{k: v for k, v in row.items() if k not in ("id", "version", "owner")}
                          for rows in told(place, on)[2:] for row in rows] for place in (here, other))  # fmt: skip
            assert one == same
