"""Everything dated in a transition, and what waits for what: read whole, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from transitions.clock.present import day
from transitions.workflow.keys import Key
from transitions.workflow.models import StateChange

from .dated import Dated, Item
from .models import Dependency

Kind = Dependency.Kind


@dataclass(frozen=True)
class Edge:
    """`then` waits for `first`: in every kind it does not come before it and so many days."""

    first: Key
    then: Key
    kind: str = Kind.FINISH_TO_START
    days: int = 0

    def allows_from(self, first: Item, on: date | None) -> date | None:
        """The first day that this leaves to what waits, where what it waits for lies on a day; None: any.

        What has come lies on the day that it came. What runs already need not be finished to be run beside.
        """
        if first.gone:
            return None
        if self.kind == Kind.OVERLAP and first.started_on:
            return later(first.started_on, self.days)
        came = first.done_on or on
        return later(came, self.days) if came else None

    def holds(self, first: Item) -> bool:
        """Whether the day of something open still counts, so that what waits for it gives it a last day."""
        return not (self.kind == Kind.OVERLAP and first.started_on)


def later(on: date, days: int) -> date:
    """Within what a date can be."""
    return on + timedelta(days=min(days, (date.max - on).days))


@dataclass
class Graph:
    items: Mapping[Key, Item]
    edges: list[Edge]
    into: dict[Key, list[Edge]] = field(init=False)
    out_of: dict[Key, list[Edge]] = field(init=False)

    def __post_init__(self) -> None:
        self.edges = [edge for edge in self.edges if edge.first in self.items and edge.then in self.items]
        self.into, self.out_of = defaultdict(list), defaultdict(list)
        for edge in self.edges:
            self.into[edge.then].append(edge)
            self.out_of[edge.first].append(edge)

    @cached_property
    def order(self) -> list[Key]:
        """From what waits for nothing on: each after everything that it waits for."""
        sorter = TopologicalSorter({key: [edge.first for edge in self.into[key]] for key in self.items})
        return list(sorter.static_order())

    def reached(self, start: Iterable[Key]) -> set[Key]:
        """What waits for these, near or far, and they themselves."""
        return followers(self.edges, start)

    def broken(self, key: Key) -> list[Edge]:
        """Where a thing lies before what it waits for."""
        its = self.items[key].day
        if its is None:
            return []
        allowed = ((edge, edge.allows_from(first := self.items[edge.first], first.day)) for edge in self.into[key])
        return [edge for edge, from_day in allowed if from_day and its < from_day]


def followers(edges: Iterable[Edge], start: Iterable[Key]) -> set[Key]:
    onward = defaultdict(list)
    for edge in edges:
        onward[edge.first].append(edge.then)
    found, ahead = set(start), list(start)
    while ahead:
        new = [key for key in onward[ahead.pop()] if key not in found]
        found.update(new)
        ahead += new
    return found


def edges_of(transition: Any) -> list[Edge]:
    """What waits for what in a transition: one query."""
    its = Dependency.objects.filter(transition=transition).order_by("pk")
    ends = its.values_list("first_type", "first_id", "then_type", "then_id", "kind", "lag_days")
    return [Edge((a, first), (b, then), kind, days) for a, first, b, then, kind, days in ends]


def graph_of(transition: Any, *, now: datetime, around: Iterable[Key] | None = None) -> Graph:
    """The whole of a transition, or what follows from some things, with everything that this waits for.

    Nothing of it is left out for who looks: what holds a thing back holds it whether one sees it or not.
    """
    edges, wanted = edges_of(transition), None
    if around is not None:
        reached = followers(edges, around)
        edges = [edge for edge in edges if edge.then in reached]
        wanted = reached | {edge.first for edge in edges}
    past = states_of({edge.first for edge in edges})
    today = day(now, transition.time_zone)
    items = {item.key: item for item in items_of(transition, wanted, past, today=today)}
    return Graph(items, edges)


def items_of(
    transition: Any, wanted: set[Key] | None, past: Mapping[Key, list[tuple[str, date]]], *, today: date
) -> Iterator[Item]:
    """One query for each kind of dated thing."""
    for label, dated in Dated.all.items():
        rows = dated.model._base_manager.filter(transition=transition).select_related(*dated.related)
        if wanted is not None:
            rows = rows.filter(pk__in=[pk for name, pk in wanted if name == label])
        for thing in rows.order_by("pk"):
            yield dated.item(thing, past.get((label, thing.pk), ()), today=today)


def states_of(keys: Iterable[Key]) -> dict[Key, list[tuple[str, date]]]:
    """Of things their states in the order of their versions, each with the day that it holds from."""
    wanted, found = set(keys), defaultdict(list)
    rows = StateChange.objects.filter(
        thing_type__in={label for label, _ in wanted}, thing_id__in={pk for _, pk in wanted}
    )
    for label, pk, state, on in rows.order_by("version").values_list("thing_type", "thing_id", "state", "holds_from"):
        if (label, pk) in wanted:
            found[label, pk].append((state, on))
    return found
