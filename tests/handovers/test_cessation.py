"""What does not hold operations back from ceasing, and what a recorded fact leaves open."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from tests.filled import filled
from tests.situations import ready
from tests.world import NOW, TODAY, grant, office, person
from transitions.access.models import User
from transitions.access.permissions import Marking, Role
from transitions.handovers.models import Handover, MandatedTask, Site
from transitions.missions.models import Transition
from transitions.workflow.engine import Fact, available, take
from transitions.workflow.lifecycles import Blocker
from transitions.workflow.models import OpenItem
from transitions.workflow.problems import as_dicts
from transitions.workflow.veil import UNSEEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> SimpleNamespace:
    transition = ready("under_way")
    head = person(Role.HEAD_OF_MISSION, transition)
    grant(head, Role.PLANNER, transition)
    return SimpleNamespace(it=transition, head=head)


def blockers(transition: Transition, *, by: User) -> list[Blocker]:
    steps = {step.name: blockers for step, blockers in available(transition, by=by, now=NOW)}
    return [blocker for blocker in steps["cease_operations"] if blocker.code != "not_permitted"]


def held_back(here: SimpleNamespace) -> list[str]:
    return [blocker.code for blocker in blockers(here.it, by=here.head)]


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


class TestWhatHoldsThemBack:
    def test_says_where_to_clear_it_and_who_can(self, here: SimpleNamespace) -> None:
        owner, theirs = person(), office(here.it, "country_team", name="UNDP")
        offered = filled(Handover, here.it, state="offered", recipient_office=theirs, part="the north")
        filled(Handover, here.it, state="preparing", owner=owner)
        first, second = as_dicts(blockers(here.it, by=here.head))
        assert first["open"] == reverse("admin:handovers_handover_change", args=[offered.pk])
        assert first["sentence"].startswith(f"{offered} is offered")
        assert (first["who"], second["who"]) == ("UNDP", str(owner))

    def test_is_not_named_to_who_may_not_see_it(self, here: SimpleNamespace) -> None:
        marked = filled(Handover, here.it, state="offered", marking=Marking.CONFIDENTIAL)
        [known] = blockers(here.it, by=here.head)
        assert known.open == ("handovers.handover", marked.pk)
        [hidden] = blockers(here.it, by=person(Role.GOVERNMENT_FOCAL_POINT, here.it))
        assert (hidden.sentence, hidden.open) == (UNSEEN, None)


class TestARecordedFact:
    def test_leaves_the_open_ones_on_the_list(self, here: SimpleNamespace) -> None:
        handovers = [filled(Handover, here.it, state=state) for state in ("offered", "preparing")]
        task = filled(MandatedTask, here.it)
        take(here.it, "cease_operations", by=here.head, now=NOW, despite=Fact("S/RES/1", TODAY))
        assert set(OpenItem.objects.values_list("code", "thing_type", "thing_id")) == {
            ("task_open", "handovers.mandatedtask", task.pk),
            *(("handover_open", "handovers.handover", one.pk) for one in handovers),
        }
        assert here.it.state == "withdrawing"
