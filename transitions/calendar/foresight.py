"""What follows from a new day, before it is given: a pure function over the graph, for people to look at first."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from transitions.missions.ends import End
from transitions.missions.models import Effect
from transitions.workflow.keys import Key

from .blackouts import Blackouts
from .dated import Item
from .graph import Edge, Graph


@dataclass(frozen=True)
class Concern:
    """What a person should know before. `about` is the thing that the sentence ends with."""

    code: str
    sentence: str
    about: Key | None = None


@dataclass(frozen=True)
class Push:
    """One thing and its new day: because of which thing, and in the end because of which of those that are moved."""

    item: Item
    day: date | None
    because: Key | None = None
    cause: Key | None = None
    concerns: tuple[Concern, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What was asked for, what follows from it, and what cannot be told because it has no day."""

    moves: tuple[Push, ...]
    follows: tuple[Push, ...]
    undated: tuple[Item, ...]
    items: Mapping[Key, Item]

    @property
    def digest(self) -> str:
        """Two previews of one digest say the same: what a person has looked at is what will be done."""
        said = [
            (push.item.key, str(push.item.day), str(push.day), push.because, push.concerns)
            for push in (*self.moves, *self.follows)
        ]
        undated = [item.key for item in self.undated]
        return hashlib.sha256(repr((said, undated)).encode()).hexdigest()[:32]


def preview(graph: Graph, moves: Mapping[Key, date | None], blackouts: Blackouts, ends: Sequence[End]) -> Preview:
    days = {key: item.day for key, item in graph.items.items()} | dict(moves)
    asked = [
        Push(item := graph.items[key], day, concerns=(*too_early(graph, days, key), *at(item, day, blackouts, ends)))
        for key, day in moves.items()
    ]
    follows = [
        Push(item, day, because.first, cause, (*already(graph, item), *at(item, day, blackouts, ends), *owner_of(item)))
        for item, day, because, cause in pushed(graph, days, moves)
    ]
    moved = {*moves, *(push.item.key for push in follows)}
    waiting = {edge.then for key in moved for edge in graph.out_of[key]}
    undated = [graph.items[key] for key in sorted(waiting) if graph.items[key].open and not days[key]]
    return Preview(tuple(asked), tuple(follows), tuple(undated), graph.items)


def pushed(
    graph: Graph, days: dict[Key, date | None], moves: Iterable[Key]
) -> Iterator[tuple[Item, date, Edge, Key | None]]:
    """Each open thing downstream that would lie before what it waits for, and the earliest day that it may have.

    Nothing is ever moved to an earlier day. `days` becomes what all days are afterwards.
    """
    moves = set(moves)
    downstream, cause = graph.reached(moves) - moves, {key: key for key in moves}
    for key in graph.order:
        item = graph.items[key]
        if key not in downstream or not item.open or item.day is None:
            continue
        limits = [(limit, edge.first in cause, edge) for edge, limit in limits_of(graph, days, key)]
        limit, _, edge = max(limits, key=lambda found: found[:2], default=(item.day, False, None))
        if edge and limit > item.day:
            days[key] = limit
            if edge.first in cause:
                cause[key] = cause[edge.first]
            yield item, limit, edge, cause.get(key)


def limits_of(graph: Graph, days: Mapping[Key, date | None], key: Key) -> Iterator[tuple[Edge, date]]:
    for edge in graph.into[key]:
        limit = edge.allows_from(graph.items[edge.first], days[edge.first])
        if limit:
            yield edge, limit


def too_early(graph: Graph, days: Mapping[Key, date | None], key: Key) -> Iterator[Concern]:
    """What is asked for is not put right: a person has said so. But it is said."""
    day = days[key]
    for edge, limit in limits_of(graph, days, key):
        if day and day < limit:
            yield Concern("before_what_it_waits_for", f"It may not come before {limit}, because of", edge.first)


def already(graph: Graph, item: Item) -> Iterator[Concern]:
    for edge in graph.broken(item.key):
        yield Concern("broken_before", "As things stand it lies too early already, because of", edge.first)


def at(item: Item, day: date | None, blackouts: Blackouts, ends: Sequence[End]) -> Iterator[Concern]:
    """What there is to say of a thing on its new day."""
    for event in blackouts.on(day, item.area_id) if item.shuns_blackouts else ():
        yield Concern("blackout", in_blackout(event))
    for end in ends:
        if day and day > end.date and (item.day is None or item.day <= end.date):
            yield Concern("beyond_the_end", f"Beyond {end_in_words(end)}")
    if item.hard:
        yield Concern("hard", "It is hard: somebody outside has set its day")


def owner_of(item: Item) -> Iterator[Concern]:
    if item.owner:
        yield Concern("owner", f"To be told: {item.owner}")


def in_blackout(event: object) -> str:
    days = f"{getattr(event, 'from_date', '')} to {getattr(event, 'until', '')}"
    return f"In the blackout of {event} ({days})"


def end_in_words(end: End) -> str:
    label = str(Effect.Kind(end.kind).label).lower()
    doubt = "" if end.confirmed else ", unconfirmed"
    return f"“{label}” on {end.date} ({end.instrument}{doubt})"
