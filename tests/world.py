"""A small world for tests: a mission, its transition, offices, people.

Everything through the doors that the program has.
"""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from transitions.access.models import Grant, User
from transitions.access.permissions import Role
from transitions.calendar.dates import enter
from transitions.calendar.models import Dependency, Milestone, NationalEvent
from transitions.handovers.models import Handover, MandatedTask
from transitions.handovers.recipients import propose
from transitions.missions.models import MandateInstrument, Mission, Office, Pause, Phase, Pillar, Transition
from transitions.workflow.engine import Fact, begin

NOW = datetime(2020, 10, 1, 6, 0, tzinfo=UTC)
TODAY = NOW.date()
number = count(1)


def mission(**fields: Any) -> Mission:
    fields = {
        "acronym": f"UNMX{next(number)}",
        "name": "United Nations Mission",
        "kind": "peacekeeping_operation",
    } | fields
    return Mission.objects.create(**fields)


def founder() -> User:
    """A service account that may set up transitions: every test has one."""
    user, created = User.objects.get_or_create(username="founder", defaults={"is_service": True})
    if created:
        Grant.objects.create(user=user, role=Role.PLANNER)
    return user


def transition(state: str = "considered", *, now: datetime = NOW, **fields: Any) -> Transition:
    slug = f"t{next(number)}"
    fields = {"slug": slug, "name": slug.upper(), "kind": "withdrawal", "time_zone": "Africa/Khartoum",
              "host_country": "Sudan"} | fields  # fmt: skip
    fields.setdefault("mission", None)
    fields["mission"] = fields["mission"] or mission()
    source = None if state == "considered" else Fact("test", now.date())
    [made] = begin([Transition(**fields)], by=founder(), now=now, state=state, source=source)
    return made


def office(of: Transition, side: str = "mission", **fields: Any) -> Office:
    code = f"o{next(number)}"
    return Office.objects.create(**{"transition": of, "code": code, "name": code.upper(), "side": side} | fields)


def pillar(of: Transition, code: str = "security") -> Pillar:
    return Pillar.objects.get_or_create(transition=of, code=code, defaults={"name": code.title()})[0]


def person(role: Role | None = None, of: Transition | None = None, *, at: Office | None = None, **fields: Any) -> User:
    """Someone with a role in a transition (in an office of the mission unless another is given)."""
    name = f"{role or 'nobody'}.{next(number)}"
    user = User.objects.create_user(name, f"{name}@example.org", "pass word 1", display_name=name.title())
    if role:
        grant(user, role, of, at=at, **fields)
    return user


def grant(user: User, role: Role, of: Transition | None = None, *, at: Office | None = None, **fields: Any) -> Grant:
    where = at or (office(of) if of else None)
    user._grants = None
    return Grant.objects.create(user=user, role=role, transition=of, office=where, **fields)


def milestone(of: Transition, *, now: datetime = NOW, by: User | None = None, **fields: Any) -> Milestone:
    code = f"M-{next(number)}"
    fields = {"transition": of, "code": code, "title": "Something to be done", "due_on": date(2020, 12, 1)} | fields
    [made] = enter([Milestone(**fields)], by=by or founder(), now=now)
    return made


def handover(of: Transition, *, now: datetime = NOW, **fields: Any) -> Handover:
    """Of a task of its own, to nobody yet."""
    code = f"H-{next(number)}"
    task = MandatedTask.objects.create(transition=of, code=f"T-{code}", title="A task")
    fields = {"transition": of, "code": code, "task": task, "planned_on": date(2020, 12, 1)} | fields
    [made] = propose([Handover(**fields)], by=founder(), now=now)
    return made


def event(of: Transition, from_date: date, until: date, **fields: Any) -> NationalEvent:
    fields = {"title": f"Election {next(number)}", "kind": "election", "blackout": True} | fields
    return NationalEvent.objects.create(transition=of, from_date=from_date, until=until, **fields)


def waiting(of: Transition, **fields: Any) -> Milestone:
    """A milestone that waits for another which is not done."""
    then = milestone(of, **fields)
    wait(then, milestone(of))
    return then


def wait(then: Any, first: Any, **fields: Any) -> Dependency:
    """Past the door: what is tried is what holds it back."""
    made: Dependency = Dependency.objects.create(transition=then.transition, first=first, then=then, **fields)
    return made


def phase(of: Transition, *, now: datetime = NOW, **fields: Any) -> Phase:
    position = of.phases.count() + 1
    fields = {"transition": of, "position": position, "name": f"Phase {position}"} | fields
    [made] = begin([Phase(**fields)], by=founder(), now=now)
    return made


def pause(of: Transition, *, now: datetime = NOW, **fields: Any) -> Pause:
    fields = {"transition": of, "reason": "Rains", "asked_by": "The Government"} | fields
    head = person(Role.HEAD_OF_MISSION, of)
    [made] = begin([Pause(**fields)], by=head, now=now)
    return made


def instrument(of: Mission, *kinds: str, adopted_on: date = TODAY, **fields: Any) -> MandateInstrument:
    """With one effect of each kind; only kinds that need no date."""
    made = MandateInstrument.objects.create(
        **{"mission": of, "symbol": f"S/RES/{next(number)}", "body": "Security Council", "adopted_on": adopted_on,
           "holds_from": adopted_on, "known_from": adopted_on, "recorded_at": NOW, "by": founder()} | fields
    )  # fmt: skip
    for kind in kinds:
        made.effects.create(kind=kind)
    return made
