"""A transition of five thousand items, of which one area is paused for a while."""

from typing import Any

import pytest

from tests import world
from tests.reminders.conftest import DUE, at
from tests.reminders.many import items_of
from transitions.access.permissions import Role
from transitions.calendar.reminders import MilestoneDue
from transitions.missions.models import Area
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Held, Message
from transitions.reminders.storm import release
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
SOFT, HARD, ELSEWHERE = 2_000, 500, 2_500
OWNERS = 5


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    for role in (Role.PLANNER, Role.HEADQUARTERS_DESK):
        world.person(role, it)
    return it


@pytest.fixture
def owners(here: Any) -> list[Any]:
    return [world.person(Role.PROVIDER, here) for _ in range(OWNERS)]


@pytest.fixture
def south(here: Any) -> Area:
    return Area.objects.create(transition=here, code="south", name="South")


@pytest.fixture
def pause(here: Any, south: Area, owners: list[Any]) -> Any:
    """Of the south, with two thousand soft items in it and five hundred hard ones."""
    for number, fields in ((SOFT, {"area": south}), (HARD, {"area": south, "hard": True}), (ELSEWHERE, {})):
        for owner in owners:
            items_of(here, number // OWNERS, owner=owner, due_on=DUE, **fields)
    return world.pause(here, area=south, now=at(-60))


def let_go(here: Any, now: Any) -> None:
    """So many are a storm: headquarters has looked, and they are right."""
    desk = here.grants.get(role=Role.HEADQUARTERS_DESK).user
    for held in Held.objects.filter(released_at=None):
        release(held, by=desk, now=now, reason="all of them are due")


def reminders(**fields: Any) -> Any:
    return Message.objects.filter(kind=MilestoneDue.name, **fields)


class TestAPauseOverOneArea:
    def test_silences_its_soft_items_alone_and_is_followed_by_one_message_a_person(
        self, here: Any, pause: Any, owners: list[Any], mail: Any
    ) -> None:
        sweep(now=at(-1, hour=3))
        let_go(here, at(-1, hour=3))
        quiet = reminders(suppressed_at__isnull=False)
        assert quiet.count() == SOFT
        assert set(quiet.values_list("why_not", flat=True)) == {f"quiet during pause {pause.pk}"}
        deliver(now=at(-1))
        assert reminders(sent_at__isnull=False).count() == HARD + ELSEWHERE
        assert not reminders(suppressed_at=None, thing_id__in=quiet.values("thing_id")).exists()
        assert sorted(to for to in mail.reached if to.startswith("provider")) == sorted(o.email for o in owners)

        mail.letters.clear()
        take(pause, "resume", by=world.person(Role.HEAD_OF_MISSION, here), now=at(-1))
        Message.objects.filter(kind="workflow.step_taken").delete()
        sweep(now=at(-1))
        let_go(here, at(-1))
        deliver(now=at(0))
        assert reminders(sent_at__isnull=False).count() == SOFT + HARD + ELSEWHERE
        assert sorted(to for to in mail.reached if to.startswith("provider")) == sorted(o.email for o in owners)
