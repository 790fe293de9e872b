"""The domain's present. A way in (view, task, command) reads it once and hands it down; nothing below reads it."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .models import Rehearsal


class RunsBackwards(ValueError):
    """A rehearsal was asked to go to an instant that it has already passed."""


def now() -> datetime:
    """The present in UTC: the machine's clock, moved by the rehearsal's offset where there is one."""
    offset = Rehearsal.objects.values_list("offset", flat=True).first()
    present = timezone.now()
    return present if offset is None else present + offset


def asked_at(request: HttpRequest) -> datetime:
    """The instant at which a request came in: read once, the same for the whole of it.

    Takes Django's request or the REST framework's wrapper of it.
    """
    plain: Any = getattr(request, "_request", request)
    if not hasattr(plain, "domain_now"):
        plain.domain_now = now()
    instant: datetime = plain.domain_now
    return instant


def rehearsing() -> bool:
    return Rehearsal.objects.exists()


def rehearsal_banner(request: HttpRequest) -> dict[str, object]:
    """Template context: every page of a rehearsal says that it is one."""
    return {"rehearsal_at": asked_at(request) if rehearsing() else None}


def rehearse(until: datetime) -> None:
    """Start a rehearsal at `until`, or jump ahead to it. Raises RunsBackwards: time never runs backwards."""
    with transaction.atomic():
        stored = Rehearsal.objects.select_for_update().first()
        present = timezone.now()
        if stored and until <= present + stored.offset:
            raise RunsBackwards(f"the rehearsal already stands at {present + stored.offset:%Y-%m-%dT%H:%MZ}")
        Rehearsal.objects.update_or_create(only=True, defaults={"offset": until - present})


YEARS = range(1946, 2200)  # there was no peace operation before, and sums of days must stay within what a date can be


def instant(text: str) -> datetime:
    """An instant with its offset, in UTC. Raises ValueError with a sentence that says how to write one."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found.year not in YEARS:
        raise ValueError(f"{text} is not an instant: write it like 2020-12-01T06:00Z")
    return found.astimezone(UTC)


def day(instant: datetime, zone: str) -> date:
    """The calendar day of an instant in a transition's own time zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def is_a_time_zone(name: str) -> None:
    """A field's validator."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not a time zone: give a name such as Africa/Khartoum.")
