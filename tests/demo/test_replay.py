"""The real case comes out right: what the data's own notes list as awkward."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.rebuild import assert_rebuilt
from transitions.access.models import User
from transitions.calendar.models import Milestone
from transitions.clock import present
from transitions.missions.models import Transition
from transitions.status.reader import status_of
from transitions.workflow.models import OpenItem, StateChange

pytestmark = pytest.mark.django_db


def status(as_of: str = "", known_at: str = "") -> dict[str, Any]:
    transition = Transition.objects.get(slug="unamid")
    day = {name: date.fromisoformat(text) for name, text in (("as_of", as_of), ("known_at", known_at)) if text}
    return status_of(transition, user=User.objects.get(username="auditor"), now=present.now(), **day)


def end(as_of: str, known_at: str = "") -> tuple[str, str]:
    found = status(as_of, known_at)["end_date"]
    return str(found["date"]), found["instrument"]


@pytest.fixture(scope="module", autouse=True)
def in_2021(replayed: Any) -> Iterator[None]:
    """Replayed once: these tests only read."""
    with replayed("2021-06-30T06:00Z"):
        yield


class TestEndDate:
    def test_moves_as_the_council_moved_it(self) -> None:
        assert end("2018-07-20") == ("2019-06-30", "S/RES/2429 (2018)")
        assert end("2019-07-05") == ("2019-10-31", "S/RES/2479 (2019)")
        assert end("2019-11-15") == end("2020-04-15") == ("2020-10-31", "S/RES/2495 (2019)")
        assert end("2020-12-15") == ("2020-12-31", "S/RES/2525 (2020)")
        assert end("2020-12-28") == ("2020-12-31", "S/RES/2559 (2020)")

    def test_was_the_earlier_one_as_known_a_day_before_an_adoption(self) -> None:
        assert end("2019-07-05", "2019-06-26") == ("2019-06-30", "S/RES/2429 (2018)")
        assert end("2019-11-15", "2019-10-30") == ("2019-10-31", "S/RES/2479 (2019)")
        assert end("2020-12-15", "2020-06-02") == ("2020-10-31", "S/RES/2495 (2019)")
        assert end("2020-12-28", "2020-12-21") == ("2020-12-31", "S/RES/2525 (2020)")

    def test_of_the_other_body_is_shown_as_a_conflict_and_never_leads(self) -> None:
        [conflict] = status("2019-07-05")["conflicts"]
        assert "2020-06-30 by PSC/PR/COMM (856th)" in conflict
        assert "unconfirmed" in conflict

    def test_of_mandate_withdrawal_and_decision_are_different_dates(self) -> None:
        dates = {row["kind"]: (str(row["date"]), row["instrument"]) for row in status("2020-12-28")["dates"]}
        assert dates["mandate_expiry"] == ("2020-12-31", "S/RES/2559 (2020)")
        assert dates["withdrawal"] == ("2021-06-30", "S/RES/2559 (2020)")
        april = {row["kind"]: str(row["date"]) for row in status("2020-04-15")["dates"]}
        assert april["decision"] == "2020-05-31"
        assert april["withdrawal"] == "2020-06-30"  # conditional, overtaken, never cancelled


class TestState:
    def test_follows_the_record(self) -> None:
        assert status("2018-07-12")["state"] is None
        assert status("2019-07-05")["state"] == status("2020-12-15")["state"] == "under_way"
        assert status("2021-01-15")["state"] == "withdrawing"
        assert status("2021-01-15", "2020-12-21")["state"] == "under_way"

    def test_and_every_present_value_is_rebuilt_from_its_rows(self) -> None:
        assert assert_rebuilt() >= 30

    def test_is_no_approval_that_was_invented(self) -> None:
        steps = StateChange.objects.filter(thing_type="missions.transition").values_list("step", flat=True)
        assert set(steps) == {"", "cease_operations", "complete_withdrawal"}
        assert all(pillar["slip_days"] is None for pillar in status()["pillars"])

    def test_every_change_has_its_source_and_no_evidence_is_missing(self) -> None:
        assert not StateChange.objects.filter(source="").exists()
        assert not OpenItem.objects.filter(code="no_evidence").exists()


class TestMilestones:
    def test_enter_with_the_instrument_that_asks_for_them(self) -> None:
        assert sum(status("2018-07-12")["milestones"]["by_state"].values()) == 4
        assert sum(status("2018-07-13")["milestones"]["by_state"].values()) == 9

    def test_move_as_the_sources_say(self) -> None:
        moved = list(Milestone.objects.get(code="M-14").redatings.values_list("due_on", "source"))
        assert [str(due) for due, _ in moved] == ["2020-03-31", "2020-05-31", "2020-06-03"]
        assert moved[1][1] == "S/RES/2517 (2020)"
        assert Milestone.objects.get(code="M-15").state == "dropped"
        kalma = Milestone.objects.get(code="M-24")
        assert (str(kalma.due_on), kalma.state) == ("2021-03-18", "done")

    def test_whose_day_is_unknown_are_marked_or_left_open(self) -> None:
        assert StateChange.objects.get(thing_id=Milestone.objects.get(code="M-08").pk, step="finish").approximate
        assert set(Milestone.objects.filter(code__in=("M-01", "M-04")).values_list("state", flat=True)) == {"planned"}
