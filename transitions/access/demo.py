"""The people of the demonstration: a service account for each side, and illustrative persons, one a role and side."""

import csv
import secrets
from collections.abc import Iterator
from pathlib import Path

from .models import User

SERVICES = ("replay.unamid", "replay.government", "replay.unct", "replay.hq")
HERE = Path(__file__).parent / "demonstration"


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def services() -> dict[str, User]:
    """Accounts that replay what offices did; nobody signs in as one."""
    made = {}
    for name in SERVICES:
        made[name] = User(username=name, display_name=f"Replay of {name.partition('.')[2]}", is_service=True)
        made[name].set_unusable_password()
        made[name].save()
    return made


def person(username: str, name: str, password: str) -> User:
    """An illustrative person, who may sign in to the admin site."""
    user = User(
        username=username, display_name=f"{name} (illustrative)", email=f"{username}@example.org", is_staff=True,
        illustrative=True,
    )  # fmt: skip
    user.set_password(password)
    user.save()
    return user


def password() -> str:
    return secrets.token_urlsafe(12)
