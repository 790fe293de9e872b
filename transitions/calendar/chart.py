"""The calendar as a picture: planned against actual against the approved version. Drawn on the server, as SVG."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from transitions.status.svg import accessible, as_svg

from .at_a_day import Row

DATED = {"type": "temporal", "axis": {"title": None, "format": "%b %Y", "grid": True}}
SHAPES = {
    "approved version": "square",
    "done": "circle",
    "due": "diamond",
    "overdue": "triangle-up",
    "dropped": "cross",
}
COLOURS = {
    "approved version": "#5a6775",
    "done": "#2f6b3a",
    "due": "#0b5cad",
    "overdue": "#a3261b",
    "dropped": "#8a97a5",
}
FILLS = COLOURS | {"approved version": "white"}  # hollow: what came stands on what was planned, and both are seen
NO_PILLAR = "No pillar"
LONGEST = 54  # letters beside a line: about 300 pixels


def drawn(
    rows: Sequence[Row], *, as_of: date, end_date: date | None = None, events: Iterable[Any] = (), words: str = ""
) -> str:
    """One line a milestone, by pillar and in order of date. What is overdue differs by shape, not by colour alone.

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
    order = lines(dated)
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
        "config": {"font": "sans-serif", "view": {"stroke": None}, "axis": {"labelLimit": 0, "labelFontSize": 11}},
        "layer": layers,
    }
    return accessible(as_svg(json.dumps(spec)), words, legend_of(marks))


def lines(rows: Sequence[Row]) -> list[str]:
    """From the top: the name of each pillar, and under it its items. Names are left out where there is but one."""
    pillars = sorted({row.pillar_name or NO_PILLAR for row in rows}, key=lambda name: (name == NO_PILLAR, name))
    found = []
    for pillar in pillars:
        found += [heading(pillar)] if len(pillars) > 1 else []
        found += [label(row) for row in rows if (row.pillar_name or NO_PILLAR) == pillar]
    return found


def heading(pillar: str) -> str:
    return f"– {pillar}"


def label(row: Row) -> str:
    """Cut here, because cutting to a width means measuring text again and again."""
    text = f"{row.code} {'(approximate) ' if row.approximate else ''}{row.title}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def marks_of(row: Row) -> list[dict[str, str]]:
    """From the lowest to what lies over it: on one day, what happened is seen before what was meant to."""
    named, marks = label(row), []
    if row.version_due_on:
        marks.append({"item": named, "day": str(row.version_due_on), "what": "approved version"})
    if row.due_on:
        what = "overdue" if row.overdue else "dropped" if row.state == "dropped" else "due"
        marks.append({"item": named, "day": str(row.due_on), "what": what})
    if row.done_on:
        marks.append({"item": named, "day": str(row.done_on), "what": "done"})
    return marks


HEADINGS_BOLD = {"condition": {"test": "slice(datum.value, 0, 1) == '–'", "value": "bold"}, "value": "normal"}


def y(order: list[str]) -> dict[str, Any]:
    return {
        "field": "item",
        "type": "nominal",
        "scale": {"domain": order},
        "axis": {
            "title": None,
            "ticks": False,
            "labelPadding": 6,
            "grid": True,
            "gridColor": "#eef1f4",
            "labelFontWeight": HEADINGS_BOLD,
        },
    }


def points(marks: list[dict[str, str]], order: list[str]) -> dict[str, Any]:
    there = present(marks)
    legend = {"title": None, "orient": "top", "symbolSize": 90}

    def looks(of: dict[str, str]) -> dict[str, Any]:
        return {"field": "what", "legend": legend, "scale": {"domain": there, "range": [of[what] for what in there]}}

    return {
        "data": {"values": marks},
        "mark": {"type": "point", "size": 75, "opacity": 1, "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "day", **DATED},
            "y": y(order),
            "shape": looks(SHAPES),
            "fill": looks(FILLS),
            "stroke": looks(COLOURS),
        },
    }


def present(marks: list[dict[str, str]]) -> list[str]:
    there = {mark["what"] for mark in marks}
    return [what for what in SHAPES if what in there]


def legend_of(marks: list[dict[str, str]]) -> str:
    return "; ".join(f"{what}: {SHAPES[what].replace('-up', '')}" for what in present(marks))


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


def rule(
    day: date, colour: str, text: str, *, line: int = 0, align: str = "right", dated: Any = DATED
) -> dict[str, Any]:
    """A day as a line across the picture, its words above it, on a line of their own."""
    return {
        "data": {"values": [{"day": str(day), "text": f"{text} {day}"}]},
        "layer": [
            {
                "mark": {"type": "rule", "color": colour, "strokeDash": [4, 3]},
                "encoding": {"x": {"field": "day", **dated}},
            },
            {
                "mark": {
                    "type": "text",
                    "color": colour,
                    "baseline": "bottom",
                    "dy": -2 - 13 * line,
                    "align": align,
                    "dx": -3 if align == "right" else 3,
                },
                "encoding": {"x": {"field": "day", **dated}, "y": {"value": 0}, "text": {"field": "text"}},
            },
        ],
    }


def bands(events: Iterable[Any], *, dated: Any = DATED) -> list[dict[str, Any]]:
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
            "encoding": {"x": {"field": "from", **dated}, "x2": {"field": "to"}, "opacity": shade},
        }
    ]
