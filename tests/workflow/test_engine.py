from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta

import pghistory
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.urls import path

from tests import world
from tests.filled import filled
from tests.rebuild import assert_rebuilt
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.calendar.lifecycle import MilestoneLifecycle
from transitions.calendar.models import ApprovedVersion, Milestone
from transitions.missions.models import EndState, Pause, Transition
from transitions.outbox.models import Message
from transitions.workflow.engine import Blocked, Fact, Override, StepRefused, available, begin, take
from transitions.workflow.models import OpenItem, StateChange
from transitions.workflow.problems import as_dicts

pytestmark = pytest.mark.django_db
NOW = world.NOW
TODAY = NOW.date()


@pytest.fixture
def here():
    return world.transition("under_way")


@pytest.fixture
def planner(here):
    return world.person(Role.PLANNER, here)


def waiting(here, **fields):
    """A milestone that waits for another which is not done."""
    then = world.milestone(here, **fields)
    then.waits_for.create(transition=here, first=world.milestone(here))
    return then


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
        item = waiting(here, hard=True)
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
        planner.grants_in_force(on=TODAY)
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


class TestOverride:
    @pytest.fixture
    def head(self, here):
        return world.person(Role.HEAD_OF_MISSION, here)

    def test_passes_over_a_listed_guard_and_says_so(self, here, head):
        desk = world.person(Role.HEADQUARTERS_DESK, here)
        item = waiting(here)
        change = take(item, "finish", by=head, now=NOW, despite=Override("The host asked for it"))
        assert as_stored(item) == ("done", 2)
        assert [passed["code"] for passed in change.passed_over] == ["predecessor_not_done"]
        assert (change.reason, change.role) == ("The host asked for it", "head_of_mission")
        assert [message.recipient for message in Message.objects.all()] == [desk]
        assert not OpenItem.objects.exists()

    def test_passes_over_no_other_guard(self, here, head):
        with pytest.raises(Blocked) as blocked:
            take(waiting(here, hard=True), "finish", by=head, now=NOW, despite=Override("Now"))
        assert codes(blocked) == ["no_evidence"]

    def test_is_not_for_other_roles(self, here, planner):
        with pytest.raises(Blocked) as blocked:
            take(waiting(here), "finish", by=planner, now=NOW, despite=Override("Now"))
        assert codes(blocked) == ["predecessor_not_done"]

    def test_is_not_for_the_head_of_another_mission(self, here):
        other = world.person(Role.HEAD_OF_MISSION, world.transition())
        with pytest.raises(PermissionDenied):
            take(waiting(here), "finish", by=other, now=NOW, despite=Override("Now"))

    def test_needs_a_reason(self, here, head):
        with pytest.raises(StepRefused) as refused:
            take(waiting(here), "finish", by=head, now=NOW, despite=Override(" "), reason="x")
        assert refused.value.code == "reason-missing"

    def test_gives_nobody_a_step_that_is_not_theirs(self, here, head):
        with pytest.raises(PermissionDenied):
            take(world.milestone(here), "drop", by=head, now=NOW, despite=Override("Now"))

    def test_never_stands_in_for_a_signature(self, here, head, monkeypatch):
        finish = MilestoneLifecycle.by_name["finish"]
        signed = replace(finish, signatures=(Role.PLANNER,), overridable=finish.guards)
        monkeypatch.setitem(MilestoneLifecycle.by_name, "finish", signed)
        with pytest.raises(Blocked) as blocked:
            take(waiting(here, hard=True), "finish", by=head, now=NOW, despite=Override("Now"))
        assert codes(blocked) == ["not_signed"]

    def test_of_nothing_tells_nobody(self, here, head):
        world.person(Role.HEADQUARTERS_DESK, here)
        change = take(world.milestone(here), "finish", by=head, now=NOW, despite=Override("To be sure"))
        assert change.passed_over == []
        assert not Message.objects.exists()


