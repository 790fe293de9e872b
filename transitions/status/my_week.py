"""A person's week, put together from what every room says of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from transitions.clock import present
from transitions.clock.present import day
from transitions.workflow.links import links_to
from transitions.workflow.models import StateChange

from .panel import named, sentence
from .visits import zone_of
from .weeks import Change, Mine, Row, Week

DAYS = 7
FIRST = 12  # rows of a part that one sees at once; the others are folded
MOST = 100  # rows of a part: nobody reads more, and the lists of the admin have them all
ENOUGH = 20  # on the first page of the admin


@dataclass(frozen=True)
class Part:
    """One part of the page."""

    name: str
    title: str
    rows: list[Row]

    @property
    def first(self) -> list[Row]:
        return self.rows[:FIRST]

    @property
    def folded(self) -> list[Row]:
        return self.rows[FIRST:MOST]

    @property
    def more(self) -> int:
        return len(self.rows[MOST:])

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class MyWeek:
    """What is due has a day; what is asked for and late counts as overdue, so that each row stands once."""

    today: date
    overdue: Part
    asked: Part
    soon: Part
    later: Part
    standing: Part

    @property
    def parts(self) -> list[Part]:
        """Those that are to be read, in their order; what comes later is folded."""
        return [part for part in (self.overdue, self.asked, self.soon) if part]

    @property
    def nothing(self) -> bool:
        return not (self.parts or self.later or self.standing)

    @property
    def days(self) -> Iterator[tuple[date, int]]:
        """Seven days from today, each with how much has that day, in whichever zone."""
        rows = [*self.soon.rows, *self.asked.rows]
        for left in range(DAYS):
            yield self.today + timedelta(days=left), sum(row.left == left for row in rows)


def week_of(user: Any, *, now: datetime) -> MyWeek:
    mine = Mine.of(user, now=now)
    owed, asked = gathered(lambda week: week.owed(mine)), gathered(lambda week: week.asked(mine))
    ahead = [row for row in owed if row.left is not None and row.left >= 0]
    return MyWeek(
        day(now, zone_of(user, now=now)),
        Part("overdue", "Overdue", in_order(row for row in (*owed, *asked) if row.late)),
        Part("asked", "Waiting for you", in_order(row for row in asked if not row.late)),
        Part("soon", f"Due in the next {DAYS} days", in_order(row for row in ahead if within(row))),
        Part("later", "In the weeks after", in_order(row for row in ahead if not within(row))),
        Part("standing", "Waiting on others", in_order(gathered(lambda week: week.standing(mine)))),
    )


def gathered(of: Callable[[Week], Iterable[Row]]) -> list[Row]:
    return [row for week in Week.all for row in of(week)]


def within(row: Row) -> bool:
    return row.left is not None and row.left < DAYS


def in_order(rows: Iterable[Row]) -> list[Row]:
    """By day, in its own zone; what has none comes last."""
    return sorted(rows, key=lambda row: (row.day is None, row.left or 0, row.what))


def changes_of(user: Any, *, now: datetime, since: datetime) -> list[Change]:
    """What others did to this person's things and their offices' since an instant, the latest first."""
    mine = Mine.of(user, now=now)
    beside = [change for week in Week.all for change in week.changed(mine, since)]
    found = [*steps_of(mine, since), *beside]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def steps_of(mine: Mine, since: datetime) -> Iterator[Change]:
    about = Q(pk__in=[])
    for week in Week.all:
        for model, things in week.own(mine).items():
            about |= Q(thing_type=model._meta.label_lower, thing_id__in=things.order_by().values("pk"))
    seen = StateChange.objects.visible_to(mine.user, now=mine.now).filter(about, recorded_at__gt=since)
    rows = list(seen.exclude(by=mine.user).select_related("by", "transition").order_by("-pk")[:MOST])
    keys = [(row.thing_type, row.thing_id) for row in rows]
    subjects = named(keys)
    for row, key, place in zip(rows, keys, links_to(keys), strict=True):
        yield Change(row.recorded_at, sentence(row, subjects[key]), row.transition, place)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the admin's first page: the most pressing of the week, and the way to all of it."""
    week = week_of(request.user, now=present.asked_at(request))
    rows = [row for part in (*week.parts, week.later) for row in part.rows]
    return context | {"mine": rows[:ENOUGH], "mine_more": len(rows[ENOUGH:])}
