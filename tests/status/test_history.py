from datetime import timedelta
from typing import Any

import pytest

from tests import world
from transitions.calendar.dates import redate
from transitions.status.history import history_of, told
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
NOW = world.NOW


def rows_of(here: Any) -> list[dict[str, Any]]:
    return told(list(history_of(here, user=world.founder(), now=NOW)), user=world.founder(), now=NOW)


class TestHistory:
    def test_is_newest_first_also_within_one_instant(self) -> None:
        """A replay and an import record much at one instant: the number of a change orders it, never the clock."""
        here = world.transition("under_way")
        item = world.milestone(here)
        for step in ("start", "suspend", "resume", "finish"):
            take(item, step, by=world.founder(), now=NOW, reason="x")
        moves = [(row["from"], row["to"]) for row in rows_of(here) if row["subject"] == str(item)]
        assert moves == [
            ("under_way", "done"),
            ("suspended", "under_way"),
            ("under_way", "suspended"),
            ("planned", "under_way"),
            (None, "planned"),
            (None, "2020-12-01"),
        ]

    def test_puts_steps_and_moved_dates_in_one_line_of_time(self) -> None:
        here = world.transition("under_way")
        item, later = world.milestone(here), NOW + timedelta(hours=1)
        take(item, "start", by=world.founder(), now=NOW + timedelta(minutes=1))
        redate(item, world.TODAY + timedelta(9), by=world.founder(), now=NOW + timedelta(minutes=2), reason="Rains")
        take(item, "finish", by=world.founder(), now=later)
        moves = [(row["to"], row["reason"]) for row in rows_of(here)][:3]
        assert moves == [("done", ""), ("2020-10-10", "Rains"), ("under_way", "")]

    def test_has_every_row_once_whatever_the_page(self) -> None:
        """Phases, pillars and milestones share numbers: a tie must not let a row slip between two pages."""
        here = world.transition("under_way")
        for _ in range(4):
            world.phase(here), world.milestone(here)
        rows = history_of(here, user=world.founder(), now=NOW)
        paged = [row for start in range(0, rows.count(), 3) for row in rows[start : start + 3]]
        assert len(paged) == len({row[-2:] for row in paged}) == rows.count() == 13
