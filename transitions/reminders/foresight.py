"""Who will be told what, for people to read: by day and person, only what the reader may see."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps

from transitions.clock.present import day
from transitions.outbox.kinds import Kind
from transitions.outbox.models import Message
from transitions.outbox.parcels import rung_in_words

from .ahead import LONGEST, TooFar, foresee
from .things import named

NOBODY = "nobody: give the transition a planner"


@dataclass(frozen=True, order=True)
class Line:
    """One reminder on its day. `why_not` says why it will not go out, where it will not."""

    on: date
    person: str
    what: str
    kind: str
    role: str
    rung: str
    queued: bool
    why_not: str
    person_id: int = 0
    transition: str = ""


def lines(*, now: datetime, last: date, of: Any = None, user: Any = None) -> list[Line]:
    """Up to the end of a day, in one transition or in all; what is queued already comes with it.

    Args:
        user: who reads it; without one, nothing is left out.

    Raises:
        TooFar: a day that has passed, or one more than 92 days ahead.
    """
    zones = {of.pk: of} if of else apps.get_model("missions.Transition")._default_manager.in_bulk()
    if any((last - day(now, one.time_zone)).days not in range(LONGEST + 1) for one in zones.values()):
        raise TooFar(f"look from today on, and up to {LONGEST} days ahead")
    coming = foresee(now=now, last=last, of=of.pk if of else None)
    waiting = list(queued(of, user=user, now=now))
    about = [(one.thing, one.marking) for one in coming]
    about += [((one.thing_type, one.thing_id), one.marking) for one in waiting if one.thing_id]
    names = named(about, user=user, now=now)
    found = [
        Line(day(one.leaves_at, zones[one.transition_id].time_zone), str(one.reader or NOBODY), names[one.thing],
             one.title, one.role, one.when, False, one.why_not, one.reader.pk if one.reader else 0,
             str(zones[one.transition_id]))
        for one in coming
        if one.thing in names
    ]  # fmt: skip
    found += [
        Line(day(max(one.due_at, now), zones[one.transition_id].time_zone), str(one.recipient or NOBODY),
             names.get((one.thing_type, one.thing_id), ""), Kind.named[one.kind].title or one.kind,
             one.payload.get("as", ""), rung_in_words(one.payload["rung"]) if "rung" in one.payload else "", True, "",
             one.recipient_id or 0, str(zones[one.transition_id]))
        for one in waiting
        if one.thing_id is None or (one.thing_type, one.thing_id) in names
    ]  # fmt: skip
    return sorted(line for line in found if line.on <= last)


def queued(of: Any, *, user: Any, now: datetime) -> Any:
    seen = Message.objects.all() if user is None else Message.objects.visible_to(user, now=now)
    waiting = seen.waiting().filter(address=None, kind__in=Kind.named)
    waiting = waiting.filter(transition=of) if of else waiting.filter(transition__isnull=False)
    return waiting.select_related("recipient").order_by("pk")


def by_day(found: Iterable[Line]) -> dict[date, list[Line]]:
    days: dict[date, list[Line]] = defaultdict(list)
    for line in found:
        days[line.on].append(line)
    return dict(days)


def people_of(found: Iterable[Line]) -> list[tuple[int, str]]:
    """Whom one may look for."""
    return sorted({(line.person_id, line.person) for line in found}, key=lambda one: one[1])
