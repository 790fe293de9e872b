"""What `make run` starts with: the demonstration on its default day, once, for people who find it empty."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.calendar.models import Milestone
from transitions.clock import present
from transitions.missions.models import Transition
from transitions.status.reader import status_of
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db


class TestTheDefaultDay:
    def test_stands_three_months_before_the_mandate_expires(self, default_day: Path) -> None:
        assert f"{present.now():%Y-%m-%dT%H:%M}" == "2020-10-01T06:00"
        found = status_of(
            Transition.objects.get(slug="unamid"), user=User.objects.get(username="auditor"), now=present.now()
        )
        assert (found["state"], str(found["end_date"]["date"]), found["end_date"]["days_left"]) == (
            "under_way",
            "2020-12-31",
            91,
        )
        assert found["next_steps"]
        assert not Milestone.objects.filter(code="M-19").exists()

    def test_keeps_credentials_that_nobody_else_can_read(self, default_day: Path) -> None:
        path = default_day / "credentials"
        assert path.stat().st_mode & 0o777 == 0o600
        lines = dict(line.split("=", 1) for line in path.read_text().splitlines())
        assert set(lines) == {"admin_user", "admin_password", "api_token", *(f"user.{role}" for role in Role.values)}
        for role in Role.values:
            name, secret = lines[f"user.{role}"].split(":", 1)
            user = User.objects.get(username=name)
            assert user.check_password(secret)
            assert user.illustrative
        assert AuthToken.objects.get().user.username == lines["admin_user"]

    def test_has_its_overview_as_a_short_table(self, default_day: Path) -> None:
        table = StringIO()
        call_command("status", stdout=table)
        assert "2020-12-31 (expires unless renewed, S/RES/2525 (2020)), 91 days left" in table.getvalue()

    def test_prints_a_token_alone_on_its_line(self, default_day: Path) -> None:
        printed = StringIO()
        call_command("create_token", "planner", stdout=printed)
        assert len(printed.getvalue().split()) == 1
        with pytest.raises(CommandError, match="no user"):
            call_command("create_token", "nobody")


class TestStart:
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
