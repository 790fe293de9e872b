"""Authorised strength against actual, by component: on any day, as known on any day. No figure is made up.

A ceiling holds until a later instrument says something else about it, and no longer than the mandate. One that speaks
of ceilings without a figure leaves them unknown. What a report says was deployed counts on its own day alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from .ends import End, ends_of
from .models import Effect, Strength

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ceiling:
    """What is authorised for a component from one day until another (None: until something changes)."""

    component: str
    since: date
    until: date | None
    number: int | None  # None: no figure is given, which is not zero
    instrument: str
    source: str
    text: str
    approximate: bool
    not_restated_by: str  # a later instrument that extends the mandate and says nothing of ceilings


@dataclass(frozen=True)
class Report:
    """How many people of a component were there on a day, as a report says."""

    component: str
    on: date
    number: int
    source: str
    note: str
    approximate: bool


@dataclass(frozen=True)
class StrengthOf:
    """Of one mission: its components in the order in which they appear, what is authorised, what was reported."""

    components: list[str]
    ceilings: list[Ceiling]
    reports: list[Report]


def strength_of(mission: int, *, as_of: date, known_at: date) -> StrengthOf:
    """In four queries. What is authorised already for days to come is in it; what is reported is not later than it."""
    counted = Effect.objects.filter(
        instrument__mission=mission, instrument__holds_from__lte=as_of, instrument__known_from__lte=known_at
    ).select_related("instrument")
    effects = list(counted.filter(kind=Effect.Kind.STRENGTH))
    expiries = counted.filter(kind=Effect.Kind.MANDATE_EXPIRY).exclude(basis=Effect.Basis.UNCONFIRMED)
    reports = reported(mission, as_of=as_of, known_at=known_at)
    if not effects and not reports:
        return StrengthOf([], [], [])
    end = ends_of([mission], as_of=as_of, known_at=known_at)[mission].headline
    effects.sort(key=start)
    named = dict.fromkeys([one.component for one in effects] + [one.component for one in reports])
    components = [name for name in named if name]
    extensions = list(expiries)
    found = [ceiling for name in components for ceiling in ceilings_of(name, effects, extensions, end)]
    return StrengthOf(components, found, reports)


def reported(mission: int, *, as_of: date, known_at: date) -> list[Report]:
    """Of several reports about one day the one that was recorded last."""
    rows = Strength.objects.filter(mission=mission, holds_from__lte=as_of, known_from__lte=known_at)
    latest = {(row.component, row.holds_from): row for row in rows.order_by("holds_from", "pk")}
    return [
        Report(row.component, row.holds_from, row.number, row.source, row.note, row.approximate)
        for row in latest.values()
    ]


def start(effect: Effect) -> date:
    """The day from which it is authorised: its own, else the one of its instrument."""
    instrument = effect.instrument
    own = effect.date if effect.kind == Effect.Kind.STRENGTH else None
    return own or instrument.effective_from or instrument.adopted_on


def adopted(effect: Effect) -> tuple[date, int]:
    return effect.instrument.adopted_on, effect.instrument_id


def ceilings_of(
    component: str, effects: Sequence[Effect], extensions: Sequence[Effect], end: End | None
) -> list[Ceiling]:
    """From change to change, each day looked at once."""
    its = [one for one in effects if one.component in ("", component)]
    days = {start(one) for one in (*its, *extensions)}
    over = end.date + DAY if end else None
    days |= {over} if over else set()
    found: list[Ceiling] = []
    for since in sorted(days):
        ceiling = ceiling_on(since, component, its, extensions, end)
        if ceiling and not (found and replace(ceiling, since=found[-1].since) == found[-1]):
            found.append(ceiling)
    last = found[-1:]
    return [replace(one, until=then.since - DAY) for one, then in pairwise(found)] + last


def ceiling_on(
    since: date, component: str, effects: Iterable[Effect], extensions: Iterable[Effect], end: End | None
) -> Ceiling | None:
    """Of what has begun by then, what was adopted last; one's own component before all of them."""
    begun = [one for one in effects if start(one) <= since]
    if not begun:
        return None
    it = max(begun, key=lambda one: (*adopted(one), start(one), one.component != "", one.pk))
    if end and it.number is not None and since > end.date >= start(it):
        text = f"the mandate's end is {end.date}"
        return Ceiling(component, since, None, None, end.instrument, "", text, False, "")
    silent = [one for one in extensions if adopted(one) > adopted(it) and start(one) <= since]
    later = max(silent, key=adopted).instrument.symbol if silent and it.number is not None else ""
    approximate = it.approximate or it.instrument.approximate
    return Ceiling(
        component, since, None, it.number, it.instrument.symbol, it.instrument.source, it.text, approximate, later
    )


@dataclass(frozen=True)
class Month:
    """One component in one month: on the day of its last report, else on the month's last day. None is unknown."""

    month: date
    component: str
    on: date
    ceiling: Ceiling | None
    report: Report | None

    @property
    def name(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def authorised(self) -> int | None:
        return self.ceiling.number if self.ceiling else None

    @property
    def actual(self) -> int | None:
        return self.report.number if self.report else None

    @property
    def gap(self) -> int | None:
        """How many are missing; negative: more are there than authorised."""
        both = self.authorised is not None and self.actual is not None
        return self.authorised - self.actual if both else None  # type: ignore[operator]


def months_of(strength: StrengthOf, *, as_of: date) -> list[Month]:
    """From the first figure to the day that is looked at, or to the last change that is authorised already."""
    days = [one.since for one in strength.ceilings] + [one.on for one in strength.reports]
    if not days:
        return []
    return [
        month_of(first, component, strength)
        for first in firsts(min(days), max([as_of, *days]))
        for component in strength.components
    ]


def firsts(earliest: date, latest: date) -> list[date]:
    """The first days of the months from one day to another."""
    first, found = earliest.replace(day=1), []
    while first <= latest:
        found.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
    return found


def month_of(first: date, component: str, strength: StrengthOf) -> Month:
    last = (first + timedelta(days=31)).replace(day=1) - DAY
    within = [one for one in strength.reports if one.component == component and first <= one.on <= last]
    report = max(within, key=lambda one: one.on, default=None)
    on = report.on if report else last
    begun = [one for one in strength.ceilings if one.component == component and one.since <= on]
    return Month(first, component, on, begun[-1] if begun else None, report)


@dataclass(frozen=True)
class Stretch:
    """Months of one component in which nothing changes and nothing is reported, for a table that somebody reads."""

    first: Month
    last: Month
    months: int


def stretches_of(months: Sequence[Month]) -> list[Stretch]:
    """One component after the other, as they appear."""
    places = {name: place for place, name in enumerate(dict.fromkeys(one.component for one in months))}
    found: list[Stretch] = []
    for month in sorted(months, key=lambda one: places[one.component]):
        before = found[-1].last if found else None
        if before and before.component == month.component and alike(before, month):
            found[-1] = Stretch(found[-1].first, month, found[-1].months + 1)
        else:
            found.append(Stretch(month, month, 1))
    return found


def alike(one: Month, then: Month) -> bool:
    return one.ceiling == then.ceiling and not (one.report or then.report)
