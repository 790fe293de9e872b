"""Readiness on a day, as known on a day: counts, what moved, the gap, and what nobody knows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from benchmarks.assessing import assess, override_class
from benchmarks.definitions import carry_over
from benchmarks.dependents import depend, reviewed
from benchmarks.measuring import correct
from benchmarks.models import RollUp
from benchmarks.readiness import readiness_for, readiness_of
from benchmarks.terms import revise
from tests import country, world
from tests.filled import filled
from tests.rebuild import assert_values_rebuilt
from transitions.access.permissions import Marking, Role
from transitions.handovers.models import Handover
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact, take
from transitions.workflow.models import StateChange

NOW, TODAY = world.NOW, world.NOW.date()
SPRING, SUMMER, AUTUMN = date(2020, 4, 1), date(2020, 7, 1), date(2020, 9, 1)


def ready(here: Any, as_of: date | None = None, known_at: date | None = None, **more: Any) -> Any:
    user = more.pop("user", None) or console()
    return readiness_of(here, user=user, now=NOW, as_of=as_of, known_at=known_at, **more)


def row(found: Any, benchmark: Any) -> Any:
    return next(one for one in found["benchmarks"] if one["code"] == benchmark.code)


def classes(found: Any) -> dict[str, int]:
    return {name: number for name, number in found["indicators"]["by_class"].items() if number}


@pytest.fixture
def benchmark(here: Any) -> Any:
    return country.benchmark(here, pillar=world.pillar(here, "security"))


@pytest.fixture
def it(benchmark: Any) -> Any:
    return country.indicator(benchmark)


class TestTheClass:
    def test_is_of_the_latest_verified_assessment(self, here: Any, it: Any) -> None:
        country.judged(it, "positive", SPRING)
        country.judged(it, "descending", SUMMER)
        country.judged(it, "on_track", date(2020, 5, 1))  # entered last, of an earlier day
        assert classes(ready(here)) == {"descending": 1}
        assert classes(ready(here, as_of=SPRING)) == {"positive": 1}

    def test_is_not_of_a_draft_nor_of_what_is_only_submitted(self, here: Any, it: Any) -> None:
        draft = assess(it, "positive", as_of=SPRING, by=world.founder(), now=NOW)
        take(draft, "submit", by=world.founder(), now=NOW)
        assert classes(ready(here)) == {"not_assessed": 1}

    def test_is_what_was_known_on_the_day(self, here: Any, it: Any) -> None:
        country.judged(it, "positive", SPRING, known=SPRING)
        country.judged(it, "descending", SUMMER, known=AUTUMN)
        assert classes(ready(here, as_of=SUMMER)) == {"descending": 1}
        assert classes(ready(here, as_of=SUMMER, known_at=SUMMER)) == {"positive": 1}

    def test_counts_all_seven_and_adds_up(self, here: Any, it: Any) -> None:
        country.judged(it, "no_update_expected", SPRING)
        country.indicator(it.benchmark)
        found = ready(here)["indicators"]
        assert len(found["by_class"]) == 7
        assert sum(found["by_class"].values()) == found["total"] == 2
        assert found["met"] + found["not_met"] + found["unknown"] == 2

    def test_of_an_indicator_that_was_not_defined_yet_is_none_at_all(self, here: Any, it: Any) -> None:
        country.indicator(it.benchmark, since=Fact("S/2020/5", SUMMER, AUTUMN))
        assert ready(here, as_of=SPRING)["indicators"]["total"] == 1
        assert ready(here, as_of=SUMMER, known_at=SUMMER)["indicators"]["total"] == 1
        assert ready(here)["indicators"]["total"] == 2


class TestABenchmark:
    def test_is_as_its_worst_deciding_indicator(self, here: Any, it: Any) -> None:
        country.judged(it, "positive", SPRING)
        country.judged(country.indicator(it.benchmark), "stagnating", SPRING)
        country.judged(country.indicator(it.benchmark, informs_only=True), "not_on_track", SPRING)
        found = row(ready(here), it.benchmark)
        assert (found["class"], found["worst_known"]) == ("stagnating", "stagnating")
        assert sum(found["by_class"].values()) == 3

    def test_is_not_assessed_while_one_is_unknown(self, here: Any, it: Any) -> None:
        country.judged(it, "positive", SPRING)
        country.judged(country.indicator(it.benchmark), "no_update_expected", SPRING)
        found = row(ready(here), it.benchmark)
        assert (found["class"], found["worst_known"]) == ("not_assessed", "positive")

    def test_without_an_indicator_is_not_assessed(self, here: Any, benchmark: Any) -> None:
        found = row(ready(here), benchmark)
        assert (found["class"], found["worst_known"], found["met"]) == ("not_assessed", None, "unknown")

    def test_shows_a_person_s_override_as_such_until_it_is_taken_back(self, here: Any, it: Any) -> None:
        country.judged(it, "descending", SPRING)
        fact = Fact("memo", SUMMER, SUMMER)
        override_class(it.benchmark, "positive", reason="The law is passed", by=world.founder(), now=NOW, fact=fact)
        found = row(ready(here), it.benchmark)
        assert (found["class"], found["class_of_indicators"]) == ("positive", "descending")
        assert (found["override"]["reason"], found["override"]["by"]) == ("The law is passed", "founder")
        assert row(ready(here, as_of=SPRING), it.benchmark)["class"] == "descending"
        override_class(it.benchmark, "", reason="It was repealed", by=world.founder(), now=NOW)
        found = row(ready(here), it.benchmark)
        assert (found["class"], found["override"]) == ("descending", None)

    def test_that_is_retired_counts_no_more(self, here: Any, it: Any) -> None:
        take(it.benchmark, "retire", by=world.founder(), now=NOW, reason="no longer asked for")
        assert (ready(here)["indicators"]["total"], ready(here)["benchmarks"]) == (0, [])
        assert ready(here, as_of=SUMMER)["indicators"]["total"] == 1

    def test_that_is_marked_is_not_there_for_who_may_not_see_it(self, here: Any, it: Any) -> None:
        secret = country.indicator(country.benchmark(here, marking=Marking.STRICTLY_CONFIDENTIAL))
        country.judged(secret, "descending", SPRING)
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        found = ready(here, user=reader)
        assert found["indicators"]["total"] == 1
        assert secret.benchmark.code not in str(found)


class TestMet:
    def counts(self, here: Any, **clocks: Any) -> tuple[int, int, int]:
        found = ready(here, **clocks)["indicators"]
        return found["met"], found["not_met"], found["unknown"]

    def test_is_of_the_latest_number_and_not_of_the_class(self, here: Any, it: Any) -> None:
        country.value(it, 85, SPRING)
        country.value(it, None, SUMMER, value_text="as before")  # words take the place of no number
        country.judged(it, "not_on_track", SUMMER)
        assert self.counts(here) == (1, 0, 0)
        assert row(ready(here), it.benchmark)["met"] == "met"
        country.value(it, 70, AUTUMN)
        assert self.counts(here) == (0, 1, 0)
        assert self.counts(here, as_of=SUMMER) == (1, 0, 0)

    def test_is_unknown_once_it_was_not_collected(self, here: Any, it: Any) -> None:
        country.value(it, 85, SPRING)
        country.value(it, None, SUMMER, quality="not_collected")
        assert self.counts(here) == (0, 0, 1)

    def test_is_unknown_after_a_new_definition_until_it_is_measured_by_that(self, here: Any, it: Any) -> None:
        country.value(it, 85, SPRING)
        country.redefined(it, on=date(2020, 6, 1))
        assert self.counts(here) == (0, 0, 1)
        assert self.counts(here, as_of=SPRING) == (1, 0, 0)
        country.value(it, 60, SUMMER)
        assert self.counts(here) == (0, 1, 0)

    def test_reads_a_correction_from_the_day_on_which_it_is_known(self, here: Any, it: Any) -> None:
        wrong = country.value(it, 85, SPRING)
        fact = Fact("S/2020/7", SPRING, AUTUMN)
        correct(wrong, value=70, reason="a typing mistake", by=world.founder(), now=NOW, fact=fact)
        assert self.counts(here) == (0, 1, 0)
        assert self.counts(here, known_at=SUMMER) == (1, 0, 0)

    def test_is_against_the_target_of_the_day(self, here: Any, benchmark: Any) -> None:
        it = country.indicator(benchmark, (60, SUMMER), (80, date(2020, 12, 31)))
        country.value(it, 65, SPRING)
        assert [self.counts(here, as_of=day)[0] for day in (SPRING, SUMMER, AUTUMN)] == [1, 1, 0]


class TestWhatMoved:
    def test_is_since_the_report_before_the_latest_judgements(self, here: Any, it: Any) -> None:
        other = country.indicator(it.benchmark)
        for on, one, two in ((SPRING, "positive", "stagnating"), (SUMMER, "descending", "stagnating")):
            country.report(here, on, symbol=f"S/{on}")
            country.judged(it, one, on)
            country.judged(other, two, on)
        found = ready(here)
        assert found["since"] == {"date": SPRING, "report": f"S/{SPRING}"}
        assert found["movers"] == [
            {"indicator": it.code, "from": "positive", "to": "descending", "better": False, "definition_changed": False}
        ]
        assert ready(here, since=SUMMER)["movers"] == []

    def test_leaves_out_first_judgements_and_says_where_the_definition_changed(self, here: Any, it: Any) -> None:
        country.judged(it, "positive", SPRING)
        first = country.indicator(it.benchmark)
        country.redefined(it, on=date(2020, 6, 1))
        country.judged(it, "on_track", SUMMER)
        country.judged(first, "on_track", SUMMER)
        [mover] = ready(here, since=SPRING)["movers"]
        assert (mover["indicator"], mover["better"], mover["definition_changed"]) == (it.code, True, True)

    def test_tells_of_what_fell_back_by_class_and_by_number(self, here: Any, it: Any) -> None:
        country.judged(it, "on_track", SPRING)
        country.value(it, 85, SPRING)
        country.judged(it, "stagnating", SUMMER)
        country.value(it, 70, SUMMER)
        found = ready(here, since=SPRING)["regressions"]
        assert [(one["indicator"], one["from"], one["to"], one["was_met"], one["met"]) for one in found] == [
            (None, "on_track", "stagnating", "met", "not_met"), (it.code, "on_track", "stagnating", "met", "not_met"),
        ]  # fmt: skip

    def test_does_not_compare_values_of_two_definitions(self, here: Any, it: Any) -> None:
        country.value(it, 85, SPRING)
        country.redefined(it, on=date(2020, 6, 1))
        country.value(it, 70, SUMMER)
        assert [one["indicator"] for one in ready(here, since=SPRING)["regressions"]] == [None]


class TestData:
    def test_are_stale_after_one_and_a_half_times_the_frequency(self, here: Any, benchmark: Any) -> None:
        days = {135: "fresh", 136: "stale"}  # 90 days and a half
        its = {days[ago]: country.indicator(benchmark, measured_every=90) for ago in days}
        for ago, name in days.items():
            country.value(its[name], 60, TODAY - timedelta(ago))
        found = ready(here)["data"]
        assert (found["stale"], found["missing"], found["no_frequency"]) == ([its["stale"].code], [], [])

    def test_are_missing_where_nothing_was_measured_by_the_definition_in_force(self, here: Any, benchmark: Any) -> None:
        never, not_collected, said, old = (country.indicator(benchmark, measured_every=None) for _ in range(4))
        country.value(not_collected, None, SPRING, quality="not_collected")
        country.value(said, None, SPRING, value_text="voted by one chamber")
        country.value(old, 60, SPRING)
        country.redefined(old, on=date(2020, 6, 1))
        found = ready(here)["data"]
        assert found["missing"] == [never.code, not_collected.code, old.code]
        assert len(found["no_frequency"]) == 4


class TestPillars:
    def test_are_counted_each_and_the_weakest_is_named_by_what_is_known(self, here: Any, it: Any) -> None:
        political = country.benchmark(here, pillar=world.pillar(here, "political"))
        country.judged(it, "not_on_track", SPRING)
        country.indicator(it.benchmark)
        country.judged(country.indicator(political), "positive", SPRING)
        country.indicator(country.benchmark(here))
        found = ready(here)
        assert {one["code"]: sum(one["by_class"].values()) for one in found["pillars"]} == {
            "security": 2, "political": 1, None: 1,
        }  # fmt: skip
        assert found["weakest_pillar"] == "security"

    def test_of_which_nothing_is_known_have_no_weakest(self, here: Any, it: Any) -> None:
        assert ready(here)["weakest_pillar"] is None

    def test_are_not_the_sectors(self, here: Any, it: Any) -> None:
        sector = filled(it.benchmark.sectors.model, here, code="justice")
        revise(it.benchmark, sectors=[sector], by=world.founder(), now=world.NOW)
        country.indicator(country.benchmark(here))
        [found] = ready(here)["sectors"]
        assert (found["code"], sum(found["by_class"].values())) == ("justice", 1)


class TestTheGap:
    def ends(self, here: Any, on: date, basis: str = "expires_unless_renewed") -> None:
        world.instrument(here.mission, adopted_on=SPRING).effects.create(kind="mandate_expiry", date=on, basis=basis)

    def test_counts_the_conditions_for_exit_and_names_who_is_to_own_what_is_left(self, here: Any, it: Any) -> None:
        self.ends(here, date(2020, 12, 31))
        country.value(it, 85, SPRING)
        unmet, unknown = (country.indicator(country.benchmark(here)) for _ in range(2))
        country.value(unmet, 60, SPRING)
        country.benchmark(here, level="contextual")
        carry_over(unmet.benchmark, name="Ombudsperson", by=world.founder(), now=NOW)
        gap = ready(here)["gap_at_end_date"]
        assert (gap["date"], gap["basis"], gap["confirmed"]) == (date(2020, 12, 31), "expires_unless_renewed", True)
        assert (gap["met"], gap["not_met"], gap["unknown"]) == (1, 1, 1)
        assert {one["benchmark"]: one["carried_over_to"] for one in gap["carried_over"]} == {
            unmet.benchmark.code: "Ombudsperson", unknown.benchmark.code: None,
        }  # fmt: skip

    def test_marks_a_date_that_nobody_has_confirmed(self, here: Any, it: Any) -> None:
        self.ends(here, date(2020, 12, 31), "unconfirmed")
        assert ready(here)["gap_at_end_date"]["confirmed"] is False

    def test_without_a_date_is_as_it_stands(self, here: Any, it: Any) -> None:
        gap = ready(here)["gap_at_end_date"]
        assert (gap["date"], gap["confirmed"], gap["unknown"]) == (None, None, 1)

    def test_is_of_the_day_once_that_has_passed(self, here: Any, it: Any) -> None:
        self.ends(here, SUMMER)
        country.value(it, 60, SPRING)
        country.value(it, 85, AUTUMN)
        found = ready(here)
        assert found["indicators"]["met"] == 1
        assert found["gap_at_end_date"]["not_met"] == 1

    def test_is_against_the_target_of_the_end_and_not_of_today(self, here: Any, benchmark: Any) -> None:
        self.ends(here, date(2020, 12, 31))
        country.value(country.indicator(benchmark, (60, TODAY), (80, date(2020, 12, 31))), 65, SPRING)
        found = ready(here)
        assert (found["indicators"]["met"], found["gap_at_end_date"]["not_met"]) == (1, 1)

    def test_takes_a_person_s_word_before_the_numbers(self, here: Any, it: Any) -> None:
        country.value(it, 60, SPRING)
        take(it.benchmark, "achieve", by=world.founder(), now=NOW)
        assert ready(here)["gap_at_end_date"]["met"] == 1


class TestAReport:
    def test_has_our_count_as_known_on_its_issue_beside_its_own(self, here: Any, it: Any) -> None:
        country.judged(it, "positive", SPRING, known=SPRING)
        country.judged(country.indicator(it.benchmark), "descending", SPRING, known=AUTUMN)  # found out later
        report = country.report(here, SPRING)
        RollUp.objects.create(report=report, by_class={"positive": 1, "descending": 1}, total=2)
        [found] = ready(here)["reports"]
        assert found["by_class"]["positive"] == found["by_class"]["not_assessed"] == 1
        assert found["differs"] == [{"class": "descending", "ours": 0, "published": 1}]
        assert ready(here, known_at=SPRING)["reports"] == []

    def test_that_publishes_no_count_differs_in_nothing(self, here: Any, it: Any) -> None:
        country.report(here, SPRING)
        [found] = ready(here)["reports"]
        assert (found["published"], found["differs"]) == (None, [])


class TestAHandover:
    @pytest.fixture
    def link(self, here: Any, it: Any) -> Any:
        """Proposed in spring, while the benchmark was on track."""
        country.judged(it, "on_track", country.START)
        handover = filled(Handover, here, state="proposed", version=1)
        filled(StateChange, here, thing_type="handovers.handover", thing_id=handover.pk, version=1, state="proposed",
               holds_from=SPRING, known_from=SPRING)  # fmt: skip
        return depend(handover, it.benchmark, by=world.founder(), now=NOW)

    def test_is_to_be_reviewed_once_its_benchmark_has_fallen(self, here: Any, it: Any, link: Any) -> None:
        assert ready(here)["handovers_to_review"] == []
        country.judged(it, "stagnating", SUMMER)
        [found] = ready(here)["handovers_to_review"]
        assert (found["handover"], found["since"]) == (link.handover.code, SPRING)
        assert (found["from"], found["to"]) == ("on_track", "stagnating")
        assert ready(here, as_of=SPRING)["handovers_to_review"] == []

    def test_is_not_any_more_once_somebody_has_looked_or_it_was_moved_on(self, here: Any, it: Any, link: Any) -> None:
        country.judged(it, "stagnating", SUMMER)
        reviewed(link, by=world.founder(), now=NOW)
        assert ready(here)["handovers_to_review"] == []

    def test_was_to_be_reviewed_whatever_is_looked_at_and_linked_later(self, here: Any, it: Any) -> None:
        autumn, on = NOW - timedelta(60), SUMMER + timedelta(60)
        made = [filled(Handover, here, state="proposed", version=1) for _ in range(2)]
        for handover in made:
            filled(StateChange, here, thing_type="handovers.handover", thing_id=handover.pk, version=1,
                   state="proposed", holds_from=SPRING, known_from=SPRING)  # fmt: skip
        country.judged(it, "on_track", country.START)
        country.judged(it, "stagnating", SUMMER)
        link = depend(made[0], it.benchmark, by=world.founder(), now=autumn)
        before = ready(here, as_of=on, known_at=on)["handovers_to_review"]
        assert [one["handover"] for one in before] == [made[0].code]
        reviewed(link, by=world.founder(), now=NOW - timedelta(20))
        assert ready(here)["handovers_to_review"] == []
        reviewed(link, by=world.founder(), now=NOW, on=NOW.date() - timedelta(1))
        depend(made[1], it.benchmark, by=world.founder(), now=NOW)
        assert ready(here, as_of=on, known_at=on)["handovers_to_review"] == before
        assert link.reviewed_on == NOW.date() - timedelta(1)
        assert_values_rebuilt()

    def test_is_not_looked_at_on_a_day_that_has_not_come(self, here: Any, link: Any) -> None:
        with pytest.raises(ValidationError, match="not come"):
            reviewed(link, by=world.founder(), now=NOW, on=NOW.date() + timedelta(1))

    def test_is_to_be_reviewed_by_the_numbers_too(self, here: Any, it: Any, link: Any) -> None:
        country.value(it, 85, SPRING)
        country.value(it, 70, SUMMER)
        assert len(ready(here)["handovers_to_review"]) == 1


class TestManyTransitions:
    def test_are_read_in_the_same_number_of_queries_as_one(self, django_assert_max_num_queries: Any, db: Any) -> None:
        counts, transitions = [], []
        for more in (1, 4):
            for _ in range(more):
                here = world.transition("under_way")
                TestTheGap().ends(here, SUMMER)
                it = country.indicator(country.benchmark(here, pillar=world.pillar(here)))
                country.judged(it, "on_track", SPRING)
                country.value(it, 85, SPRING)
                country.report(here, SPRING)
                country.judged(it, "positive", SUMMER)
                depend(filled(Handover, here), it.benchmark, by=world.founder(), now=NOW)
                transitions.append(here)
            with django_assert_max_num_queries(30) as asked:
                found = readiness_for(transitions, view_of(transitions[0], user=console(), now=NOW))
            counts.append(len(asked))
            assert all(one["indicators"]["by_class"]["positive"] == 1 for one in found.values())
        assert counts[0] == counts[1]
