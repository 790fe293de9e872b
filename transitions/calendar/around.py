"""What stands around a dated thing: what it waits for, what waits for it, and what is wrong with its day."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from transitions.workflow.keys import Key
from transitions.workflow.links import link_to
from transitions.workflow.veil import unseen

from .blackouts import Blackouts, blackouts_of
from .dated import Dated, Item
from .dependencies import UNSEEN
from .foresight import in_blackout
from .graph import Edge, Graph, graph_of
from .models import Dependency
from .waits import counted


def around(thing: Any, *, by: Any, now: datetime) -> dict[str, Any]:
    """For the page of a thing, in a fixed number of queries. What the person may not see is not named."""
    key = (thing._meta.label_lower, thing.pk)
    graph = graph_of(thing.transition, now=now, around=[key])
    if key not in graph.items:
        return {}
    before, after = graph.into[key], graph.out_of[key]
    hidden = unseen([*(edge.first for edge in before), *(edge.then for edge in after)], user=by, now=now)
    blackouts = blackouts_of(thing.transition)
    return {
        "waits": [row_of(edge, edge.first, graph, hidden) for edge in before],
        "followed": [row_of(edge, edge.then, graph, hidden) for edge in after],
        "warnings": [*too_early(graph, key, hidden), *on_its_day(graph.items[key], blackouts)],
        "may_wait": Dated.all[key[0]].waits,
    }


def on_its_day(item: Item, blackouts: Blackouts) -> Iterator[str]:
    if item.open and item.shuns_blackouts:
        yield from (in_blackout(event) for event in blackouts.on(item.day, item.area_id))


def too_early(graph: Graph, key: Key, hidden: set[Key]) -> Iterator[str]:
    for edge in graph.broken(key) if graph.items[key].open else ():
        yield f"It is planned too early for {name_of(edge.first, graph, hidden)}"


def name_of(key: Key, graph: Graph, hidden: set[Key]) -> str:
    return UNSEEN if key in hidden else graph.items[key].name


def row_of(edge: Edge, other: Key, graph: Graph, hidden: set[Key]) -> dict[str, Any]:
    seen, item = other not in hidden, graph.items[other]
    return {
        "name": name_of(other, graph, hidden),
        "day": item.day if seen else None,
        "page": link_to(other) if seen else None,
        "how": in_words(edge),
    }


def in_words(edge: Edge) -> str:
    """The first of the two is "it" here, the second what waits."""
    days = f", and {counted(edge.days)} more" if edge.days else ""
    if edge.kind == Dependency.Kind.OVERLAP:
        return f"runs beside it for {counted(edge.days)} first"
    return f"{Dependency.Kind(edge.kind).label}{days}"


def warned(rows: Sequence[Any], blackouts: Blackouts) -> dict[int, str]:
    """Of rows of the calendar on a day: those that were dated into a blackout, each with the sentence that says so."""
    return {
        row.id: in_blackout(event)
        for row in rows
        if row.awaited and row.outdoors
        for event in blackouts.on(row.due_on, row.area_id)
    }
