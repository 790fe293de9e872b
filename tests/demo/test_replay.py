"""The real case comes out right: what the data's own notes list as awkward."""

from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from tests.rebuild import assert_rebuilt
from transitions.access.models import User
from transitions.access.permissions import Role
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


@pytest.fixture
def in_2021(demo: Any) -> None:
    demo("2021-06-30T06:00Z")


class TestEndDate:
    def test_moves_as_the_council_moved_it(self, in_2021: None) -> None:
        assert end("2018-07-20") == ("2019-06-30", "S/RES/2429 (2018)")
        assert end("2019-07-05") == ("2019-10-31", "S/RES/2479 (2019)")
        assert end("2019-11-15") == end("2020-04-15") == ("2020-10-31", "S/RES/2495 (2019)")
        assert end("2020-12-15") == ("2020-12-31", "S/RES/2525 (2020)")
        assert end("2020-12-28") == ("2020-12-31", "S/RES/2559 (2020)")

    def test_was_the_earlier_one_as_known_a_day_before_an_adoption(self, in_2021: None) -> None:
        assert end("2019-07-05", "2019-06-26") == ("2019-06-30", "S/RES/2429 (2018)")
        assert end("2019-11-15", "2019-10-30") == ("2019-10-31", "S/RES/2479 (2019)")
        assert end("2020-12-15", "2020-06-02") == ("2020-10-31", "S/RES/2495 (2019)")
        assert end("2020-12-28", "2020-12-21") == ("2020-12-31", "S/RES/2525 (2020)")

    def test_of_the_other_body_is_shown_as_a_conflict_and_never_leads(self, in_2021: None) -> None:
        [conflict] = status("2019-07-05")["conflicts"]
        assert "2020-06-30 by PSC/PR/COMM (856th)" in conflict
        assert "unconfirmed" in conflict

    def test_of_mandate_withdrawal_and_decision_are_different_dates(self, in_2021: None) -> None:
        dates = {row["kind"]: (str(row["date"]), row["instrument"]) for row in status("2020-12-28")["dates"]}
        assert dates["mandate_expiry"] == ("2020-12-31", "S/RES/2559 (2020)")
        assert dates["withdrawal"] == ("2021-06-30", "S/RES/2559 (2020)")
        april = {row["kind"]: str(row["date"]) for row in status("2020-04-15")["dates"]}
        assert april["decision"] == "2020-05-31"
        assert april["withdrawal"] == "2020-06-30"  # conditional, overtaken, never cancelled


class TestState:
    def test_follows_the_record(self, in_2021: None) -> None:
        assert status("2018-07-12")["state"] is None
        assert status("2019-07-05")["state"] == status("2020-12-15")["state"] == "under_way"
        assert status("2021-01-15")["state"] == "withdrawing"
        assert status("2021-01-15", "2020-12-21")["state"] == "under_way"

    def test_and_every_present_value_is_rebuilt_from_its_rows(self, in_2021: None) -> None:
        assert assert_rebuilt() >= 30

    def test_is_no_approval_that_was_invented(self, in_2021: None) -> None:
        steps = StateChange.objects.filter(thing_type="missions.transition").values_list("step", flat=True)
        assert set(steps) == {"", "cease_operations", "complete_withdrawal"}
        assert all(pillar["slip_days"] is None for pillar in status()["pillars"])

    def test_every_change_has_its_source_and_no_evidence_is_missing(self, in_2021: None) -> None:
        assert not StateChange.objects.filter(source="").exists()
        assert not OpenItem.objects.filter(code="no_evidence").exists()


class TestMilestones:
    def test_enter_with_the_instrument_that_asks_for_them(self, in_2021: None) -> None:
        assert sum(status("2018-07-12")["milestones"]["by_state"].values()) == 4
        assert sum(status("2018-07-13")["milestones"]["by_state"].values()) == 9

    def test_move_as_the_sources_say(self, in_2021: None) -> None:
        moved = list(Milestone.objects.get(code="M-14").redatings.values_list("due_on", "source"))
        assert [str(due) for due, _ in moved] == ["2020-03-31", "2020-05-31", "2020-06-03"]
        assert moved[1][1] == "S/RES/2517 (2020)"
        assert Milestone.objects.get(code="M-15").state == "dropped"
        kalma = Milestone.objects.get(code="M-24")
        assert (str(kalma.due_on), kalma.state) == ("2021-03-18", "done")

    def test_whose_day_is_unknown_are_marked_or_left_open(self, in_2021: None) -> None:
        assert StateChange.objects.get(thing_id=Milestone.objects.get(code="M-08").pk, step="finish").approximate
        assert set(Milestone.objects.filter(code__in=("M-01", "M-04")).values_list("state", flat=True)) == {"planned"}


class TestStart:
    def test_stands_three_months_before_the_mandate_expires(self, demo: Any) -> None:
        demo()
        assert f"{present.now():%Y-%m-%dT%H:%M}" == "2020-10-01T06:00"
        found = status()
        assert (found["state"], str(found["end_date"]["date"]), found["end_date"]["days_left"]) == (
            "under_way",
            "2020-12-31",
            91,
        )
        assert found["next_steps"]
        assert not Milestone.objects.filter(code="M-19").exists()

    def test_keeps_credentials_that_nobody_else_can_read(self, demo: Any, settings: Any) -> None:
        demo()
        path = settings.LOCAL_DIR / "credentials"
        assert path.stat().st_mode & 0o777 == 0o600
        lines = dict(line.split("=", 1) for line in path.read_text().splitlines())
        assert set(lines) == {"admin_user", "admin_password", "api_token", *(f"user.{role}" for role in Role.values)}
        for role in Role.values:
            name, secret = lines[f"user.{role}"].split(":", 1)
            user = User.objects.get(username=name)
            assert user.check_password(secret)
            assert user.illustrative
        assert AuthToken.objects.get().user.username == lines["admin_user"]

    def test_a_second_one_changes_nothing_and_a_later_instant_only_the_clock(self, demo: Any, settings: Any) -> None:
        demo()
        before, kept = StateChange.objects.count(), (settings.LOCAL_DIR / "credentials").read_text()
        demo()
        demo("2020-12-30T06:00Z")
        assert f"{present.now():%Y-%m-%d}" == "2020-12-30"
        told = StringIO()
        demo("2020-11-01T06:00Z", stdout=told)
        assert "goes on from 2020-12-30" in told.getvalue()
        assert StateChange.objects.count() == before
        assert (settings.LOCAL_DIR / "credentials").read_text() == kept

    @pytest.mark.parametrize("until", ["soon", "2020-10-01", "2010-01-01T06:00Z"])
    def test_an_instant_that_cannot_be_is_refused_and_nothing_loaded(self, demo: Any, until: str) -> None:
        with pytest.raises(CommandError):
            demo(until)
        assert not User.objects.exists()

    def test_is_refused_on_a_database_that_is_not_ours(self, demo: Any, settings: Any) -> None:
        settings.EMBEDDED = False
        with pytest.raises(CommandError, match="never into another one"):
            call_command("load_demo")


class TestOverview:
    def test_is_a_short_table(self, demo: Any) -> None:
        demo()
        table = StringIO()
        call_command("status", stdout=table)
        assert "2020-12-31 (expires unless renewed, S/RES/2525 (2020)), 91 days left" in table.getvalue()


class TestToken:
    def test_is_printed_alone_on_its_line(self, demo: Any) -> None:
        demo()
        printed = StringIO()
        call_command("create_token", "planner", stdout=printed)
        assert len(printed.getvalue().split()) == 1
        with pytest.raises(CommandError, match="no user"):
            call_command("create_token", "nobody")
