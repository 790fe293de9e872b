"""“Where does it stand”: one reader for API, pages and commands, made of the panels that the rooms bring."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from transitions.clock.present import YEARS, day

from .panels import MOST, Panel, View

RECENT = timedelta(days=30)


def status_of(
    transition: Any, *, user: Any, now: datetime, as_of: date | None = None, known_at: date | datetime | None = None,
    since: date | None = None, version: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Where one transition stands, in a fixed number of queries. The caller has asked whether the user may see it.

    Args:
        as_of: how it stood at the end of that day, in the transition's zone; today if not given.
        known_at: as far as it was known at the end of that day; today if not given.
        since: what changed from that day on; the last 30 days if not given.
    Raises:
        ValidationError: a day that has not come yet, or `since` after `as_of`, naming the parameter.
    """
    view = view_of(transition, user=user, now=now, as_of=as_of, known_at=known_at, since=since, version=version)
    return read([transition], view)[transition.pk] | {"recent_changes": recent_changes(transition, view)}


def view_of(
    transition: Any, *, user: Any, now: datetime, as_of: date | None = None, known_at: date | datetime | None = None,
    since: date | None = None, version: int | None = None,
) -> View:  # fmt: skip
    today = day(now, transition.time_zone)
    known = day(known_at, transition.time_zone) if isinstance(known_at, datetime) else known_at
    as_of, known = as_of or today, known or today
    if isinstance(known_at, datetime) and known_at > now:
        raise ValidationError({"known_at": f"{known_at} has not come yet: it is {now:%Y-%m-%dT%H:%MZ}."})
    for name, asked in (("as_of", as_of), ("known_at", known)):
        if asked > today:
            raise ValidationError({name: f"{asked} has not come yet: today is {today}."})
        if asked.year not in YEARS:
            raise ValidationError({name: f"{asked} lies before any peace operation."})
    since = since or as_of - RECENT
    if since > as_of:
        raise ValidationError({"since": f"{since} lies after {as_of}, the day that is looked at."})
    return View(user, now, as_of, known, since, present=as_of == known == today, version=version)


def read(transitions: Sequence[Any], view: View) -> dict[int, dict[str, Any]]:
    """The keys of every panel for each of these transitions."""
    found: dict[int, dict[str, Any]] = {
        one.pk: {"transition": one.slug, "as_of": view.as_of, "known_at": view.known_at} for one in transitions
    }
    for panel in Panel.all:
        for pk, keys in panel.read(transitions, view).items():
            found[pk].update(keys)
    return found


def recent_changes(transition: Any, view: View) -> list[str]:
    """Sentences, the latest first. Where there are too many, the last one says so."""
    told = [change for panel in Panel.all for change in panel.changes(transition, view)]
    told.sort(key=lambda change: change[0], reverse=True)
    more = ["There are older ones: the history has them all."] if len(told) > MOST else []
    return [sentence for _, sentence in told[:MOST]] + more
