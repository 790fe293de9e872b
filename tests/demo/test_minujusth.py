"""The second real case: Haiti's benchmarks, known as each report was issued, unmet on the day that the mission left."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from benchmarks.demo import HERE
from benchmarks.models import Assessment, Benchmark, Definition, Indicator, Lineage, Measurement, Report
from tests.benchmarks.files import update, write
from tests.rebuild import assert_rebuilt
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.clock import present
from transitions.missions.models import Transition
from transitions.outbox.models import Message
from transitions.status.reader import status_of
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db


def status(slug: str, as_of: str = "", known_at: str = "") -> dict[str, Any]:
    transition = Transition.objects.get(slug=slug)
    day = {name: date.fromisoformat(text) for name, text in (("as_of", as_of), ("known_at", known_at)) if text}
    return status_of(transition, user=User.objects.get(username="auditor"), now=present.now(), **day)


def known(on: str) -> dict[str, int]:
    """Verified judgements of the latest day, of those that were known on a day."""
    changes = StateChange.objects.filter(thing_type="benchmarks.assessment", state="verified", known_from__lte=on)
    rows = Assessment.objects.filter(pk__in=changes.values("thing_id")).order_by("as_of")
    latest = rows.last()
    return Counter(row.judged for row in rows if latest and row.as_of == latest.as_of)


@pytest.mark.usefixtures("default_day")
class TestMinujusth:
    def test_has_its_mandate_as_the_council_moved_it(self) -> None:
        ends = [status("minujusth", day)["end_date"] for day in ("2018-05-01", "2019-05-01")]
        assert [(str(end["date"]), end["basis"], end["instrument"]) for end in ends] == [
            ("2019-04-15", "expires_unless_renewed", "S/RES/2410 (2018)"), ("2019-10-15", "fixed", "S/RES/2466 (2019)"),
        ]  # fmt: skip

    def test_ceased_operations_as_a_recorded_fact(self) -> None:
        assert (status("minujusth", "2019-10-14")["state"], status("minujusth")["state"]) == (
            "under_way",
            "withdrawing",
        )
        change = StateChange.objects.get(step="cease_operations", transition__slug="minujusth")
        assert (change.holds_from, change.known_from, change.source) == (
            date(2019, 10, 15), date(2019, 4, 12), "S/RES/2466 (2019)",
        )  # fmt: skip

    def test_has_its_benchmarks_in_force_with_the_report_that_gives_their_indicators(self) -> None:
        here = Benchmark.objects.filter(transition__slug="minujusth")
        assert Counter(here.values_list("state", flat=True)) == {"in_force": 11}
        changes = StateChange.objects.filter(thing_type="benchmarks.benchmark", step="agree")
        assert set(changes.values_list("source", "known_from")) == {("S/2018/527", date(2018, 6, 1))}
        assert [change.passed_over for change in changes] == [[]] * 11

    def test_knows_what_each_report_said_from_the_day_of_its_issue(self) -> None:
        assert known("2018-11-27") == {}
        assert [*known("2019-02-28").values()] != []
        assert known("2019-02-28") == {"on_track": 5, "positive": 9, "stagnating": 15, "descending": 4,
                                       "not_on_track": 10, "no_update_expected": 3}  # fmt: skip
        assert known("2019-03-01") == {"on_track": 8, "positive": 15, "stagnating": 11, "descending": 4,
                                       "not_on_track": 7, "no_update_expected": 1}  # fmt: skip
        assert (Indicator.objects.filter(transition__slug="minujusth").count(), Measurement.objects.count()) == (
            46,
            138,
        )

    def test_has_nothing_that_was_recorded_before_it_was_known(self) -> None:
        for row in (*Report.objects.all(), *Measurement.objects.all(), *Definition.objects.all()):
            assert row.known_from <= present.day(row.recorded_at, "America/Port-au-Prince")

    def test_tells_nobody_of_what_was_agreed_before_there_were_people(self) -> None:
        told = Message.objects.filter(transition__slug="minujusth")
        assert set(told.values_list("thing_type", flat=True)) == {"missions.transition"}

    def test_every_state_is_what_its_history_says(self) -> None:
        assert assert_rebuilt() >= 92 + 11 + 6

    def test_has_someone_in_every_role(self) -> None:
        held = Transition.objects.get(slug="minujusth").grants.values_list("role", flat=True)
        assert set(held) == set(Role.values)

    def test_takes_in_a_later_report(self, tmp_path: Any) -> None:
        rows = [update("1.1", "S/9", as_of="2019-07-15", value="2", **{"class": "positive"})]
        reports = [{"report": "S/9", "as_of": "2019-07-15", "issued_on": "2019-08-01"}]
        call_command("import_benchmarks", str(write(tmp_path / "later", reports=reports, updates=rows)),
                     transition="minujusth")  # fmt: skip
        assert known("2019-08-01") == {"positive": 1}

    def test_changes_nothing_when_it_is_brought_in_again(self) -> None:
        before = StateChange.objects.count(), Measurement.objects.count(), Definition.objects.count()
        for folder in sorted((HERE / "minujusth").iterdir()):
            call_command("import_benchmarks", str(folder), transition="minujusth")
        assert (StateChange.objects.count(), Measurement.objects.count(), Definition.objects.count()) == before

    def test_is_carried_on_by_its_successor_as_a_judgement(self) -> None:
        assert status("binuh")["state"] == "under_way"
        here = Benchmark.objects.filter(transition__slug="binuh")
        assert Counter(here.values_list("state", "level", "condition_for_exit")) == {
            ("draft", "core", True): 4, ("draft", "contextual", False): 2,
        }  # fmt: skip
        assert Indicator.objects.filter(transition__slug="binuh").count() == 37
        assert set(Lineage.objects.values_list("stated", flat=True)) == {False}
        older = Lineage.objects.filter(newer__code="3", newer__transition__slug="binuh").values_list(
            "older__code", flat=True
        )
        assert set(older) == {"1", "3", "4"}


class TestBefore:
    def test_has_no_successor_yet_and_only_what_was_known(self, demo: Any) -> None:
        demo("2018-12-15T06:00Z")
        assert {one.slug for one in Transition.objects.all()} == {"unamid", "minujusth"}
        assert {one.symbol for one in Report.objects.all()} == {"S/2018/527", "S/2018/795", "S/2018/1059"}
        assert status("minujusth")["state"] == "under_way"
