"""Who hears of what is due of a handover, on which day, and that somebody always does."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests import world
from transitions.access.models import Grant, User
from transitions.access.permissions import Role
from transitions.handovers.agreement import accept, write_text
from transitions.handovers.conditions import Asked, mark_met
from transitions.handovers.models import Condition, FollowUp, Handover, MandatedTask
from transitions.handovers.plans import plan
from transitions.missions.models import Area, Office
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

NOW, TODAY = world.NOW, world.NOW.date()
DUE = date(2020, 12, 1)


@pytest.fixture
def planned(two_sides: SimpleNamespace, handover: Handover) -> Handover:
    plan(handover, planned_on=DUE, by=two_sides.planner, now=NOW, reason="agreed")
    handover.owner = two_sides.other
    handover.save(update_fields=["owner"])
    return handover


def told(kind: str, on: date) -> set[User]:
    """Whom a sweep on a day queues messages of a kind for."""
    Message.objects.all().delete()
    sweep(now=NOW + (on - TODAY))
    return {message.recipient for message in Message.objects.filter(kind=f"handovers.{kind}", suppressed_at=None)}


class TestThePlannedDay:
    def test_is_told_to_the_owner_then_the_pillar_lead_and_no_further_up(
        self, two_sides: SimpleNamespace, planned: Handover
    ) -> None:
        pillar = world.pillar(two_sides.here)
        MandatedTask.objects.update(pillar=pillar)
        lead = world.person(Role.PILLAR_LEAD, two_sides.here, pillar=pillar)
        world.person(Role.DEPUTY_HEAD, two_sides.here)  # hears of hard items only
        assert told("handover_due", DUE - timedelta(days=31)) == set()
        assert told("handover_due", DUE - timedelta(days=30)) == {two_sides.other}
        assert told("handover_due", DUE + timedelta(days=7)) == {two_sides.other, lead}
        assert told("handover_due", DUE + timedelta(days=14)) == {two_sides.other, lead}

    def test_is_told_to_the_planner_where_nobody_owns_it(self, two_sides: SimpleNamespace, planned: Handover) -> None:
        Handover.objects.update(owner=None)
        assert told("handover_due", DUE) == {two_sides.planner}

    def test_is_told_to_who_remains_once_the_mission_has_left(
        self, two_sides: SimpleNamespace, planned: Handover
    ) -> None:
        coordinator = world.person(Role.RESIDENT_COORDINATOR, two_sides.here)
        type(two_sides.here).objects.update(state="liquidating")
        assert told("handover_due", DUE + timedelta(days=14)) == {two_sides.other, coordinator}

    def test_is_quiet_in_a_pause_of_its_area_or_pillar(self, two_sides: SimpleNamespace, planned: Handover) -> None:
        state = Area.objects.create(transition=two_sides.here, code="north", name="North")
        town = Area.objects.create(transition=two_sides.here, code="town", name="Town", parent=state)
        pillar = world.pillar(two_sides.here)
        world.pause(two_sides.here, area=state)
        assert told("handover_due", DUE) == {two_sides.other}
        MandatedTask.objects.update(area=town)
        assert told("handover_due", DUE) == set()
        MandatedTask.objects.update(area=None, pillar=pillar)
        assert told("handover_due", DUE) == {two_sides.other}
        world.pause(two_sides.here, pillar=pillar)
        assert told("handover_due", DUE) == set()

    def test_is_told_no_more_once_it_is_handed_over(self, two_sides: SimpleNamespace, planned: Handover) -> None:
        Handover.objects.update(state="transferred")
        assert told("handover_due", DUE) == set()


class TestAnOffer:
    def test_without_an_answer_after_ten_days_is_told_to_the_recipient_and_the_planner(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        head = two_sides.theirs.head
        assert told("answer_due", TODAY + timedelta(days=6)) == set()
        assert told("answer_due", TODAY + timedelta(days=7)) == {head}
        assert told("answer_due", TODAY + timedelta(days=10)) == {head, two_sides.planner}
        coordinator = world.person(Role.RESIDENT_COORDINATOR, two_sides.here)
        assert told("answer_due", TODAY + timedelta(days=24)) == {head, two_sides.planner, coordinator}

    def test_is_told_to_who_may_answer_where_the_office_has_no_head(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        Office.objects.update(head=None)
        assert told("answer_due", TODAY + timedelta(days=7)) == {two_sides.recipient}

    def test_that_was_answered_or_taken_back_is_told_to_nobody(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        write_text(offered, "Other words", by=two_sides.planner, now=NOW)
        assert told("answer_due", TODAY + timedelta(days=10)) == set()
        take(offered, "offer", by=two_sides.planner, now=NOW)
        accept(offered, by=two_sides.recipient, now=NOW)
        assert told("answer_due", TODAY + timedelta(days=10)) == set()

    def test_tells_both_sides_and_planners_as_it_is_made(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        told_of_it = {message.recipient for message in Message.objects.filter(kind="workflow.step_taken")}
        assert {two_sides.theirs.head, two_sides.recipient, two_sides.other} <= told_of_it
        assert two_sides.elsewhere not in told_of_it


class TestACondition:
    def test_overdue_is_told_to_its_owner_and_to_both_sides(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        owner = world.person(Role.MISSION_SUPPORT, two_sides.here)
        Handover.objects.update(owner=two_sides.other)
        accept(offered, by=two_sides.recipient, now=NOW, conditions=[Asked("Vehicles", DUE, owner=owner)])
        assert told("condition_due", DUE) == {owner}
        assert told("condition_due", DUE + timedelta(days=1)) == {owner, two_sides.other, two_sides.theirs.head}
        mark_met(Condition.objects.get(), by=two_sides.planner, now=NOW, source="note")
        assert told("condition_due", DUE + timedelta(days=1)) == set()

    def test_that_is_void_is_told_to_nobody(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        accept(offered, by=two_sides.recipient, now=NOW, conditions=[Asked("Vehicles", DUE)])
        write_text(offered, "Other words", by=two_sides.planner, now=NOW)
        assert told("condition_due", DUE) == set()


class TestAFollowUp:
    def test_is_asked_of_the_recipient_and_missed_is_told_to_the_coordinator(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        coordinator = world.person(Role.RESIDENT_COORDINATOR, two_sides.here)
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        due = FollowUp.objects.get(days=30).due_on
        assert told("follow_up_due", due - timedelta(days=7)) == {two_sides.theirs.head}
        assert told("follow_up_due", due) == {two_sides.theirs.head}
        assert told("follow_up_due", due + timedelta(days=1)) == {two_sides.theirs.head, coordinator}


class TestEveryRule:
    def test_finds_somebody_while_one_person_is_left(
        self, two_sides: SimpleNamespace, offered: Handover, mail: Any
    ) -> None:
        """Nobody owns anything, and all have gone but the headquarters desk."""
        accept(offered, by=two_sides.recipient, now=NOW, conditions=[Asked("Vehicles", DUE)])
        FollowUp.objects.create(handover=offered, days=61, due_on=DUE)
        plan(offered, planned_on=DUE, by=two_sides.planner, now=NOW, reason="agreed")
        other = Handover.objects.get(pk=offered.pk)
        other.pk, other.code, other.state, other.answer_due_on = None, "H-X", "offered", DUE
        other.save()
        Office.objects.update(head=None)
        Grant.objects.exclude(user=two_sides.desk).update(until=TODAY)
        Message.objects.all().delete()
        late = NOW + (DUE - TODAY) + timedelta(days=15)
        sweep(now=late)
        kinds = {message.kind: message.recipient for message in Message.objects.all()}
        assert kinds == dict.fromkeys(
            ("handovers.handover_due", "handovers.answer_due", "handovers.condition_due", "handovers.follow_up_due"),
            two_sides.desk,
        )
        deliver(now=late)
        assert set(mail.reached) == {two_sides.desk.email}
