"""Planners switch rules off and give them other lead times, each in their own transition."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from pghistory.models import Events

from tests import world
from tests.reminders.conftest import at, owned, told
from transitions.access.permissions import Role
from transitions.calendar.reminders import MilestoneDue
from transitions.handovers.reminders import FollowUpDue
from transitions.outbox.models import Message
from transitions.reminders.chosen import set_rule
from transitions.reminders.models import RuleSetting
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


@pytest.fixture
def choose(here: Any, planner: Any) -> Any:
    """Set the milestones' rule in `here`."""

    def set_it(**fields: Any) -> RuleSetting:
        given = {"by": planner, "now": at(-60), "reason": "as the field office asked"} | fields
        return set_rule(MilestoneDue, here, **given)

    return set_it


class TestLeadTimes:
    def test_are_those_that_were_set_and_what_comes_later_stays(self, here: Any, choose: Any) -> None:
        choose(lead_days=[10, 3])
        owned(here)
        found = [told(at(day)) for day in (-30, -14, -10, -7, -3, -1, 0, 1, 7)]
        rungs = [[rung for _, rung in one] for one in found]
        assert rungs == [[], [], [-10], [], [-3], [], [0], [1], [7]]

    def test_of_one_transition_change_nothing_in_another(self, here: Any, choose: Any) -> None:
        choose(lead_days=[10])
        other = world.transition("under_way")
        world.person(Role.PLANNER, other)
        owned(other)
        assert [told(at(day)) for day in (-14, -10)] == [[("provider", -14)], []]

    def test_may_be_none_at_all(self, here: Any, choose: Any) -> None:
        choose(lead_days=[])
        owned(here)
        assert [told(at(day)) for day in (-1, 0)] == [[], [("provider", 0)]]

    def test_that_are_set_again_tell_no_rung_twice_and_no_earlier_one(self, here: Any, choose: Any) -> None:
        owned(here)
        assert told(at(-7)) == [("provider", -7)]
        choose(lead_days=[10, 7])
        assert told(at(-6)) == []
        choose(lead_days=[10])
        assert told(at(-6)) == []  # ten days before is earlier than what they were told already
        choose(lead_days=[10, 4])
        assert [told(at(day)) for day in (-5, -4)] == [[], [("provider", -4)]]
        choose(lead_days=None)
        assert [told(at(day)) for day in (-4, -1)] == [[], [("provider", -1)]]

    def test_are_told_to_a_new_owner_as_to_anybody(self, here: Any, choose: Any) -> None:
        item = owned(here)
        told(at(-7))
        choose(lead_days=[10])
        item.owner = world.person(Role.PROVIDER, here)
        item.save()
        assert told(at(-6)) == [("provider", -10)]

    @pytest.mark.parametrize("days", [[0], [-1], [3, 3], [366], list(range(1, 14))])
    def test_that_cannot_be_are_refused(self, choose: Any, days: list[int]) -> None:
        with pytest.raises(ValidationError):
            choose(lead_days=days)
        assert not RuleSetting.objects.exists()


class TestSwitchedOff:
    def test_tells_of_hard_items_only(self, here: Any, choose: Any) -> None:
        choose(switched_on=False)
        owned(here)
        hard = owned(here, hard=True)
        made = sweep(now=at(7))
        assert set(Message.objects.filter(sweep=made.pk).values_list("thing_id", flat=True)) == {hard.pk}

    def test_goes_on_everywhere_else(self, here: Any, choose: Any) -> None:
        choose(switched_on=False)
        other = world.transition("under_way")
        owned(other)
        assert told(at(0)) == [("provider", 0)]

    def test_withdraws_what_waits_and_tells_it_anew_once_it_is_on_again(self, here: Any, choose: Any) -> None:
        owned(here)
        hard = owned(here, hard=True)
        sweep(now=at(0))
        choose(switched_on=False, now=at(0))
        gone = Message.objects.get(withdrawn_at__isnull=False)
        assert gone.thing_id != hard.pk
        assert "as the field office asked" in gone.why_not
        assert told(at(0)) == []
        choose(switched_on=True, now=at(0))
        assert told(at(0)) == [("provider", 0)]

    def test_is_refused_for_a_rule_that_must_be_told(self, here: Any, planner: Any) -> None:
        with pytest.raises(ValidationError, match="cannot be switched off"):
            set_rule(FollowUpDue, here, by=planner, now=at(0), reason="why", switched_on=False)


class TestWhoSets:
    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD_OF_MISSION, Role.PROVIDER])
    def test_must_plan(self, here: Any, choose: Any, role: Role) -> None:
        with pytest.raises(PermissionDenied):
            choose(by=world.person(role, here), lead_days=[1])

    def test_must_plan_more_than_one_pillar(self, here: Any, choose: Any) -> None:
        with pytest.raises(PermissionDenied):
            choose(by=world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here)), lead_days=[1])

    def test_must_plan_here(self, choose: Any) -> None:
        with pytest.raises(PermissionDenied):
            choose(by=world.person(Role.PLANNER, world.transition()), lead_days=[1])

    def test_gives_a_reason(self, choose: Any) -> None:
        with pytest.raises(ValidationError, match="Say why"):
            choose(lead_days=[1], reason=" ")

    def test_is_kept_in_history(self, choose: Any, planner: Any) -> None:
        choose(lead_days=[20])
        setting = choose(lead_days=[5], reason="too early")
        last = Events.objects.tracks(setting).get(pgh_label="update")
        assert last.pgh_diff == {"lead_days": [[20], [5]], "reason": ["as the field office asked", "too early"]}
        assert last.pgh_context["user"] == planner.pk


class TestSweep:
    def test_reads_what_was_set_once(self, here: Any, choose: Any, django_assert_max_num_queries: Any) -> None:
        counts = []
        for number in (1, 5):
            for _ in range(number):
                other = world.transition("under_way")
                by = world.person(Role.PLANNER, other)
                set_rule(MilestoneDue, other, by=by, now=at(0), reason="why", lead_days=[number], switched_on=False)
            with django_assert_max_num_queries(60) as counted:
                sweep(now=at(0))
            counts.append(len(counted))
        assert counts[0] == counts[1]
