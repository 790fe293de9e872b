from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from tests import world
from tests.filled import filled
from tests.situations import ready
from transitions.access.permissions import Role
from transitions.workflow.engine import Blocked, Fact, StepRefused, sign, take
from transitions.workflow.models import OpenItem, Signature

pytestmark = pytest.mark.django_db
NOW = world.NOW
HEAD, COORDINATOR, DESK = Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK


@pytest.fixture
def here():
    return ready("planning")


@pytest.fixture
def head(here):
    return world.person(HEAD, here)


@pytest.fixture
def coordinator(here):
    return world.person(COORDINATOR, here)


class TestSign:
    def test_lets_the_step_be_taken_once_every_role_has(self, here, head, coordinator):
        for missing in (2, 1):
            with pytest.raises(Blocked) as blocked:
                take(here, "approve_plan", by=head, now=NOW)
            assert [blocker.code for blocker in blocked.value.blockers] == ["not_signed"] * missing
            sign(here, "approve_plan", [COORDINATOR, HEAD][missing - 1], by=[coordinator, head][missing - 1], now=NOW)
        assert take(here, "approve_plan", by=head, now=NOW).state == "approved"

    def test_is_by_another_person_for_each_role(self, here, head):
        world.grant(head, COORDINATOR, here)
        sign(here, "approve_plan", HEAD, by=head, now=NOW)
        with pytest.raises(StepRefused) as refused:
            sign(here, "approve_plan", COORDINATOR, by=head, now=NOW)
        assert refused.value.code == "wrong-state"

    def test_is_once_for_each_role(self, here, head):
        given = sign(here, "approve_plan", HEAD, by=head, now=NOW)
        with pytest.raises(StepRefused):
            sign(here, "approve_plan", HEAD, by=world.person(HEAD, here), now=NOW)
        given.pk, given._state.adding = None, True
        with pytest.raises(IntegrityError, match="one_signature_a_role"), transaction.atomic():
            given.save()

    def test_is_only_for_who_holds_the_role_here_and_now(self, here, coordinator):
        gone = world.person(HEAD, here, until=NOW.date() - timedelta(days=1))
        for other in (coordinator, gone, world.person(HEAD, world.transition())):
            with pytest.raises(PermissionDenied):
                sign(here, "approve_plan", HEAD, by=other, now=NOW)

    def test_is_open_to_the_officer_in_charge_and_says_so(self, here, head):
        officer = world.person(HEAD, here, acting=True, from_date=NOW.date(), until=NOW.date())
        assert sign(here, "approve_plan", HEAD, by=officer, now=NOW).acting
        other = ready("planning")
        for acting in (True, False):
            world.grant(officer, HEAD, other, acting=acting)
        assert not sign(other, "approve_plan", HEAD, by=officer, now=NOW).acting

    def test_is_refused_for_a_role_or_a_state_that_needs_none(self, here, head):
        with pytest.raises(StepRefused):
            sign(here, "approve_plan", DESK, by=world.person(DESK, here), now=NOW)
        with pytest.raises(StepRefused):
            sign(here, "close", COORDINATOR, by=world.person(COORDINATOR, here), now=NOW)
        assert not Signature.objects.exists()

    def test_is_refused_from_a_stale_page(self, here, head):
        with pytest.raises(StepRefused) as refused:
            sign(here, "approve_plan", HEAD, by=head, now=NOW, version=7)
        assert refused.value.code == "stale"

    def test_is_void_once_the_state_has_changed(self, head):
        here = ready("following_up")
        coordinator, desk = world.person(COORDINATOR, here), world.person(DESK, here)
        sign(here, "close", COORDINATOR, by=coordinator, now=NOW)
        sign(here, "close", DESK, by=desk, now=NOW)
        type(here).objects.filter(pk=here.pk).update(version=2)  # as any step would
        with pytest.raises(Blocked) as blocked:
            take(here, "close", by=desk, now=NOW)
        assert [blocker.who for blocker in blocked.value.blockers] == [COORDINATOR, DESK]
        sign(here, "close", COORDINATOR, by=coordinator, now=NOW)

    def test_for_one_step_is_none_for_another(self, here, head):
        named = {"thing_type": "missions.transition", "thing_id": here.pk, "thing_version": here.version}
        filled(Signature, here, step="close", role=COORDINATOR, **named)
        sign(here, "approve_plan", HEAD, by=head, now=NOW)
        with pytest.raises(Blocked) as blocked:
            take(here, "approve_plan", by=head, now=NOW)
        assert [blocker.who for blocker in blocked.value.blockers] == [COORDINATOR]

    def test_is_left_open_where_the_approval_is_a_recorded_fact(self, here, head):
        take(here, "approve_plan", by=head, now=NOW, despite=Fact("code cable", NOW.date()))
        assert [item.code for item in OpenItem.objects.all()] == ["not_signed", "not_signed"]
