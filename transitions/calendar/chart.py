"""The calendar as a picture: planned against actual against the approved version. Drawn on the server, as SVG."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from typing import Any

import vl_convert

from .at_a_day import Row

DATED = {"type": "temporal", "axis": {"title": None, "format": "%b %Y", "grid": True}}
SHAPES = {
    "done": "circle",
    "due": "diamond",
    "overdue": "triangle-up",
    "approved version": "stroke",
    "dropped": "cross",
}
COLOURS = {
    "done": "#2f6b3a",
    "due": "#0b5cad",
    "overdue": "#a3261b",
    "approved version": "#5a6775",
    "dropped": "#8a97a5",
}


def drawn(
    rows: Sequence[Row], *, as_of: date, end_date: date | None = None, events: Iterable[Any] = (), words: str = ""
) -> str:
    """One line a milestone, in order of date. What is overdue differs by shape, not by colour alone.

    Args:
        rows: what the viewer may see, at any two days.
        end_date: the mandate's end, drawn as a line where there is one.
        events: national events, as bands; blackouts darker.
        words: what the picture shows, for who cannot see it.
    """
    dated = [row for row in rows if row.due_on or row.done_on or row.version_due_on]
    if not dated:
        return ""
    marks = [mark for row in dated for mark in marks_of(row)]
    order = [label(row) for row in dated]
    layers = [
        *bands(events),
        spans(dated, order),
        points(marks, order),
        rule(as_of, "#1c2733", "looked at"),
        *([rule(end_date, "#a3261b", "end of mandate", line=1)] if end_date else []),
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 760,
        "height": {"step": 19},
        "padding": 4,
        "background": "white",
        "config": {"font": "sans-serif", "view": {"stroke": None}, "axis": {"labelLimit": 300, "labelFontSize": 11}},
        "layer": layers,
    }
    return accessible(vl_convert.vegalite_to_svg(spec), words)


def label(row: Row) -> str:
    title = row.title if len(row.title) <= 44 else f"{row.title[:43]}…"
    return f"{row.code} {title}"


def marks_of(row: Row) -> list[dict[str, str]]:
    named, marks = label(row), []
    if row.version_due_on:
        marks.append({"item": named, "day": str(row.version_due_on), "what": "approved version"})
    if row.done_on:
        marks.append({"item": named, "day": str(row.done_on), "what": "done"})
    if row.due_on:
        what = "overdue" if row.overdue else "dropped" if row.state == "dropped" else "due"
        marks.append({"item": named, "day": str(row.due_on), "what": what})
    return marks


def y(order: list[str]) -> dict[str, Any]:
    return {
        "field": "item",
        "type": "nominal",
        "sort": order,
        "axis": {"title": None, "grid": True, "gridColor": "#eef1f4"},
    }


def points(marks: list[dict[str, str]], order: list[str]) -> dict[str, Any]:
    present = [what for what in SHAPES if any(mark["what"] == what for mark in marks)]
    legend = {"title": None, "orient": "top", "symbolSize": 90}
    return {
        "data": {"values": marks},
        "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
        "encoding": {
            "x": {"field": "day", **DATED},
            "y": y(order),
            "shape": {"field": "what", "legend": legend,
                      "scale": {"domain": present, "range": [SHAPES[what] for what in present]}},
            "color": {"field": "what", "legend": legend,
                      "scale": {"domain": present, "range": [COLOURS[what] for what in present]}},
        },
    }  # fmt: skip


def spans(rows: Sequence[Row], order: list[str]) -> dict[str, Any]:
    """From what was planned to what came: the slip of each item."""
    values = []
    for row in rows:
        days = [day for day in (row.version_due_on, row.due_on, row.done_on) if day]
        if len(days) > 1:
            values.append({"item": label(row), "from": str(min(days)), "to": str(max(days))})
    return {
        "data": {"values": values},
        "mark": {"type": "rule", "color": "#8a97a5", "strokeWidth": 2},
        "encoding": {"x": {"field": "from", **DATED}, "x2": {"field": "to"}, "y": y(order)},
    }


def rule(day: date, colour: str, text: str, *, line: int = 0) -> dict[str, Any]:
    """A day as a line across the picture, its words above it, on a line of their own."""
    return {
        "data": {"values": [{"day": str(day), "text": f"{text} {day}"}]},
        "layer": [
            {
                "mark": {"type": "rule", "color": colour, "strokeDash": [4, 3]},
                "encoding": {"x": {"field": "day", **DATED}},
            },
            {
                "mark": {
                    "type": "text",
                    "color": colour,
                    "baseline": "bottom",
                    "dy": -2 - 13 * line,
                    "align": "right",
                    "dx": -3,
                },
                "encoding": {"x": {"field": "day", **DATED}, "y": {"value": 0}, "text": {"field": "text"}},
            },
        ],
    }


def bands(events: Iterable[Any]) -> list[dict[str, Any]]:
    values = [
        {"from": str(event.from_date), "to": str(event.until), "darker": event.blackout, "title": event.title}
        for event in events
    ]
    if not values:
        return []
    shade = {"condition": {"test": "datum.darker", "value": 0.35}, "value": 0.15}
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rect", "color": "#b07d12"},
            "encoding": {"x": {"field": "from", **DATED}, "x2": {"field": "to"}, "opacity": shade},
        }
    ]


def accessible(svg: str, words: str) -> str:
    """A name for screen readers in place of one a mark, and a size that follows the page."""
    clean = re.sub(r' (aria-[a-z]+|role)="[^"]*"', "", svg)
    start, rest = clean.split(">", 1)
    named = start.replace("<svg ", '<svg role="img" ', 1)
    return f"{named}><title>{escape(words)}</title>{rest}"
