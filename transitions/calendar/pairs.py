"""Two days of each item as a picture: before and after, planned and latest. Drawn on the server, as SVG."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from transitions.missions.ends import End
from transitions.missions.models import Effect
from transitions.status.svg import accessible, as_svg

from .chart import LONGEST, bands, rule, y

AROUND = timedelta(days=45)  # what lies farther off than this would only make the picture wider
SHORT = timedelta(days=330)  # in which months alone would be the same word again and again
ENOUGH = 60  # lines that a picture can still be read with


@dataclass(frozen=True)
class Pair:
    """One line: a hollow mark and a full one, either of which may be unknown."""

    label: str
    hollow: date | None
    full: date | None


def pairs_drawn(
    pairs: Sequence[Pair], *, hollow: str, full: str, words: str, ends: Iterable[End] = (), events: Iterable[Any] = ()
) -> str:
    """Args: hollow, full: what the two marks mean. words: what the picture shows, for who cannot see it."""
    marks = [mark for pair in pairs[:ENOUGH] for mark in marks_of(pair, hollow, full)]
    if not marks:
        return ""
    days = [date.fromisoformat(mark["day"]) for mark in marks]
    first, last = min(days) - AROUND, max(days) + AROUND
    order = list(dict.fromkeys(short(pair.label) for pair in pairs[:ENOUGH]))
    format = "%-d %b %Y" if last - first < SHORT else "%b %Y"
    dated = {"type": "temporal", "axis": {"title": None, "format": format, "grid": True}}
    layers = [
        *bands((event for event in events if event.from_date <= last and event.until >= first), dated=dated),
        between(pairs[:ENOUGH], order, dated),
        points(marks, order, dated, hollow, full),
        *rules((end for end in ends if first <= end.date <= last), dated, middle=first + (last - first) / 2),
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 620,
        "height": {"step": 21},
        "padding": {"left": 56, "right": 30, "top": 4, "bottom": 4},  # letters may be wider where it is looked at
        "background": "white",
        "config": {"font": "sans-serif", "view": {"stroke": None}, "axis": {"labelLimit": 0, "labelFontSize": 11}},
        "layer": layers,
    }
    return accessible(as_svg(json.dumps(spec)), words, f"{hollow}: hollow; {full}: full")


def short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def marks_of(pair: Pair, hollow: str, full: str) -> list[dict[str, str]]:
    found = [(hollow, pair.hollow), (full, pair.full)]
    return [{"item": short(pair.label), "day": str(day), "what": what} for what, day in found if day]


def between(pairs: Sequence[Pair], order: list[str], dated: Any) -> dict[str, Any]:
    values = [
        {"item": short(pair.label), "from": str(pair.hollow), "to": str(pair.full)}
        for pair in pairs if pair.hollow and pair.full and pair.hollow != pair.full
    ]  # fmt: skip
    return {
        "data": {"values": values},
        "mark": {"type": "rule", "color": "#8a97a5", "strokeWidth": 2},
        "encoding": {"x": {"field": "from", **dated}, "x2": {"field": "to"}, "y": y(order)},
    }


def points(marks: list[dict[str, str]], order: list[str], dated: Any, hollow: str, full: str) -> dict[str, Any]:
    def looks(*two: str) -> dict[str, Any]:
        legend = {"title": None, "orient": "bottom", "symbolSize": 90}  # above stand the words of the lines
        return {"field": "what", "legend": legend, "scale": {"domain": [hollow, full], "range": list(two)}}

    return {
        "data": {"values": marks},
        "mark": {"type": "point", "size": 75, "opacity": 1, "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "day", **dated},
            "y": y(order),
            "shape": looks("square", "diamond"),
            "fill": looks("white", "#0b5cad"),
            "stroke": looks("#5a6775", "#0b5cad"),
        },
    }


def rules(ends: Iterable[End], dated: Any, *, middle: date) -> Iterable[dict[str, Any]]:
    """Each with its words on a line of their own, so that two close ones can be read, and within the picture."""
    for line, end in enumerate(sorted(ends, key=lambda one: one.date)):
        align = "right" if end.date > middle else "left"
        yield rule(end.date, "#a3261b", str(Effect.Kind(end.kind).label).lower(), line=line, align=align, dated=dated)