class TestFact:
    def test_is_not_held_back_and_leaves_open_what_did_not_hold(self, here, planner):
        item = waiting(here, hard=True)
        fact = Fact("S/2020/1", date(2020, 9, 1), known_from=date(2020, 9, 20), approximate=True)
        change = take(item, "finish", by=planner, now=NOW, despite=fact)

        assert as_stored(item) == ("done", 2)
        assert (change.holds_from, change.known_from, change.recorded_at) == (fact.holds_from, fact.known_from, NOW)
        assert (change.source, change.approximate) == ("S/2020/1", True)
        assert [passed["code"] for passed in change.passed_over] == ["no_evidence", "predecessor_not_done"]
        left = list(OpenItem.objects.order_by("pk"))
        assert [entry.code for entry in left] == ["no_evidence", "predecessor_not_done"]
        assert [entry.thing for entry in left] == [item, item.waits_for.get().first]
        assert {(entry.change, entry.transition, entry.closed_at) for entry in left} == {(change, here, None)}

    def test_is_known_from_today_unless_its_source_was_issued_before(self, here, planner):
        change = take(world.milestone(here), "start", by=planner, now=NOW, despite=Fact("note", date(2020, 9, 1)))
        assert change.known_from == TODAY

    def test_tells_no_override_to_headquarters(self, here, planner):
        world.person(Role.HEADQUARTERS_DESK, here)
        take(waiting(here), "finish", by=planner, now=NOW, despite=Fact("note", TODAY))
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


class TestBegin:
    def test_writes_the_first_row_of_history_of_each(self, here, planner):
        pauses = [Pause(transition=here, reason="Rains", asked_by="Government") for _ in range(3)]
        head = world.person(Role.HEAD_OF_MISSION, here)
        begin(pauses, by=head, now=NOW)
        changes = StateChange.objects.filter(thing_type="missions.pause", thing_id__in=[pause.pk for pause in pauses])
        assert {(row.version, row.was, row.state, row.role) for row in changes} == {
            (1, "", "in_force", Role.HEAD_OF_MISSION)
        }
        assert len(changes) == 3

    def test_costs_the_same_for_many(self, here, planner, django_assert_num_queries):
        pillar = world.pillar(here)
        planner.grants_in_force(on=TODAY)
        for size in (2, 50):
            items = [Milestone(transition=here, code=f"{size}-{n}", title="x", pillar=pillar) for n in range(size)]
            with django_assert_num_queries(5):  # a savepoint and its release, the lock, two inserts
                begin(items, by=planner, now=NOW)

    @pytest.mark.parametrize("fields", [{"title": ""}, {"kind": "wish"}, {"marking": "secret"}, {"transition": None}])
    def test_names_a_wrong_field_and_inserts_nothing(self, here, planner, fields):
        good = Milestone(transition=here, code="A", title="Good")
        with pytest.raises((ValidationError, Milestone.transition.RelatedObjectDoesNotExist)):
            begin([good, Milestone(**{"transition": here, "code": "B", "title": "Bad"} | fields)], by=planner, now=NOW)
        assert not Milestone.objects.exists()

    def test_in_a_later_state_needs_a_fact(self, here, planner):
        item = Milestone(transition=here, code="A", title="Done long ago")
        with pytest.raises(StepRefused) as refused:
            begin([item], by=planner, now=NOW, state="done")
        assert refused.value.code == "wrong-state"
        begin([item], by=planner, now=NOW, state="done", source=Fact("report", date(2020, 9, 1)))
        assert as_stored(item) == ("done", 1)
        assert StateChange.objects.about(item).get().holds_from == date(2020, 9, 1)

    def test_in_a_state_that_there_is_not_is_refused(self, here, planner):
        with pytest.raises(StepRefused):
            begin([Milestone(transition=here, code="A", title="A")], by=planner, now=NOW, state="lost",
                  source=Fact("report", TODAY))  # fmt: skip

    def test_in_a_later_state_is_only_for_who_may_record_facts(self, here):
        lead = world.person(Role.PILLAR_LEAD, here)
        with pytest.raises(PermissionDenied):
            begin([Milestone(transition=here, code="A", title="A")], by=lead, now=NOW, state="done",
                  source=Fact("report", TODAY))  # fmt: skip

    def test_of_things_of_two_transitions_is_judged_in_each(self, here, planner):
        elsewhere = world.transition("under_way")
        items = [Milestone(transition=of, code="A", title="A") for of in (here, elsewhere)]
        with pytest.raises(PermissionDenied):
            begin(items, by=planner, now=NOW)
        assert not Milestone.objects.exists()

    def test_of_nothing_is_nothing(self, planner):
        assert begin([], by=planner, now=NOW) == []


class TestAvailable:
    def test_lists_what_can_be_taken_what_is_blocked_and_what_is_for_others(self, here, planner):
        item = waiting(here, hard=True)
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
        item = waiting(here)
        for step, blockers in available(item, by=planner, now=NOW):
            held = pytest.raises(Blocked) if blockers else nullcontext()
            with held as blocked:
                take(waiting(here), step.name, by=planner, now=NOW, reason="x")
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
