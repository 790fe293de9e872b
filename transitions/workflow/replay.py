"""Replay of what happened: every room brings events, played in order of their day through the doors of the program."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True)
class Event:
    """Something that happened on a day, in its transition's zone. `order` settles what comes first on the same day."""

    day: date
    order: int
    play: Callable[[datetime], Any] = field(compare=False)
    zone: str = field(default="", compare=False)


@dataclass
class Cast:
    """Who plays, and what rooms have made for one another, by name."""

    services: dict[str, Any]
    people: dict[str, Any]
    zone: str = "Africa/Khartoum"
    made: dict[str, Any] = field(default_factory=dict)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a day in a transition's zone: an event counts from the beginning of its day."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def replay(events: Iterable[Event], *, zone: str, until: datetime) -> int:
    """Play what happened up to an instant, and nothing after it. Returns the number of events played.

    Args:
        zone: of the events that do not name another.
    """
    played = 0
    for now, event in sorted((midnight(event.day, event.zone or zone), event) for event in events):
        if now <= until:
            event.play(now)
            played += 1
    return played
