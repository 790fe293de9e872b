from contextlib import nullcontext
from datetime import timedelta

import pghistory
import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.calendar.models import Milestone
from transitions.outbox.models import Message
from transitions.workflow.engine import Blocked, StepRefused, available, take
from transitions.workflow.models import StateChange
from transitions.workflow.problems import as_dicts

pytestmark = pytest.mark.django_db
NOW = world.NOW
TODAY = NOW.date()


def codes(refusal):
    return [blocker.code for blocker in refusal.value.blockers]


def as_stored(thing):
    stored = type(thing).objects.get(pk=thing.pk)
    return stored.state, stored.version


class TestTake:
    def test_writes_state_version_and_history_together(self, here, planner):
        item = world.milestone(here)
        change = take(item, "start", by=planner, now=NOW, reason="It is time", on_request_of="The Government")

        assert (item.state, item.version) == as_stored(item) == ("under_way", 2)
        kept = StateChange.objects.about(item).get(version=2)
        assert kept == change
        assert (kept.was, kept.state, kept.step, kept.role) == ("planned", "under_way", "start", "planner")
        assert (kept.by, kept.recorded_at, kept.transition) == (planner, NOW, here)
        assert (kept.reason, kept.on_request_of, kept.passed_over) == ("It is time", "The Government", [])
        assert_rebuilt()

    def test_holds_from_the_day_in_the_transitions_own_zone(self, here, planner):
        late = NOW.replace(hour=22, minute=30)  # half past midnight in Khartoum
        change = take(world.milestone(here), "start", by=planner, now=late)
        assert change.holds_from == change.known_from == TODAY + timedelta(days=1)

    @pytest.mark.parametrize(
        ("step", "given", "code"),
        [
            ("start", {"version": 1}, "stale"),
            ("start", {}, "wrong-state"),
            ("drop", {}, "reason-missing"),
            ("drop", {"reason": "  "}, "reason-missing"),
            ("fly", {}, "unknown-step"),
        ],
    )
    def test_is_refused_with_a_code_and_changes_nothing(self, here, planner, step, given, code):
        item = world.milestone(here)
        take(item, "start", by=planner, now=NOW)
        with pytest.raises(StepRefused) as refused:
            take(item, step, by=planner, now=NOW, **given)
        assert refused.value.code == code
        assert as_stored(item) == ("under_way", 2)

    def test_is_refused_from_a_page_that_has_not_seen_the_latest(self, here, planner):
        item, page = world.milestone(here), Milestone.objects.get()
        take(item, "suspend", by=planner, now=NOW, reason="Rains")
        with pytest.raises(StepRefused) as refused:
            take(page, "start", by=planner, now=NOW)
        assert "is suspended" in refused.value.sentence

    def test_lists_every_blocker_and_changes_nothing(self, here, planner):
        item = world.waiting(here, hard=True)
        with pytest.raises(Blocked) as blocked:
            take(item, "finish", by=planner, now=NOW)
        assert codes(blocked) == ["no_evidence", "predecessor_not_done"]
        assert as_stored(item) == ("planned", 1)
        assert StateChange.objects.about(item).count() == 1
        assert not Message.objects.exists()

    def test_lets_guards_read_the_whole_thing_as_it_is_now(self, here, planner):
        item = world.milestone(here)
        Milestone.objects.filter(pk=item.pk).update(hard=True)
        with pytest.raises(Blocked) as blocked:
            take(item, "finish", by=planner, now=NOW)
        assert codes(blocked) == ["no_evidence"]

    def test_is_judged_in_the_transition_that_the_thing_is_in_now(self, here, planner):
        item = world.milestone(here)
        Milestone.objects.filter(pk=item.pk).update(transition=world.transition("under_way"))
        with pytest.raises(StepRefused) as refused:
            take(item, "start", by=planner, now=NOW)
        assert refused.value.code == "stale"

    def test_of_a_thing_deleted_meanwhile_is_refused_as_stale(self, here, planner):
        phase = world.phase(here)
        type(phase).objects.filter(pk=phase.pk).delete()
        with pytest.raises(StepRefused) as refused:
            take(phase, "enter", by=planner, now=NOW)
        assert refused.value.code == "stale"
        assert "deleted" in refused.value.sentence

    def test_tells_whom_the_step_names_but_never_the_one_who_took_it(self, here, planner):
        owner = world.person(Role.UNCT_FOCAL_POINT, here)
        for item_owner in (owner, planner):
            take(world.milestone(here, owner=item_owner), "suspend", by=planner, now=NOW, reason="Rains")
        assert [message.recipient for message in Message.objects.all()] == [owner]

    def test_takes_two_trips_to_the_database(self, here, planner, django_assert_num_queries):
        item = world.milestone(here)
        planner.grants_in_force(now=NOW)
        with django_assert_num_queries(4):  # savepoint, lock and read, write, release
            take(item, "start", by=planner, now=NOW)


class TestTakeInsideAnAudit:
    """The audit's context goes through every result before the engine reads it."""

    def test_reads_what_is_locked(self, here, planner):
        item = world.milestone(here)
        with pghistory.context(user=planner.pk):
            take(item, "start", by=planner, now=NOW)
        assert as_stored(item) == ("under_way", 2)

    def test_reads_what_is_locked_in_a_request(self, here, planner, client, settings):
        item = world.milestone(here)

        def view(request):
            return HttpResponse(take(item, "start", by=request.user, now=NOW).state)

        settings.ROOT_URLCONF = (path("take/", view),)
        client.force_login(planner)
        assert client.post("/take/").content == b"under_way"
        assert as_stored(item) == ("under_way", 2)


class TestAvailable:
    def test_lists_what_can_be_taken_what_is_blocked_and_what_is_for_others(self, here, planner):
        item = world.waiting(here, hard=True)
        auditor = world.person(Role.AUDITOR, here)
        for who, first in ((planner, []), (auditor, ["not_permitted"])):
            listed = {step.name: [b.code for b in found] for step, found in available(item, by=who, now=NOW)}
            assert listed == {
                "start": first,
                "finish": [*first, "no_evidence", "predecessor_not_done"],
                "suspend": first,
                "drop": first,
            }

    def test_says_who_can_take_or_clear_it(self, here):
        owner = world.person(Role.UNCT_FOCAL_POINT, here)
        item = world.milestone(here, hard=True, owner=owner)
        steps = {step.name: found for step, found in available(item, by=world.person(), now=NOW)}
        permitted, evidence = as_dicts(steps["finish"])
        assert permitted["who"] == "planner, pillar lead, head of mission, the owner"
        assert evidence["who"] == str(owner)

    def test_agrees_with_take(self, here, planner):
        item = world.waiting(here)
        for step, blockers in available(item, by=planner, now=NOW):
            held = pytest.raises(Blocked) if blockers else nullcontext()
            with held as blocked:
                take(world.waiting(here), step.name, by=planner, now=NOW, reason="x")
            assert not blockers or codes(blocked) == [blocker.code for blocker in blockers]

    def test_offers_only_the_steps_of_its_kind(self):
        for kind, step in (("withdrawal", "cease_operations"), ("drawdown", "reach_posture")):
            here = world.transition("under_way", kind=kind)
            names = [found.name for found, _ in available(here, by=world.founder(), now=NOW)]
            assert names == [step, "cancel"]

    def test_a_superuser_of_django_has_no_shortcut(self, here):
        root = User.objects.create_superuser("root")
        item = world.milestone(here)
        assert all(found[0].code == "not_permitted" for _, found in available(item, by=root, now=NOW))
        with pytest.raises(PermissionDenied):
            take(item, "start", by=root, now=NOW)
