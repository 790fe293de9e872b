"""The critical path to a date of the end: the last day that each open item may have, and where there is least float.

An item counts for a date of the end unless it was planned from the start for after it, whatever instrument set that
date to when: what is liquidated is not late for the mandate's end, but what has slipped beyond it, or was overtaken by
an end that was moved ahead, is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from transitions.clock.present import day
from transitions.missions.ends import End
from transitions.missions.models import DATES_OF_THE_END, Effect
from transitions.workflow.keys import Key
from transitions.workflow.veil import unseen

from .dated import Dated, Item
from .dependencies import UNSEEN
from .following import ends_for
from .graph import Edge, Graph, graph_of


@dataclass(frozen=True)
class Slack:
    """The last day of an open item for one date of the end. Without a day of its own its float is unknown, not zero."""

    item: Item
    latest: date
    float_days: int | None


@dataclass(frozen=True)
class CriticalPath:
    """For one date of the end: every open item, the least float first, and the chain that has it, from the first."""

    end: End
    slacks: list[Slack]
    chain: list[Slack]

    @property
    def least_float_days(self) -> int | None:
        return min((found for slack in self.slacks if (found := slack.float_days) is not None), default=None)


def critical_path(graph: Graph, end: End, later: Collection[Key] = (), *, today: date) -> CriticalPath:
    """Args: later: what was planned from the start for after this date."""
    slacks = slacks_of(graph, end.date, later, today=today)
    ordered = sorted(slacks.values(), key=tightness)
    return CriticalPath(end, ordered, chain_of(graph, slacks, ordered[0]) if ordered and ordered[0].item.day else [])


def tightness(slack: Slack) -> tuple[bool, int, date, str]:
    found = slack.float_days
    return (found is None, found or 0, slack.item.day or date.max, slack.item.code)


def slacks_of(graph: Graph, end: date, later: Collection[Key] = (), *, today: date) -> dict[Key, Slack]:
    """Backwards from the end: an item comes so early that everything that waits for it still comes in time.

    What is late cannot come before today any more: its float counts from today.
    """
    found: dict[Key, Slack] = {}
    for key in reversed(graph.order):
        item = graph.items[key]
        if item.open and key not in later:
            limits = [earlier(found[edge.then].latest, edge.days) for edge in binding(graph.out_of[key], item, found)]
            latest = min([end, *limits])
            found[key] = Slack(item, latest, (latest - max(item.day, today)).days if item.day else None)
    return found


def earlier(on: date, days: int) -> date:
    """Within what a date can be."""
    return on - timedelta(days=min(days, (on - date.min).days))


def binding(edges: Iterable[Edge], first: Item, found: Mapping[Key, Slack]) -> list[Edge]:
    """To what is still open, and still held by the day of what comes first."""
    return [edge for edge in edges if edge.then in found and edge.holds(first)]


def chain_of(graph: Graph, slacks: Mapping[Key, Slack], start: Slack) -> list[Slack]:
    """Up along what has the least float of what each waits for, down along what gives each its last day."""
    chain = [start]
    while before := [slacks[edge.first] for edge in graph.into[chain[0].item.key] if holding(graph, edge, slacks)]:
        chain.insert(0, min(before, key=tightness))
    while after := [slacks[edge.then] for edge in graph.out_of[chain[-1].item.key] if tight(graph, edge, slacks)]:
        chain.append(min(after, key=tightness))
    return chain


def holding(graph: Graph, edge: Edge, slacks: Mapping[Key, Slack]) -> bool:
    return edge.first in slacks and edge.holds(graph.items[edge.first])


def tight(graph: Graph, edge: Edge, slacks: Mapping[Key, Slack]) -> bool:
    """Whether this dependency is what gives the first of its two its last day."""
    if edge.then not in slacks or not holding(graph, edge, slacks):
        return False
    return slacks[edge.first].latest == earlier(slacks[edge.then].latest, edge.days)


# --- as a person is told of it


def paths_to_the_end(transition: Any, *, user: Any, now: datetime, kind: str | None = None) -> dict[str, Any]:
    """For each date of the end (or for one) its chain; and every open item with its last day for each of them.

    In a fixed number of queries. What the user may not see is not named, nor when it is.
    """
    ends = [end for end in ends_for(transition, now) if kind in (None, end.kind)]
    graph = graph_of(transition, now=now) if ends else Graph({}, [])
    paths = paths_in(graph, transition, ends, today=day(now, transition.time_zone)) if ends else []
    opened = {key: item for key, item in graph.items.items() if item.open}
    hidden = unseen(opened, user=user, now=now)
    return {
        "ends": [
            {
                "end": path.end,
                "least_float_days": min(known_floats(path, hidden), default=None),
                "chain": [as_step(slack, hidden) for slack in path.chain],
            }
            for path in paths
        ],
        "items": by_float(opened, paths, hidden),
    }


def paths_in(graph: Graph, transition: Any, ends: Sequence[End], *, today: date) -> list[CriticalPath]:
    first, latest = first_days(transition), latest_ends(transition)
    return [
        critical_path(graph, end, {
            key for key, item in graph.items.items()
            if (meant := first.get(key, item.day)) and meant > latest.get(end.kind, end.date)
        }, today=today)
        for end in ends
    ]  # fmt: skip


def first_days(transition: Any) -> dict[Key, date]:
    return {
        (label, pk): planned
        for label, dated in Dated.all.items()
        for pk, planned in dated.first_days(transition).items()
    }  # fmt: skip


def latest_ends(transition: Any) -> dict[str, date]:
    """Of each date of the end the latest day that any instrument has ever set it to."""
    its = Effect.objects.filter(instrument__mission=transition.mission_id, kind__in=DATES_OF_THE_END)
    return dict(its.order_by().values_list("kind").annotate(latest=Max("date")))


def known_floats(path: CriticalPath, hidden: set[Key]) -> list[int]:
    seen = (slack.float_days for slack in path.slacks if slack.item.key not in hidden)
    return [found for found in seen if found is not None]


def by_float(opened: Mapping[Key, Item], paths: Iterable[CriticalPath], hidden: set[Key]) -> list[dict[str, Any]]:
    """Everything open, the least float to any date of the end first, and what has none last."""
    found = {key: as_dict(item) | {"by_end": {}} for key, item in opened.items()}
    for path in paths:
        for slack in path.slacks:
            one = {"latest": slack.latest, "float_days": slack.float_days}
            found[slack.item.key]["by_end"][path.end.kind] = one
    return sorted((item for key, item in found.items() if key not in hidden), key=least)


def least(item: Mapping[str, Any]) -> tuple[bool, int, str]:
    known = [one["float_days"] for one in item["by_end"].values() if one["float_days"] is not None]
    return (not known, min(known, default=0), item["code"])


def as_dict(item: Item) -> dict[str, Any]:
    return {
        "type": item.key[0], "id": item.key[1], "code": item.code, "title": item.name, "state": item.state,
        "hard": item.hard, "date": item.day,
    }  # fmt: skip


def as_step(slack: Slack, hidden: set[Key]) -> dict[str, Any]:
    item = as_dict(slack.item) | {"latest": slack.latest, "float_days": slack.float_days}
    return dict.fromkeys(item) | {"title": UNSEEN} if slack.item.key in hidden else item
