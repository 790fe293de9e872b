from datetime import date

import pytest

from tests import world
from tests.filled import filled
from tests.rebuild import assert_rebuilt
from transitions.calendar.dates import redate
from transitions.calendar.models import Milestone
from transitions.workflow.engine import Fact, take

pytestmark = pytest.mark.django_db
NOW = world.NOW


def told(here):
    """A story with every kind of step: taken, recorded late, taken back, re-dated, re-dated late."""
    item, by = world.milestone(here), world.founder()
    take(item, "start", by=by, now=NOW)
    take(item, "finish", by=by, now=NOW, despite=Fact("report", date(2020, 9, 1)))
    take(item, "reopen", by=by, now=NOW)
    redate(item, date(2021, 1, 15), by=by, now=NOW, reason="Rains")
    late = Fact("letter of August", date(2020, 8, 1))
    redate(item, date(2020, 12, 15), by=by, now=NOW, reason="As agreed in August", fact=late)
    return item


class TestAssertRebuilt:
    def test_holds_for_whatever_the_engine_wrote(self, here):
        item = told(here)
        assert assert_rebuilt() == 2
        assert item.due_on == date(2021, 1, 15)  # what was agreed in August had been overtaken in October

    @pytest.mark.parametrize("change", [{"state": "done"}, {"version": 9}, {"due_on": None}])
    def test_sees_what_was_written_past_the_engine(self, here, change):
        Milestone.objects.filter(pk=told(here).pk).update(**change)
        with pytest.raises(AssertionError):
            assert_rebuilt()

    def test_sees_a_thing_without_history(self, here):
        filled(Milestone, here, state="planned")
        with pytest.raises(AssertionError, match="without history"):
            assert_rebuilt()
