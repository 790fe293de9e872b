from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import world
from tests.filled import filled
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Role
from transitions.calendar.lifecycle import MilestoneLifecycle
from transitions.calendar.models import ApprovedVersion, Dependency
from transitions.missions.models import EndState, Transition
from transitions.outbox.models import Message
from transitions.workflow.engine import Blocked, Fact, Override, StepRefused, take
from transitions.workflow.models import OpenItem

pytestmark = pytest.mark.django_db
NOW = world.NOW
TODAY = NOW.date()


def codes(refusal):
    return [blocker.code for blocker in refusal.value.blockers]


def as_stored(thing):
    stored = type(thing).objects.get(pk=thing.pk)
    return stored.state, stored.version


class TestOverride:
    @pytest.fixture
    def head(self, here):
        return world.person(Role.HEAD_OF_MISSION, here)

    def test_passes_over_a_listed_guard_and_says_so(self, here, head):
        desk = world.person(Role.HEADQUARTERS_DESK, here)
        item = world.waiting(here)
        change = take(item, "finish", by=head, now=NOW, despite=Override("The host asked for it"))
        assert as_stored(item) == ("done", 2)
        assert [passed["code"] for passed in change.passed_over] == ["predecessor_not_done"]
        assert (change.reason, change.role) == ("The host asked for it", "head_of_mission")
        assert [message.recipient for message in Message.objects.all()] == [desk]
        assert not OpenItem.objects.exists()

    def test_is_taken_as_the_office_that_may_whatever_else_one_is(self, here, planner):
        world.grant(planner, Role.HEAD_OF_MISSION, here)
        for item, role in ((world.milestone(here), "planner"), (world.waiting(here), "head_of_mission")):
            assert take(item, "finish", by=planner, now=NOW, despite=Override("Now")).role == role

    def test_passes_over_no_other_guard(self, here, head):
        with pytest.raises(Blocked) as blocked:
            take(world.waiting(here, hard=True), "finish", by=head, now=NOW, despite=Override("Now"))
        assert codes(blocked) == ["no_evidence"]

    def test_is_not_for_other_roles(self, here, planner):
        with pytest.raises(Blocked) as blocked:
            take(world.waiting(here), "finish", by=planner, now=NOW, despite=Override("Now"))
        assert codes(blocked) == ["predecessor_not_done"]

    def test_is_not_for_the_head_of_another_mission(self, here):
        other = world.person(Role.HEAD_OF_MISSION, world.transition())
        with pytest.raises(PermissionDenied):
            take(world.waiting(here), "finish", by=other, now=NOW, despite=Override("Now"))

    def test_needs_a_reason(self, here, head):
        with pytest.raises(StepRefused) as refused:
            take(world.waiting(here), "finish", by=head, now=NOW, despite=Override(" "), reason="x")
        assert refused.value.code == "reason-missing"

    def test_gives_nobody_a_step_that_is_not_theirs(self, here, head):
        with pytest.raises(PermissionDenied):
            take(world.milestone(here), "drop", by=head, now=NOW, despite=Override("Now"))

    def test_never_stands_in_for_a_signature(self, here, head, monkeypatch):
        finish = MilestoneLifecycle.by_name["finish"]
        signed = replace(finish, signatures=(Role.PLANNER,), overridable=finish.guards)
        monkeypatch.setitem(MilestoneLifecycle.by_name, "finish", signed)
        with pytest.raises(Blocked) as blocked:
            take(world.waiting(here, hard=True), "finish", by=head, now=NOW, despite=Override("Now"))
        assert codes(blocked) == ["not_signed"]

    def test_of_nothing_tells_nobody(self, here, head):
        world.person(Role.HEADQUARTERS_DESK, here)
        change = take(world.milestone(here), "finish", by=head, now=NOW, despite=Override("To be sure"))
        assert change.passed_over == []
        assert not Message.objects.exists()


