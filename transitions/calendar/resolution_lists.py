"""The lists of items that instruments have touched: what is settled and how, what is left, and whose it is.

Whether an item is settled is read from the thing itself each time: it got another day, was dropped or finished, or
somebody said why it is kept. A list closes when nothing in it is open, whoever looks and whatever they may see.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, F, Q
from django.db.models.functions import Coalesce

from transitions.access.permissions import Marking
from transitions.reminders.people import TODAY, local_day, officer_in_charge, person
from transitions.workflow.keys import Key
from transitions.workflow.lifecycles import Lifecycle

from .dated import Dated
from .ends_moved import MovedEnd, moves_of
from .models import AffectedItem, Kept

OPEN, REDATED, KEPT, DROPPED, FINISHED, TAKEN_OVER = "open", "re-dated", "kept", "dropped", "finished", "taken over"
WAYS = (REDATED, KEPT, DROPPED, FINISHED, TAKEN_OVER)
FIRST_TOLD = (person("owner"), officer_in_charge("owner_office"), person("owner_office__head"))


@dataclass(frozen=True)
class Row:
    """One item of a list as it stands now."""

    item: AffectedItem
    thing: Any  # None: it was deleted
    how: str  # OPEN, or one of WAYS
    why: str
    by: Any
    seen: bool
    tell: int | None  # whom a note about it reaches

    @property
    def pk(self) -> int:
        return int(self.item.pk)

    @property
    def is_open(self) -> bool:
        return self.how == OPEN

    @property
    def dated(self) -> type[Dated]:
        return Dated.all[self.item.thing_type]

    @property
    def day(self) -> date | None:
        found: date | None = getattr(self.thing, self.dated.day, None)
        return found

    @property
    def sort(self) -> str:
        return self.dated.sort_of(self.thing) if self.thing else ""

    @property
    def code(self) -> str:
        return str(getattr(self.thing, "code", self.item))

    @property
    def page(self) -> str:
        """The name of its page in the admin, for a link."""
        return f"admin:{self.dated.model._meta.app_label}_{self.dated.model._meta.model_name}_change"

    @property
    def marked(self) -> bool:
        return getattr(self.thing, "marking", Marking.UNCLASSIFIED) != Marking.UNCLASSIFIED

    @property
    def words(self) -> str:
        """In a letter: of what is marked the code alone."""
        return self.code if self.marked else f"{self.thing}, {self.day:%-d %B %Y}" if self.day else str(self.thing)

    @property
    def owner(self) -> str:
        """The person, and the office; empty where there is neither."""
        named = (getattr(self.thing, name, None) for name in ("owner", "owner_office"))
        return ", ".join(str(one) for one in named if one)

    @property
    def drop(self) -> str:
        """The step that drops it from the state in which it is; empty where there is none."""
        steps = Lifecycle.of_model[self.dated.model].steps
        leads = (step.name for step in steps if step.target in self.dated.gone and step.leads_from(self.thing))
        return next(leads, "") if self.thing else ""


@dataclass(frozen=True)
class ResolutionList:
    """What one instrument has touched in one transition. `seen` are the rows that the viewer may see."""

    instrument: Any
    moves: list[MovedEnd]
    rows: list[Row] = field(default_factory=list)

    @property
    def seen(self) -> list[Row]:
        return [row for row in self.rows if row.seen]

    @property
    def total(self) -> int:
        return len(self.seen)

    @property
    def open(self) -> list[Row]:
        return [row for row in self.seen if row.is_open]

    @property
    def settled(self) -> list[Row]:
        return [row for row in self.seen if not row.is_open]

    @property
    def by_way(self) -> dict[str, int]:
        counted = Counter(row.how for row in self.settled)
        return {way: counted[way] for way in WAYS if counted[way]}

    @property
    def open_unseen(self) -> int:
        return sum(row.is_open and not row.seen for row in self.rows)

    @property
    def closed(self) -> bool:
        return not any(row.is_open for row in self.rows)

    @property
    def recorded_at(self) -> datetime:
        found: datetime = self.rows[0].item.recorded_at
        return found


def lists_of(transition: Any, *, user: Any, now: datetime, instrument: int | None = None) -> list[ResolutionList]:
    """Those of a transition, the latest adopted first, in a number of queries that does not depend on their length."""
    items = AffectedItem.objects.filter(transition=transition).select_related("instrument")
    items = items.order_by("-instrument__adopted_on", "-instrument_id", "pk")
    rows = rows_of([*(items.filter(instrument=instrument) if instrument else items)], user=user, now=now)
    if not rows:
        return []
    moves = moves_of(rows[0].item.instrument.mission_id)
    found: dict[int, ResolutionList] = {}
    for row in rows:
        it = row.item.instrument
        found.setdefault(it.pk, ResolutionList(it, moves.get(it.pk, []))).rows.append(row)
    return list(found.values())


def rows_of(items: Sequence[AffectedItem], *, now: datetime, user: Any = None) -> list[Row]:
    """How each stands now. Without a user nothing counts as seen."""
    if not items:
        return []
    things, seen = things_of(items, now=now), seen_among(items, user=user, now=now)
    moved, kept = redated(items), {row.item_id: row for row in Kept.objects.filter(item__in=items).select_related("by")}
    later = taken_over(items)
    rows = []
    for item in items:
        key = (item.thing_type, item.thing_id)
        thing, fact = things.get(key), moved.get(item.pk) or kept.get(item.pk)
        how = REDATED if item.pk in moved else KEPT if fact else how_it_ended(item, thing, later)
        tell = getattr(thing, "tell_", None)
        rows.append(Row(item, thing, how, fact.reason if fact else "", fact.by if fact else None, key in seen, tell))
    return rows


def how_it_ended(item: AffectedItem, thing: Any, later: set[int]) -> str:
    dated = Dated.all[item.thing_type]
    if thing is None or thing.state in dated.gone:
        return DROPPED
    if thing.state not in dated.open:
        return FINISHED
    return TAKEN_OVER if item.pk in later else OPEN


def by_kind(items: Iterable[AffectedItem]) -> dict[type[Dated], list[AffectedItem]]:
    found: dict[type[Dated], list[AffectedItem]] = {}
    for item in items:
        found.setdefault(Dated.all[item.thing_type], []).append(item)
    return found


def things_of(items: Iterable[AffectedItem], *, now: datetime) -> dict[Key, Any]:
    """With all that a row shows of them, and with whom a note about them reaches: as their reminders do."""
    found: dict[Key, Any] = {}
    for dated, its in by_kind(items).items():
        rows = dated.model._base_manager.select_related("transition", "owner_office", *dated.related)
        told = rows.annotate(**{TODAY: local_day("transition", now)}).annotate(
            tell_=Coalesce(*(path.query for path in FIRST_TOLD), output_field=BigIntegerField())
        )
        kind = dated.model._meta.label_lower
        found |= {(kind, pk): thing for pk, thing in told.in_bulk([item.thing_id for item in its]).items()}
    return found


def seen_among(items: Iterable[AffectedItem], *, user: Any, now: datetime) -> set[Key]:
    if user is None:
        return set()
    found: set[Key] = set()
    for dated, its in by_kind(items).items():
        visible = dated.model.objects.all().visible_to(user, now=now).filter(pk__in=[item.thing_id for item in its])
        found |= {(dated.model._meta.label_lower, pk) for pk in visible.values_list("pk", flat=True)}
    return found


def redated(items: Iterable[AffectedItem]) -> dict[int, Any]:
    """Of each item the last fact that gave it another day since the list was made, if there is one."""
    found: dict[int, Any] = {}
    for dated, its in by_kind(items).items():
        days: Any = dated.model._meta.get_field(dated.days)
        thing, earliest = days.field.name, min(item.recorded_at for item in its)
        later = {f"{thing}__in": {item.thing_id for item in its}, "recorded_at__gte": earliest}
        facts: dict[int, list[Any]] = defaultdict(list)
        for row in days.related_model.objects.filter(**later).select_related("by").order_by("pk"):
            facts[getattr(row, f"{thing}_id")].append(row)
        for item in its:
            answers = [row for row in facts[item.thing_id] if moves(row, item, dated)]
            found |= {item.pk: answers[-1]} if answers else {}
    return found


def moves(row: Any, item: AffectedItem, dated: type[Dated]) -> bool:
    """What was recorded since but holds from before the instrument came is no answer to it."""
    since = row.recorded_at >= item.recorded_at and row.holds_from >= item.instrument.adopted_on
    return bool(since and getattr(row, dated.day) != item.day)


def taken_over(items: Sequence[AffectedItem]) -> set[int]:
    """Those that a list of an instrument adopted later has as well: they are that one's work."""
    keys = Q(thing_type__in={item.thing_type for item in items}, thing_id__in={item.thing_id for item in items})
    here = AffectedItem.objects.filter(keys, transition__in={item.transition_id for item in items})
    place = F("instrument__adopted_on"), F("instrument_id")
    latest: dict[Key, tuple[date, int]] = {}
    for kind, pk, *adopted in here.values_list("thing_type", "thing_id", *place):
        latest[kind, pk] = max(latest.get((kind, pk), (date.min, 0)), (adopted[0], adopted[1]))
    return {
        item.pk
        for item in items
        if latest[item.thing_type, item.thing_id] > (item.instrument.adopted_on, item.instrument_id)
    }
