"""Every guard of every lifecycle: that it blocks, alone, and lets go once what it asks for is there."""

from typing import Any

import pytest

from tests import world
from tests.situations import ABOUT_WHO_ACTS, SITUATIONS
from transitions.access.permissions import Role
from transitions.missions.models import Transition
from transitions.workflow.engine import Blocked, available, sign, take
from transitions.workflow.lifecycles import Lifecycle

pytestmark = pytest.mark.django_db
NOW = world.NOW


def everybody(here: Transition) -> Any:
    """One person with every role: what is tried here is guards, not permissions."""
    person = world.person()
    office = world.office(here, "headquarters")
    for role in Role:
        world.grant(person, role, here, at=office)
    return person


def signed(thing: Any, step: str) -> None:
    here = Lifecycle.of_model[type(thing)].transition_of(thing)
    for role in Lifecycle.of_model[type(thing)].by_name[step].signers(thing):
        sign(thing, step, role, by=world.person(role, here, at=world.office(here, "headquarters")), now=NOW)


class TestGuards:
    def test_each_has_a_situation(self):
        there = {
            (lifecycle.model._meta.model_name, step.name, guard.__name__)
            for lifecycle in Lifecycle.of_model.values()
            for step in lifecycle.steps
            for guard in lifecycle.guards_of(step)
        }
        assert there == set(SITUATIONS) | ABOUT_WHO_ACTS

    @pytest.mark.parametrize(
        ("step", "situation"),
        [
            pytest.param(step, situation, id=f"{model}-{step}-{guard}-{number}")
            for (model, step, guard), situations in SITUATIONS.items()
            for number, situation in enumerate(situations)
        ],
    )
    def test_each_blocks_and_lets_go(self, step, situation):
        course = situation()
        thing, code = next(course)
        by = everybody(Lifecycle.of_model[type(thing)].transition_of(thing))
        signed(thing, step)
        with pytest.raises(Blocked) as blocked:
            take(thing, step, by=by, now=NOW, reason="Rains")
        assert [blocker.code for blocker in blocked.value.blockers] == [code]
        [blocker] = blocked.value.blockers
        assert blocker.open is not None
        assert blocker.who

        assert next(course, None) is None
        thing = type(thing).objects.get(pk=thing.pk)
        assert {found.name: blockers for found, blockers in available(thing, by=by, now=NOW)}[step] == []
        take(thing, step, by=by, now=NOW, reason="Rains")
