"""The demonstration: replayed once, into an empty embedded database; afterwards only the clock moves."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken

from transitions.access import demo as people
from transitions.access.models import User
from transitions.clock import present
from transitions.outbox.models import Message

from .models import StateChange
from .replay import Cast, replay

BEGINNING = datetime(2020, 10, 1, 6, 0, tzinfo=UTC)
EARLIEST = datetime(2018, 7, 13, 6, 0, tzinfo=UTC)  # the day of S/RES/2429, with which the transition begins


class NoDemonstration(Exception):
    """It cannot be loaded, and why."""


def load(asked: str = "") -> str:
    """Replay into an empty database, else move the clock where it was asked to go. Says what was done.

    Args:
        asked: the instant where the rehearsal is to stand, such as 2020-10-01T06:00Z; empty: where it stands.
    Raises:
        NoDemonstration: not on a database of ours, or an instant that cannot be.
    """
    if not settings.EMBEDDED:
        raise NoDemonstration("the demonstration is loaded into the embedded database only, never into another one")
    try:
        until = present.instant(asked) if asked else None
    except ValueError as error:
        raise NoDemonstration(f"REHEARSAL_NOW={error}")
    with transaction.atomic():
        if not User.objects.exists() and not StateChange.objects.exists():
            return first_load(until or BEGINNING)
        return go_on(until)


def go_on(until: datetime | None) -> str:
    """Time never runs backwards: an instant that has passed is said, and left alone."""
    if not present.rehearsing():
        return "" if until is None else "This database is no rehearsal: REHEARSAL_NOW changes nothing."
    stored = present.now()
    if until is None or until <= stored:
        return "" if until is None else f"The rehearsal goes on from {stored:%Y-%m-%dT%H:%MZ}: it never runs backwards."
    present.rehearse(until)
    return f"The rehearsal's clock has moved to {until:%Y-%m-%dT%H:%MZ}."


def first_load(until: datetime) -> str:
    if until < EARLIEST:
        raise NoDemonstration(f"the demonstration begins on {EARLIEST:%Y-%m-%d}: choose a later REHEARSAL_NOW")
    given = {row["role"]: (row, people.password()) for row in people.rows(people.HERE / "people.csv")}
    persons = {role: people.person(role, row["name"], secret) for role, (row, secret) in given.items()}
    admin_password = people.password()
    admin = people.person("admin", "Administrator", admin_password)
    admin.is_superuser = True
    admin.save()
    cast = Cast(people.services(), persons | {"admin": admin})
    rooms = list(rooms_with_a_part())
    played = replay((event for room in rooms for event in room.events(cast)), zone=cast.zone, until=until)
    present.rehearse(until)
    keep_old_news(until)
    lines = [
        "admin_user=admin",
        f"admin_password={admin_password}",
        f"api_token={AuthToken.objects.create(admin)[1]}",
        *(f"user.{role}={persons[role].username}:{secret}" for role, (_, secret) in given.items()),
    ]
    where = keep(lines)
    told = "\n".join(f"  {line}" for line in lines)
    return f"Replayed {played} events up to {until:%Y-%m-%dT%H:%MZ}. Sign-in, kept in {where}:\n{told}"


def keep_old_news(until: datetime) -> None:
    """Whoever starts a rehearsal is not written to about years that have passed: only of its last day."""
    old = Message.objects.waiting().filter(due_at__lt=until - timedelta(days=1))
    old.update(suppressed_at=timezone.now(), why_not="it happened before the rehearsal began")


def rooms_with_a_part() -> Iterator[ModuleType]:
    """The `demo.py` of every room that brings events, from the lowest room up."""
    for config in apps.get_app_configs():
        if config.name.startswith(("transitions.", "benchmarks")) and find_spec(f"{config.name}.demo"):
            room = import_module(f"{config.name}.demo")
            if hasattr(room, "events"):
                yield room


def keep(lines: list[str]) -> Path:
    """Readable by who runs the service, and by nobody else."""
    path = Path(settings.LOCAL_DIR) / "credentials"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path
