"""A condition for exit that falls back by an import: who is told, and what stands beside the handovers that need it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dependents import depend
from benchmarks.models import Benchmark, Indicator
from benchmarks.terms import revise
from tests import country, world
from tests.benchmarks.files import bring, bring_tables, update, write
from tests.filled import filled
from transitions.access.permissions import Marking, Role
from transitions.handovers.marks import marks_of
from transitions.handovers.models import Handover
from transitions.outbox.models import Message
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.links import link_to
from transitions.workflow.models import StateChange

NOW = world.NOW
SPRING, SUMMER = date(2020, 4, 1), date(2020, 7, 1)


def told() -> list[tuple[Any, Any]]:
    return list(Message.objects.filter(kind="benchmarks.fell").values_list("recipient", "thing_id"))


def classes(report: str, judged: str, *codes: str) -> list[dict[str, Any]]:
    return [update(code, report, **{"class": judged}) for code in codes or ("1.1", "1.2", "1.3", "1.4")]


@pytest.fixture
def people(set_up: Any) -> set[int]:
    heads = (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK, Role.PILLAR_LEAD)
    owner = world.person(Role.UNCT_FOCAL_POINT, set_up)
    Benchmark.objects.update(owner=owner)
    return {owner.pk, *(world.person(role, set_up).pk for role in heads)}


class TestAnImport:
    def test_tells_once_of_each_condition_that_falls_by_it(self, set_up: Any, people: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=classes("S/1", "on_track"))
        outcome = bring_tables(set_up, tmp_path, updates=classes("S/2", "stagnating"))
        [condition] = Benchmark.objects.all()
        assert sorted(told()) == sorted((pk, condition.pk) for pk in people)
        message = Message.objects.filter(kind="benchmarks.fell").first()
        assert (message.payload["was"], message.payload["became"]) == ("on_track", "stagnating")
        assert message.due_at == NOW
        assert any(f"{condition} has fallen back" in remark for remark in outcome.remarks)

    def test_tells_nothing_more_when_it_is_repeated_and_tells_again_of_another_fall(
        self, set_up: Any, people: Any, tmp_path: Path
    ) -> None:
        bring_tables(set_up, tmp_path, updates=classes("S/1", "on_track"))
        for _ in range(2):
            bring_tables(set_up, tmp_path, updates=classes("S/2", "stagnating"))
        assert len(told()) == len(people)
        bring_tables(set_up, tmp_path, updates=[row | {"as_of": "2020-08-01"} for row in classes("S/3", "on_track")])
        bring_tables(set_up, tmp_path, updates=[row | {"as_of": "2020-09-01"} for row in classes("S/4", "positive")])
        assert len(told()) == 2 * len(people)

    def test_tells_of_numbers_and_of_a_definition_that_leaves_a_number_behind(
        self, set_up: Any, people: Any, tmp_path: Path
    ) -> None:
        met = {"1.1": "3", "1.2": "100", "1.3": "80", "1.4": "1"}
        bring_tables(set_up, tmp_path, updates=[update(code, value=value) for code, value in met.items()])
        assert told() == []
        bring_tables(set_up, tmp_path, updates=[update("1.2", "S/2", value="99")])
        assert len(told()) == len(people)

    def test_of_older_reports_tells_of_nothing_that_is_not_so_today(
        self, set_up: Any, people: Any, tmp_path: Path
    ) -> None:
        bring_tables(set_up, tmp_path, updates=classes("S/2", "on_track"))
        assert bring_tables(set_up, tmp_path, updates=classes("S/1", "not_on_track")).written
        assert told() == []

    def test_that_is_the_first_tells_of_nothing(self, here: Any, people: Any, tmp_path: Path) -> None:
        both = [*classes("S/1", "on_track"), *classes("S/2", "stagnating")]
        assert bring_tables(here, tmp_path, updates=both).written
        assert told() == []

    def test_of_what_no_exit_depends_on_tells_nobody(self, set_up: Any, people: Any, tmp_path: Path) -> None:
        revise(Benchmark.objects.get(), condition_for_exit=False, by=world.founder(), now=world.NOW)
        bring_tables(set_up, tmp_path, updates=classes("S/1", "on_track"))
        bring_tables(set_up, tmp_path, updates=classes("S/2", "stagnating"))
        assert told() == []

    def test_that_is_tried_only_leaves_no_message(self, set_up: Any, people: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=classes("S/1", "on_track"))
        folder = write(tmp_path / "dry", updates=classes("S/2", "stagnating"))
        bring(set_up, folder, dry_run=True)
        assert told() == []
        assert not bring(set_up, write(tmp_path / "bad", updates=[*classes("S/2", "stagnating"), update("9")])).written
        assert told() == []

    def test_asks_no_more_of_the_database_for_more_rows(
        self, set_up: Any, people: Any, tmp_path: Path, django_assert_max_num_queries: Any
    ) -> None:
        bring_tables(set_up, tmp_path, updates=classes("S/1", "on_track"))
        by, counts = world.person(Role.PLANNER, set_up), []
        for report, judged, codes in (("S/2", "on_track", ["1.1"]), ("S/7", "stagnating", ["1.1", "1.2", "1.3"])):
            folder = write(tmp_path / report[2:], updates=classes(report, judged, *codes))
            with django_assert_max_num_queries(90) as counted:
                assert bring(set_up, folder, by=by).written
            counts.append(len(counted))
        assert counts[1] - counts[0] <= 8  # for the one condition that fell: itself, who hears of it, the messages


class TestAMark:
    """On the pages of a handover that stands on a benchmark which has fallen since."""

    @pytest.fixture
    def link(self, here: Any) -> Any:
        it = country.indicator(country.benchmark(here))
        country.judged(it, "on_track", country.START)
        handover = filled(Handover, here, state="preparing", version=1)
        filled(StateChange, here, thing_type="handovers.handover", thing_id=handover.pk, version=1, state="preparing",
               holds_from=SPRING, known_from=SPRING)  # fmt: skip
        return depend(handover, it.benchmark, by=world.founder(), now=NOW)

    def marks(self, here: Any, **clocks: Any) -> Any:
        return marks_of(here, view_of(here, user=console(), now=NOW, **clocks))

    def test_says_what_fell_since_when_and_where_one_sees_it(self, here: Any, link: Any) -> None:
        assert self.marks(here) == {}
        country.judged(Indicator.objects.get(), "stagnating", SUMMER)
        [mark] = self.marks(here)[link.handover_id]
        assert mark.sentence == (
            f"benchmark {link.benchmark} has fallen back since 2020-04-01, from on track to challenges, stagnating"
        )
        assert (mark.page, mark.settled_at) == (link_to(link.benchmark), link_to(link))
        assert self.marks(here, as_of=SPRING) == {}

    def test_says_it_of_numbers_too(self, here: Any, link: Any) -> None:
        country.value(Indicator.objects.get(), 85, SPRING)
        country.value(Indicator.objects.get(), 70, SUMMER)
        [mark] = self.marks(here)[link.handover_id]
        assert mark.sentence.endswith("from met to not met by measurements")

    def test_stands_in_the_matrix_and_on_the_page(self, here: Any, link: Any, client: Any, clock: None) -> None:
        country.judged(Indicator.objects.get(), "stagnating", SUMMER)
        planner = world.person(Role.PLANNER, here)
        planner.is_staff = True
        planner.save()
        client.force_login(planner)
        for page in (f"/transitions/{here.slug}/handovers/", link_to(link.handover)):
            text = client.get(page).content.decode()
            assert "To be reviewed" in text
            assert f"benchmark {link.benchmark} has fallen back since 2020-04-01" in text
            assert f'href="{link_to(link.benchmark)}"' in text

    def test_is_hidden_from_who_does_not_see_the_benchmark(
        self, here: Any, link: Any, client: Any, clock: None
    ) -> None:
        country.judged(Indicator.objects.get(), "stagnating", SUMMER)
        Benchmark.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
        client.force_login(world.person(Role.UNCT_FOCAL_POINT, here))
        page = client.get(f"/transitions/{here.slug}/handovers/").content.decode()
        assert link.handover.code in page
        assert "To be reviewed" not in page

    def test_costs_the_same_for_many(self, here: Any, link: Any, django_assert_max_num_queries: Any) -> None:
        counts = []
        for more in (0, 3):
            for _ in range(more):
                depend(filled(Handover, here), country.benchmark(here), by=world.founder(), now=NOW)
            with django_assert_max_num_queries(25) as counted:
                self.marks(here)
            counts.append(len(counted))
        assert counts[0] == counts[1]
