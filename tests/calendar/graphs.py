"""Graphs of dated things that no database holds, and random ones."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from transitions.calendar.blackouts import Blackouts
from transitions.calendar.dated import Item
from transitions.calendar.graph import Edge, Graph
from transitions.calendar.models import Dependency

D0 = date(2020, 10, 1)
NONE = Blackouts([], {})


def on(day: int) -> date:
    return D0 + timedelta(days=day)


def key(code: str) -> tuple[str, int]:
    return ("calendar.milestone", ord(code))


def item(code: str, day: int | None = 0, **more: Any) -> Item:
    return Item(key=key(code), code=code, name=code, day=None if day is None else on(day), **more)


def edge(first: str, then: str, days: int = 0, kind: str = "finish_to_start") -> Edge:
    return Edge(key(first), key(then), kind, days)


def graph(items: list[Item], *edges: Edge) -> Graph:
    return Graph({one.key: one for one in items}, list(edges))


CODES = "ABCDEFGH"
DAYS = st.integers(0, 60)


@st.composite
def items(draw: Any, code: str) -> Item:
    state = draw(st.sampled_from(["open", "open", "open", "running", "done", "gone", "lapsed"]))
    day = draw(st.one_of(DAYS, DAYS, DAYS, st.none()))
    begun = on(draw(DAYS)) if state in ("running", "done") else None
    return item(code, day, open=state in ("open", "running"), gone=state == "gone", started_on=begun,
                done_on=begun if state == "done" else None)  # fmt: skip


@st.composite
def graphs(draw: Any) -> Graph:
    """Without circles, as `link` sees to it: each waits only for what comes before it in the alphabet."""
    codes = CODES[: draw(st.integers(2, len(CODES)))]
    pairs = [(a, b) for a in codes for b in codes if a < b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=14))
    kinds = st.sampled_from(Dependency.Kind.values)
    edges = [edge(a, b, draw(st.integers(0, 20)), draw(kinds)) for a, b in chosen]
    return graph([draw(items(code)) for code in codes], *edges)
