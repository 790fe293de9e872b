"""Messages of a kind of our own, and processes that deliver them outside the test's own."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from tests import world
from transitions.access.models import User
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message

NOW = datetime(2020, 12, 1, 6, 0, tzinfo=UTC)
number = count(1)


class Note(Kind):
    """A letter that says what stands in its payload."""

    name = "tests.note"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        return {message.pk: self.letter(message.payload) for message in messages}

    def letter(self, payload: dict[str, Any]) -> Letter | NoLonger:
        return NoLonger(payload["gone"]) if "gone" in payload else Letter("A note", payload.get("text", "Hello"))


def note(to: User | None = None, **fields: Any) -> Message:
    fields = {"kind": Note.name, "due_at": NOW, "dedupe_key": f"note/{next(number)}"} | fields
    return Message.objects.create(recipient=to or world.person(), **fields)


def lease_runs_out() -> None:
    """Whatever is claimed or postponed may be claimed now."""
    Message.objects.waiting().update(next_attempt_at=timezone.now())


def of_the_test(**more: str) -> dict[str, str]:
    """The environment of a process that works on this test's own database."""
    name = connection.settings_dict["NAME"]
    return (
        os.environ | {"DATABASE_URL": urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))} | more
    )


@pytest.fixture
def environment(mail: Any, settings: Any) -> Callable[..., dict[str, str]]:
    def given(**more: str) -> dict[str, str]:
        return of_the_test(EMAIL_URL=f"smtp://127.0.0.1:{settings.EMAIL_PORT}", **more)

    return given
