"""Whom each rung reaches, side by side and when somebody is away."""

from datetime import timedelta
from typing import Any

import pytest

from tests import world
from tests.reminders.conftest import DUE, at, owned, told
from transitions.access.permissions import Role
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


class TestWhoIsTold:
    """Silence is a lost reminder: somebody is always found, or the admin shows that nobody was."""

    def test_falls_back_step_by_step(self) -> None:
        here = world.transition("under_way")
        office = world.office(here, head=None)
        item = world.milestone(here, owner_office=office, due_on=DUE)
        reached = []

        def sweep_and_forget() -> None:
            made = sweep(now=at(0))
            reached.append(Message.objects.get(sweep=made.pk).recipient)
            Message.objects.all().delete()

        sweep_and_forget()
        expected: list[Any] = [None]
        for role in (Role.HEADQUARTERS_DESK, Role.RESIDENT_COORDINATOR, Role.PLANNER):
            expected.append(world.person(role, here))
            sweep_and_forget()
        office.head = world.person(None)
        office.save()
        expected.append(office.head)
        sweep_and_forget()
        expected.append(world.person(Role.PROVIDER, here, at=office, acting=True))
        sweep_and_forget()
        item.owner = world.person(Role.PROVIDER, here, at=office)
        item.save()
        expected.append(item.owner)
        sweep_and_forget()
        assert reached == expected

    def test_an_owner_who_has_left_is_passed_over(self, here: Any) -> None:
        item = owned(here)
        item.owner.grants.update(until=DUE - timedelta(days=10))
        assert told(at(0))[0][0] != "provider"

    def test_that_there_is_nobody_is_a_failure_that_is_shown(self) -> None:
        world.milestone(world.transition("under_way"), due_on=DUE)
        sweep(now=at(0))
        message = Message.objects.get()
        assert message.delivery == "failed"
        assert "nobody to tell" in message.why_not
