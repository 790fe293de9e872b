"""Who may begin what and take which step: every role tried on every step of every lifecycle."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from tests import world
from tests.filled import filled
from transitions.access.permissions import POSTS, Role
from transitions.calendar.models import Milestone
from transitions.handovers.models import Handover, MandatedTask
from transitions.missions.models import Pause, Phase, Transition
from transitions.workflow.engine import Blocked, Fact, available, begin, take
from transitions.workflow.lifecycles import Lifecycle

pytestmark = pytest.mark.django_db
NOW = world.NOW


NEW: dict[Any, Callable[[Transition], Any]] = {
    Transition: lambda here: Transition(slug="new", name="New", kind="withdrawal", mission=here.mission),
    Phase: lambda here: Phase(transition=here, position=9, name="New"),
    Pause: lambda here: Pause(transition=here, reason="Rains", asked_by="The Government"),
    Milestone: lambda here: Milestone(transition=here, code="NEW", title="New"),
    Handover: lambda here: Handover(transition=here, code="NEW", task=filled(MandatedTask, here)),
}
STEPS = [
    pytest.param(lifecycle, step, id=f"{lifecycle.model._meta.model_name}-{step.name}")
    for lifecycle in Lifecycle.of_model.values()
    for step in lifecycle.steps
]


def thing_before(lifecycle, step) -> Any:
    """A thing in the state from which the step leads, in a transition of its own."""
    kind = "withdrawal" if step.name != "reach_posture" else "drawdown"
    if not lifecycle.belongs_to:
        return world.transition(step.sources[0], kind=kind)
    return filled(lifecycle.model, world.transition("under_way"), state=step.sources[0])


def is_denied(attempt: Callable[[], Any]) -> bool:
    """Whether it was refused for want of permission; being blocked is another matter. Nothing of it stays."""
    try:
        with transaction.atomic():
            with suppress(Blocked):
                attempt()
            transaction.set_rollback(True)
    except PermissionDenied:
        return True
    return False


class TestEveryStep:
    @pytest.mark.parametrize(("lifecycle", "step"), STEPS)
    def test_is_for_the_roles_that_hold_its_permission_alone(self, lifecycle, step):
        thing = thing_before(lifecycle, step)
        here = lifecycle.transition_of(thing)
        office = world.office(here)
        allowed = {role for role in Role if {*step.permissions} & POSTS[role].permissions} | {step.override_by} - {None}
        found = set()
        for role in Role:
            person = world.person(role, here, at=office)
            if not is_denied(lambda by=person: take(thing, step.name, by=by, now=NOW, reason="x")):
                found.add(role)
            stored = lifecycle.model.objects.get(pk=thing.pk)
            listed = {offered.name: blockers for offered, blockers in available(stored, by=person, now=NOW)}
            assert (role in found) != any(blocker.code == "not_permitted" for blocker in listed[step.name])
        assert found == allowed

    @pytest.mark.parametrize(("lifecycle", "step"), STEPS)
    def test_is_not_for_a_role_in_another_transition_or_time(self, lifecycle, step):
        thing = thing_before(lifecycle, step)
        here, elsewhere = lifecycle.transition_of(thing), world.transition()
        yesterday, tomorrow = NOW.date().replace(day=30, month=9), NOW.date().replace(day=2)
        for role in (role for role in Role if step.may in POSTS[role].permissions):
            for person in (
                world.person(role, elsewhere),
                world.person(role, here, until=yesterday),
                world.person(role, here, from_date=tomorrow),
            ):
                assert is_denied(lambda by=person: take(thing, step.name, by=by, now=NOW, reason="x"))

    @pytest.mark.parametrize(("lifecycle", "step"), STEPS)
    def test_is_for_the_owner_where_it_says_so(self, lifecycle, step):
        thing = thing_before(lifecycle, step)
        if not hasattr(thing, "owner"):
            assert not step.owner_may
            return
        here = lifecycle.transition_of(thing)
        roles = (Role.UNCT_FOCAL_POINT, Role.MISSION_SUPPORT)
        role = next(role for role in roles if step.may not in POSTS[role].permissions)
        owner = world.person(role, here)
        colleague = world.person(role, here, at=owner.grants.get().office)
        auditor = world.person(Role.AUDITOR, here, at=owner.grants.get().office)
        lifecycle.model.objects.filter(pk=thing.pk).update(owner=owner, owner_office=owner.grants.get().office)
        for person, may in ((owner, step.owner_may), (colleague, step.owner_may), (auditor, False)):
            assert may != is_denied(lambda by=person: take(thing, step.name, by=by, now=NOW, reason="x"))

    def test_of_one_pillar_is_not_for_the_lead_of_another(self):
        here = world.transition("under_way")
        security, political = world.pillar(here, "security"), world.pillar(here, "political")
        lead = world.person(Role.PILLAR_LEAD, here, pillar=security)
        take(world.milestone(here, pillar=security), "start", by=lead, now=NOW)
        for other in (political, None):
            item = world.milestone(here, pillar=other)
            assert is_denied(lambda thing=item: take(thing, "start", by=lead, now=NOW))

    def test_is_not_for_somebody_who_is_no_longer_active(self):
        here = world.transition("under_way")
        item = world.milestone(here)
        planner = world.person(Role.PLANNER, here)
        planner.is_active = False
        assert is_denied(lambda: take(item, "start", by=planner, now=NOW))


class TestEveryBeginning:
    def test_is_tried_here(self):
        assert NEW.keys() == Lifecycle.of_model.keys()

    @pytest.mark.parametrize("model", NEW, ids=lambda model: model.__name__)
    def test_is_for_the_roles_that_hold_its_permission_alone(self, model):
        here = world.transition("under_way")
        lifecycle = Lifecycle.of_model[model]
        found = set()
        for role in Role:
            person = world.person(role, here if lifecycle.belongs_to else None)
            if not is_denied(lambda by=person: begin([NEW[model](here)], by=by, now=NOW)):
                found.add(role)
        assert found == {role for role in Role if lifecycle.may_begin in POSTS[role].permissions}

    def test_of_a_transition_needs_a_role_in_all_of_them(self):
        here = world.transition()
        planner = world.person(Role.PLANNER, here)
        assert is_denied(lambda: begin([NEW[Transition](here)], by=planner, now=NOW))

    def test_in_a_later_state_needs_more_than_to_begin(self):
        here = world.transition("under_way")
        lead = world.person(Role.PILLAR_LEAD, here)
        fact = Fact("report", NOW.date())
        assert is_denied(lambda: begin([NEW[Milestone](here)], by=lead, now=NOW, state="done", source=fact))
