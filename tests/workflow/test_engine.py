import pytest

from tests import world
from transitions.access.permissions import Role
from transitions.workflow.engine import Blocked, StepRefused, available, take
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db


class TestTake:
    def test_writes_state_version_and_history_together(self):
        here = world.transition("under_way")
        planner = world.person(Role.PLANNER, here)
        item = world.milestone(here)

        change = take(item, "start", by=planner, now=world.NOW)

        item.refresh_from_db()
        assert (item.state, item.version) == ("under_way", 2)
        assert StateChange.objects.about(item).get(version=2).pk == change.pk
        assert change.was == "planned"
        assert change.role == "planner"

    def test_refuses_a_stale_page(self):
        here = world.transition("under_way")
        item = world.milestone(here)
        take(item, "start", by=world.founder(), now=world.NOW)
        with pytest.raises(StepRefused) as refused:
            take(item, "finish", by=world.founder(), now=world.NOW, version=1)
        assert refused.value.code == "stale"

    def test_lists_every_blocker(self):
        here = world.transition("under_way")
        first, then = world.milestone(here), world.milestone(here, hard=True)
        then.waits_for.create(transition=here, first=first)
        with pytest.raises(Blocked) as blocked:
            take(then, "finish", by=world.founder(), now=world.NOW)
        assert [blocker.code for blocker in blocked.value.blockers] == ["no_evidence", "predecessor_not_done"]
        steps = {step.name: found for step, found in available(then, by=world.founder(), now=world.NOW)}
        assert len(steps["finish"]) == 2
        assert not steps["start"]
