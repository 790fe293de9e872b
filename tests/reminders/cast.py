"""Everybody whom the catalogue of notifications names, in one transition, and who hears of what."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.missions.models import Office, Pillar, Transition
from transitions.outbox.kinds import Kind, Letter, letters
from transitions.outbox.models import Message
from transitions.reminders.rules import Rule

NOW, TODAY = world.NOW, world.NOW.date()
SIDES = ("mission", "country_team", "government")
FOCAL = {
    "mission": Role.PROVIDER, "country_team": Role.UNCT_FOCAL_POINT, "government": Role.GOVERNMENT_FOCAL_POINT,
}  # fmt: skip
STAFF = {
    "planner": Role.PLANNER, "head": Role.HEAD_OF_MISSION, "deputy": Role.DEPUTY_HEAD,
    "coordinator": Role.RESIDENT_COORDINATOR, "desk": Role.HEADQUARTERS_DESK, "support": Role.MISSION_SUPPORT,
    "provider": Role.PROVIDER, "verifier": Role.VERIFIER,
}  # fmt: skip


@dataclass
class Cast:
    """One person a role, a pillar lead, and on each side an office with its head and an owner in it."""

    here: Transition
    pillar: Pillar
    people: dict[str, User] = field(default_factory=dict)
    offices: dict[str, Office] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def owned(self, side: str) -> dict[str, Any]:
        """The fields that make something an owner's of that side."""
        return {"owner": self.people[f"owner on {side}"], "owner_office": self.offices[side], "pillar": self.pillar}

    def name(self, person: User | None) -> str:
        found = (name for name, user in self.people.items() if user == person)
        return next(found, person.username if person else "nobody")


def cast() -> Cast:
    here = world.transition("under_way")
    it = Cast(here, world.pillar(here))
    for name, role in STAFF.items():
        it.people[name] = world.person(role, here)
    it.people["lead"] = world.person(Role.PILLAR_LEAD, here, pillar=it.pillar)
    for side in SIDES:
        it.people[f"head on {side}"] = head = world.person(None)
        it.offices[side] = office = world.office(here, side, head=head)
        it.people[f"owner on {side}"] = world.person(FOCAL[side], here, at=office)
    Message.objects.all().delete()
    return it


def on(day: date) -> datetime:
    """At 06:00 UTC, 08:00 in Khartoum."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def swept(it: Cast, kind: str, day: date) -> set[tuple[str, int]]:
    """Whom a rule's part of a sweep on that day queues a message for that was not queued before: (who, rung)."""
    made, rule = uuid4(), Rule.all[kind]
    rule.withdraw()
    rule.queue(made, now=on(day))
    rows = Message.objects.filter(sweep=made, suppressed_at=None)
    return {(it.name(row.recipient), row.payload["rung"]) for row in rows}


def ladder(it: Cast, kind: str, due: date, *days: int) -> dict[int, set[str]]:
    """As the clock passes these days, counted from the due date: on which of them who is told something new."""
    found: dict[int, set[str]] = {}
    for day in days:
        if told := swept(it, kind, due + timedelta(days=day)):
            assert {rung for _, rung in told} == {day}
            found[day] = {name for name, _ in told}
    return found


def heard(it: Cast, kind: str) -> set[str]:
    """To whom something was queued without any sweep; the messages are taken away, for what comes next."""
    rows = Message.objects.filter(kind=kind, sweep=None)
    names = {it.name(row.recipient) for row in rows}
    rows.delete()
    return names


def letter(kind: str, person: User, now: datetime = NOW) -> Letter:
    [written] = letters(Message.objects.filter(kind=kind, recipient=person), now=now).values()
    assert isinstance(written, Letter), written
    return written


def is_urgent(kind: str) -> bool:
    return bool(getattr(Kind.named[kind], "urgent", False))