class TestFact:
    def test_is_not_held_back_and_leaves_open_what_did_not_hold(self, here, planner):
        item = world.waiting(here, hard=True)
        fact = Fact("S/2020/1", date(2020, 9, 1), known_from=date(2020, 9, 20), approximate=True)
        change = take(item, "finish", by=planner, now=NOW, despite=fact)

        assert as_stored(item) == ("done", 2)
        assert (change.holds_from, change.known_from, change.recorded_at) == (fact.holds_from, fact.known_from, NOW)
        assert (change.source, change.approximate) == ("S/2020/1", True)
        assert [passed["code"] for passed in change.passed_over] == ["no_evidence", "predecessor_not_done"]
        left = list(OpenItem.objects.order_by("pk"))
        assert [entry.code for entry in left] == ["no_evidence", "predecessor_not_done"]
        assert [entry.thing for entry in left] == [item, Dependency.objects.before(item).get().first]
        assert {(entry.change, entry.transition, entry.closed_at) for entry in left} == {(change, here, None)}

    def test_is_held_back_by_the_guards_that_say_who_may_not_record_it(self, here, planner, monkeypatch):
        finish = MilestoneLifecycle.by_name["finish"]
        monkeypatch.setitem(MilestoneLifecycle.by_name, "finish", replace(finish, even_a_fact=finish.guards[:1]))
        item = world.waiting(here, hard=True)
        with pytest.raises(Blocked) as blocked:
            take(item, "finish", by=planner, now=NOW, despite=Fact("note", TODAY))
        assert codes(blocked) == ["no_evidence"]
        assert as_stored(item) == ("planned", 1)
        assert not OpenItem.objects.exists()

    def test_is_known_from_today_unless_its_source_was_issued_before(self, here, planner):
        change = take(world.milestone(here), "start", by=planner, now=NOW, despite=Fact("note", date(2020, 9, 1)))
        assert change.known_from == TODAY

    def test_tells_no_override_to_headquarters(self, here, planner):
        world.person(Role.HEADQUARTERS_DESK, here)
        take(world.waiting(here), "finish", by=planner, now=NOW, despite=Fact("note", TODAY))
        assert not Message.objects.exists()

    def test_is_recorded_only_by_who_may_record_facts(self, here):
        lead = world.person(Role.PILLAR_LEAD, here)
        item = world.milestone(here)
        with pytest.raises(PermissionDenied):
            take(item, "start", by=lead, now=NOW, despite=Fact("note", TODAY))
        take(item, "start", by=lead, now=NOW)

    def test_gives_nobody_a_step_that_is_not_theirs(self, here, planner):
        with pytest.raises(PermissionDenied):
            take(here, "cancel", by=planner, now=NOW, despite=Fact("note", TODAY))

    @pytest.mark.parametrize(
        ("fact", "field"),
        [
            (Fact(" ", TODAY), "source"),
            (Fact("note", TODAY + timedelta(days=1)), "holds_from"),
            (Fact("note", TODAY, known_from=TODAY + timedelta(days=1)), "known_from"),
        ],
    )
    def test_has_a_source_and_has_happened(self, here, planner, fact, field):
        with pytest.raises(ValidationError) as refused:
            take(world.milestone(here), "start", by=planner, now=NOW, despite=fact)
        assert list(refused.value.message_dict) == [field]

    def test_recorded_late_overtakes_by_its_version(self, here, planner):
        item = world.milestone(here)
        take(item, "start", by=planner, now=NOW)
        take(item, "finish", by=planner, now=NOW, despite=Fact("report", date(2020, 9, 1)))
        assert as_stored(item) == ("done", 3)
        assert_rebuilt()


class TestStartAtShortNotice:
    def test_opens_what_an_approved_plan_would_have_held(self):
        here = world.transition("planning")
        world.instrument(here.mission, "terminates")
        change = take(here, "start_at_short_notice", by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
        assert as_stored(here) == ("under_way", 2)
        assert change.passed_over == []
        assert [entry.code for entry in OpenItem.objects.order_by("pk")] == [
            "not_signed", "not_signed", "no_lead_office", "no_end_state", "no_approved_version",
        ]  # fmt: skip
        assert {entry.residual_owner for entry in OpenItem.objects.all()} == {None}

    def test_opens_no_more_than_is_missing(self):
        here = world.transition("planning", lead_office=None)
        world.instrument(here.mission, "terminates")
        Transition.objects.filter(pk=here.pk).update(lead_office=world.office(here))
        filled(EndState, here)
        filled(ApprovedVersion, here)
        take(here, "start_at_short_notice", by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
        assert {entry.code for entry in OpenItem.objects.all()} == {"not_signed"}
