"""What does not hold operations back from ceasing, and what a recorded fact leaves open."""

from types import SimpleNamespace

import pytest

from tests.filled import filled
from tests.situations import ready
from tests.world import NOW, TODAY, grant, office, person
from transitions.access.permissions import Role
from transitions.handovers.models import Handover, MandatedTask, Site
from transitions.workflow.engine import Fact, available, take
from transitions.workflow.models import OpenItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> SimpleNamespace:
    transition = ready("under_way")
    head = person(Role.HEAD_OF_MISSION, transition)
    grant(head, Role.PLANNER, transition)
    return SimpleNamespace(it=transition, head=head)


def held_back(here: SimpleNamespace) -> list[str]:
    steps = {step.name: blockers for step, blockers in available(here.it, by=here.head, now=NOW)}
    return [blocker.code for blocker in steps["cease_operations"]]


class TestOperationsCease:
    def test_while_a_site_is_still_to_be_closed(self, here: SimpleNamespace) -> None:
        filled(Handover, here.it, site=filled(Site, here.it), state="preparing")
        assert held_back(here) == []

    def test_once_every_handover_of_a_task_is_settled(self, here: SimpleNamespace) -> None:
        task = filled(MandatedTask, here.it)
        for state in ("accepted", "transferred", "completed", "ended"):
            filled(Handover, here.it, task=task, state=state)
        filled(Handover, here.it, task=task, state="suspended", residual_office=office(here.it, "country_team"))
        assert held_back(here) == []

    def test_whatever_becomes_of_a_task_that_ends_with_the_mission(self, here: SimpleNamespace) -> None:
        task = filled(MandatedTask, here.it, continues="no")
        filled(Handover, here.it, task=task, state="suspended")
        assert held_back(here) == []

    def test_after_a_lapsed_handover_only_once_it_is_handed_on_or_owned(self, here: SimpleNamespace) -> None:
        lapsed = filled(Handover, here.it, state="lapsed")
        filled(Handover, here.it, task=lapsed.task, follows=lapsed, state="lapsed")
        assert held_back(here) == ["handover_open"]  # the second has lapsed too
        Handover.objects.update(residual_office=office(here.it, "country_team"))
        assert held_back(here) == []


class TestARecordedFact:
    def test_leaves_the_open_ones_on_the_list(self, here: SimpleNamespace) -> None:
        filled(Handover, here.it, state="offered")
        filled(Handover, here.it, state="preparing")
        filled(MandatedTask, here.it)
        take(here.it, "cease_operations", by=here.head, now=NOW, despite=Fact("S/RES/1", TODAY))
        codes = sorted(OpenItem.objects.values_list("code", flat=True))
        assert codes == ["handover_open", "handover_open", "task_open"]
        assert here.it.state == "withdrawing"
