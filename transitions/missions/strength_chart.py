"""Authorised strength as steps, with what was reported as points: one picture a component. Drawn as SVG."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from transitions.status.svg import accessible, as_svg

from .strength import DAY, Ceiling, Report, StrengthOf

INK, BLUE, RED, GREY, GROUND = "#1c2733", "#0b5cad", "#a3261b", "#5a6775", "#e6ebef"
LEGEND = (
    "thick line: authorised; dashed: not restated when the mandate was extended; grey ground: no figure is known; "
    "circle: reported; hollow circle or ≈: the day is not certain"
)
Layer = dict[str, Any]


def drawn(strength: StrengthOf, *, as_of: date, words: str = "") -> str:
    """Nothing in it depends on colour: what is unknown is a ground without a line, what is uncertain says so."""
    days = [one.since for one in strength.ceilings] + [one.on for one in strength.reports]
    if not days:
        return ""
    first, last = min(days), max([as_of, *days]) + timedelta(days=45)
    pictures = [
        component_drawn(name, strength, first=first, last=last, as_of=as_of, bottom=name == strength.components[-1])
        for name in strength.components
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "padding": 4,
        "background": "white",
        "spacing": 14,
        "config": {"font": "sans-serif", "view": {"stroke": "#d5dce3"}, "axis": {"labelFontSize": 11}},
        "vconcat": pictures,
    }
    return accessible(as_svg(json.dumps(spec)), words, LEGEND)


def component_drawn(
    component: str, strength: StrengthOf, *, first: date, last: date, as_of: date, bottom: bool
) -> Layer:
    its = [one for one in strength.ceilings if one.component == component]
    reports = [one for one in strength.reports if one.component == component]
    days = {"type": "temporal", "scale": {"domain": [str(first), str(last)]}, "axis": axis(bottom)}
    numbers = [one.number for one in its] + [one.number for one in reports]
    highest = max((number for number in numbers if number), default=1)
    people = {
        "type": "quantitative",
        "scale": {"domain": [0, highest * 1.25]},
        "axis": {"title": None, "format": ",d", "tickCount": 3, "grid": True, "gridColor": "#eef1f4"},
    }
    heading = {"text": component, "anchor": "start", "frame": "group", "fontSize": 12, "color": INK, "offset": 4}
    layers = [
        *unknown(its, first, last, days),
        *steps(its, last, days, people),
        *points(reports, days, people),
        looked_at(as_of, days),
    ]
    return {"width": 940, "height": 110, "title": heading, "layer": layers}


def axis(bottom: bool) -> Layer:
    return {"title": None, "format": "%b %Y", "grid": True, "gridColor": "#eef1f4", "labels": bottom, "ticks": bottom,
            "tickCount": 10}  # fmt: skip


def unknown(ceilings: Sequence[Ceiling], first: date, last: date, days: Layer) -> list[Layer]:
    """Before the first figure and wherever none is given. Whose words they are stands in the table."""
    known = [(one.since, one.until + DAY if one.until else last) for one in ceilings if one.number is not None]
    edges = [first, *(day for span in known for day in span), last]
    stretches = [
        {"from": str(begins), "to": str(ends), "says": "no authorised figure"}
        for begins, ends in zip(edges[::2], edges[1::2], strict=True)
        if begins < ends
    ]
    if not stretches:
        return []
    across = {"x": {"field": "from", **days}, "x2": {"field": "to"}}
    said = {"type": "text", "align": "left", "dx": 5, "fontStyle": "italic", "color": GREY, "fontSize": 11}
    return [
        {"data": {"values": stretches}, "mark": {"type": "rect", "color": GROUND}, "encoding": across},
        {"data": {"values": stretches}, "mark": said,
         "encoding": {"x": across["x"], "y": {"value": 12}, "text": {"field": "says"}}},
    ]  # fmt: skip


def steps(ceilings: Sequence[Ceiling], last: date, days: Layer, people: Layer) -> list[Layer]:
    known = [one for one in ceilings if one.number is not None]
    if not known:
        return []
    levels = [
        {"from": str(one.since), "to": str(one.until + DAY if one.until else last), "people": one.number,
         "carried": bool(one.not_restated_by)}
        for one in known
    ]  # fmt: skip
    rises = [
        {"day": str(one.since), "low": before.number, "high": one.number}
        for before, one in pairwise(ceilings)
        if None not in (before.number, one.number) and before.number != one.number
    ]
    named = [
        {"day": str(one.since), "people": one.number, "says": f"{'≈ ' * one.approximate}{one.number:,}"}
        for before, one in pairwise([None, *ceilings])
        if one is not None and one.number is not None and (before is None or before.number != one.number)
    ]
    dash = {"condition": {"test": "datum.carried", "value": [4, 3]}, "value": [1, 0]}
    y = {"field": "people", **people}
    said = {"type": "text", "align": "left", "baseline": "bottom", "dx": 3, "dy": -3, "color": INK, "fontSize": 11}
    return [
        {"data": {"values": levels}, "mark": {"type": "rule", "color": INK, "strokeWidth": 2.5},
         "encoding": {"x": {"field": "from", **days}, "x2": {"field": "to"}, "y": y, "strokeDash": dash}},
        {"data": {"values": rises}, "mark": {"type": "rule", "color": INK, "strokeWidth": 1},
         "encoding": {"x": {"field": "day", **days}, "y": {"field": "low", **people}, "y2": {"field": "high"}}},
        {"data": {"values": named}, "mark": said,
         "encoding": {"x": {"field": "day", **days}, "y": y, "text": {"field": "says"}}},
    ]  # fmt: skip


def points(reports: Sequence[Report], days: Layer, people: Layer) -> list[Layer]:
    if not reports:
        return []
    values = [
        {"day": str(one.on), "people": one.number, "sure": not one.approximate,
         "says": f"{'≈ ' * one.approximate}{one.number:,}"}
        for one in reports
    ]  # fmt: skip
    x, y = {"field": "day", **days}, {"field": "people", **people}
    fill = {"condition": {"test": "datum.sure", "value": BLUE}, "value": "white"}
    said = {"type": "text", "align": "right", "baseline": "middle", "dx": -8, "color": BLUE, "fontSize": 11}
    labelled = values if len(values) <= 12 else values[-1:]
    return [
        {"data": {"values": values}, "mark": {"type": "line", "interpolate": "step-after", "color": BLUE,
                                              "strokeWidth": 1}, "encoding": {"x": x, "y": y}},
        {"data": {"values": values}, "mark": {"type": "point", "shape": "circle", "size": 60, "stroke": BLUE,
                                              "strokeWidth": 1.5, "opacity": 1},
         "encoding": {"x": x, "y": y, "fill": fill}},
        {"data": {"values": labelled}, "mark": said, "encoding": {"x": x, "y": y, "text": {"field": "says"}}},
    ]  # fmt: skip


def looked_at(day: date, days: Layer) -> Layer:
    x, line = {"field": "day", **days}, {"color": RED, "strokeDash": [4, 3]}
    said = {"type": "text", "align": "right", "dx": -4, "dy": 24, "baseline": "top", "color": RED, "fontSize": 11}
    return {
        "data": {"values": [{"day": str(day), "says": f"looked at {day}"}]},
        "layer": [
            {"mark": {"type": "rule", **line}, "encoding": {"x": x}},
            {"mark": said, "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "says"}}},
        ],
    }
