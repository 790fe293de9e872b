"""All transitions in a few lines each: for whoever starts the service."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps

from transitions.access.models import Grant, User
from transitions.access.permissions import Role

from .reader import read, view_of


def console() -> User:
    """Whoever starts the service on its machine reads everything and may do nothing: an auditor, never stored."""
    user = User(username="console")
    user._grants = [Grant(role=Role.AUDITOR)]
    return user


def overview(*, now: datetime) -> Iterator[list[tuple[str, str]]]:
    """Of each transition (what, how it stands)."""
    for transition in apps.get_model("missions.Transition").objects.order_by("slug"):
        view = view_of(transition, user=console(), now=now)
        yield lines(transition, read([transition], view)[transition.pk])


def lines(transition: Any, status: dict[str, Any]) -> list[tuple[str, str]]:
    milestones = status["milestones"]
    by_state = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in milestones["by_state"].items())
    return [
        (transition.slug, str(transition)),
        ("state", (status["state"] or "not begun").replace("_", " ")),
        ("end of mandate", end_in_words(status["end_date"])),
        ("milestones", by_state or "none"),
        ("overdue", f"{milestones['overdue']}, {milestones['next_30_days']} due in the next 30 days"),
    ]


def end_in_words(end: dict[str, Any] | None) -> str:
    if end is None:
        return "unknown: no instrument on record sets one"
    left = f"{end['days_left']} days left" if end["days_left"] >= 0 else f"{-end['days_left']} days ago"
    return f"{end['date']} ({end['basis'].replace('_', ' ')}, {end['instrument']}), {left}"
