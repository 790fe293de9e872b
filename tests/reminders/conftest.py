"""A transition with one of each who may be told, an item of it, and what one sweep says of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests import world
from transitions.access.permissions import Role
from transitions.calendar.models import Milestone
from transitions.outbox.models import Message
from transitions.reminders.rounds import Round
from transitions.reminders.sweep import sweep

DUE = date(2020, 12, 1)


def at(days: int, hour: int = 6) -> datetime:
    """So many days from the due date, at 06:00 UTC, 08:00 in Khartoum."""
    return datetime(DUE.year, DUE.month, DUE.day, hour, tzinfo=UTC) + timedelta(days=days)


def told(now: datetime) -> list[tuple[str, int]]:
    """(who, rung) of what one sweep has queued."""
    made = sweep(now=now)
    rows = Message.objects.filter(sweep=made.pk, suppressed_at=None).select_related("recipient")
    return sorted(
        (row.recipient.username.split(".")[0] if row.recipient else "nobody", row.payload["rung"]) for row in rows
    )


def owned(of: Any, side: str = "mission", **fields: Any) -> Milestone:
    office = world.office(of, side, head=world.person(None))
    owner = world.person(Role.PROVIDER, of, at=office)
    pillar = world.pillar(of)
    world.person(Role.PILLAR_LEAD, of, pillar=pillar)
    given = {"owner": owner, "owner_office": office, "due_on": DUE, "pillar": pillar}
    return world.milestone(of, **given | fields)


@pytest.fixture(autouse=True)
def no_rounds(monkeypatch: Any) -> None:
    """Heads of office have their list on Mondays: it is tried in its own room, and here it would be one too many."""
    monkeypatch.setattr(Round, "all", {})


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    for role in (
        Role.PLANNER,
        Role.DEPUTY_HEAD,
        Role.RESIDENT_COORDINATOR,
        Role.UNCT_FOCAL_POINT,
        Role.HEADQUARTERS_DESK,
    ):
        world.person(role, it)
    return it
