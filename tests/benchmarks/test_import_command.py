"""`manage.py import_benchmarks`: what it prints, where, and how it ends."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from benchmarks.models import Measurement
from tests import world
from tests.benchmarks.files import SET_UP, update, write
from transitions.access.models import Grant, User, may
from transitions.access.permissions import Permission, Role

pytestmark = pytest.mark.django_db


class Run:
    """One run of the command, with what it leaves behind."""

    def __init__(self, path: Path, here: Any, **options: Any) -> None:
        out, err, self.status, self.said = StringIO(), StringIO(), 0, ""
        try:
            call_command(
                "import_benchmarks", str(path), **{"transition": here.slug, "stdout": out, "stderr": err} | options
            )
        except CommandError as error:
            self.status, self.said = error.returncode, str(error)
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "good", **SET_UP, updates=[update("1.1", value="1"), update("1.2", value="7")])


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return write(tmp_path / "bad", **SET_UP, updates=[update("1.1", value="1,234"), update("9.9", value="7")])


class TestTheCommand:
    def test_says_what_it_did_and_ends_well(self, here: Any, good: Path) -> None:
        run = Run(good, here)
        assert (run.status, run.err) == (0, "")
        assert "updates: 2 added, 0 changed, 0 unchanged" in run.out
        assert Run(good, here).out.endswith("Nothing is new.\n")

    def test_names_every_refused_row_and_ends_with_1(self, here: Any, bad: Path) -> None:
        run = Run(bad, here)
        assert run.status == 1
        assert run.err.splitlines() == [
            "updates.csv, line 2, value “1,234”: write it without separators of thousands, such as 1234567",
            "updates.csv, line 3, indicator “9.9”: there is no such indicator",
        ]
        assert "2 refused: nothing was imported" in run.said
        assert not Measurement.objects.exists()

    def test_prints_json_for_other_programs(self, here: Any, good: Path, bad: Path) -> None:
        run = Run(bad, here, json=True)
        found = json.loads(run.out)
        assert (run.status, found["written"], found["refused_in_all"]) == (1, False, 2)
        assert found["refused"][0] == {
            "file": "updates.csv", "line": 2, "column": "value", "value": "1,234",
            "reason": "write it without separators of thousands, such as 1234567",
        }  # fmt: skip
        assert json.loads(Run(good, here, json=True).out)["counts"]["updates"] == {
            "added": 2, "changed": 0, "unchanged": 0,
        }  # fmt: skip

    def test_leaves_nothing_on_a_dry_run_not_even_its_account(self, here: Any, good: Path) -> None:
        run = Run(good, here, dry_run=True)
        assert (run.status, run.out.endswith("A dry run: nothing was changed.\n")) == (0, True)
        assert not Measurement.objects.exists()
        assert not User.objects.filter(username="import.benchmarks").exists()

    def test_acts_as_a_service_account_of_its_own_that_plans_here_alone(self, here: Any, good: Path) -> None:
        office = world.office(here)
        Run(good, here)
        account = User.objects.get(username="import.benchmarks")
        assert (account.is_service, account.has_usable_password()) == (True, False)
        assert Measurement.objects.first().by == account
        Run(write(good.parent / "more", updates=[update("1.3", value="7")]), here)
        [grant] = Grant.objects.filter(user=account)
        assert (grant.role, grant.transition, grant.office) == (Role.PLANNER, here, office)
        other = world.transition("under_way")
        assert not may(account, Permission.PLAN, other, now=world.NOW)
        Grant.objects.update(from_date=None, until="2020-01-01")
        assert Run(good, here).status == 2

    def test_leaves_the_account_without_a_grant_where_there_is_no_office_yet(self, here: Any, good: Path) -> None:
        assert Run(good, here).status == 0
        account = User.objects.get(username="import.benchmarks")
        assert (Measurement.objects.first().by, account.grants.count()) == (account, 0)

    def test_acts_as_who_is_named_and_may_no_more(self, here: Any, good: Path) -> None:
        run = Run(good, here, by=world.person(Role.AUDITOR, here).username)
        assert (run.status, "needs the permission" in run.said) == (2, True)
        person = world.person(Role.PLANNER, here)
        assert Run(good, here, by=person.username).status == 0
        assert Measurement.objects.first().by == person

    @pytest.mark.parametrize("wrong", [{"transition": "nowhere"}, {"by": "nobody"}])
    def test_says_what_is_not_there_and_ends_with_2(self, here: Any, good: Path, wrong: dict[str, str]) -> None:
        assert Run(good, here, **wrong).status == 2
        assert Run(good / "nowhere", here).status == 2

    def test_shows_how_far_it_is(self, here: Any, tmp_path: Path) -> None:
        days = [(date(2012, 1, 1) + timedelta(n)).isoformat() for n in range(3000)]
        folder = write(tmp_path / "long", **SET_UP, updates=[update("1.2", "", as_of=day, value="1") for day in days])
        run = Run(folder, here, progress=True)
        assert run.status == 0
        drawn = run.err.split("\r")
        assert any("reading updates.csv [####" in line for line in drawn)
        assert "100%" in run.err
        assert Run(folder, here).err == ""

    def test_tells_the_columns(self, capsys: Any) -> None:
        with pytest.raises(SystemExit):
            call_command("import_benchmarks", "--help")
        assert "updates: as_of, indicator; where there is something to say also report" in capsys.readouterr().out
