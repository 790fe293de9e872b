"""An indicator as a line: baseline, targets with their days, a break where its definition changed. Drawn as SVG.

Nothing in it depends on colour: qualities differ by shape, target and baseline by their dashes and their words. What
is a rung, a yes or a no stands on an axis of words; what has no number stands below, never at zero.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from transitions.status.svg import accessible, as_svg

from .indicator_marks import (
    GREY,
    INK,
    MARK,
    SHAPES,
    Layer,
    aims,
    baseline,
    breaks,
    joined,
    looked_at,
    looks,
    named,
    points,
    x_axis,
)
from .models import Definition
from .one_indicator import Figure, Story, Version

KEY = (
    "long dashes: target; dots: baseline; line from top to bottom: another definition; "
    "short dashes between values: another method or window, no trend"
)
LONGEST = 34  # letters beside a rung


def drawn(story: Story, *, words: str) -> str:
    """
    Args:
        words: what the picture shows, for who cannot see it.
    """
    if not any(version.drawn or version.without_number or version.targets for version in story.versions):
        return ""
    first, last = domain(story)
    days = {"type": "temporal", "scale": {"domain": [str(first), str(last)]}}
    there = qualities(story)
    groups = [list(group) for _, group in groupby(story.versions, key=scale_of)]
    pictures = [picture(group, story, days, there, first=first, last=last, alone=len(groups) == 1) for group in groups]
    left = [one for version in story.versions for one in version.without_number]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "padding": {"left": 44, "right": 8, "top": 4, "bottom": 4},  # letters of a browser may be wider
        "background": "white", "spacing": 8,
        "config": {"font": "sans-serif", "view": {"stroke": "#d5dce3"}, "axis": {"labelFontSize": 11, "labelLimit": 0}},
        "resolve": {"scale": {"shape": "shared", "fill": "shared"}, "legend": {"shape": "shared", "fill": "shared"}},
        "vconcat": [*pictures, *([below(left, days, there)] if left else [])],
    }  # fmt: skip
    return accessible(as_svg(json.dumps(spec)), words, legend(there))


def scale_of(version: Version) -> tuple[Any, ...]:
    """What is counted in the same way shares an axis; it is not joined for that."""
    its = version.definition
    return its.kind, its.unit, its.per, tuple(its.rungs), len(its.parts)


def domain(story: Story) -> tuple[date, date]:
    days = [story.as_of]
    for version in story.versions:
        its = version.definition
        days += [its.baseline_date or its.holds_from, *(one.date for one in version.targets if one.date)]
        days += [one.row.holds_from for one in version.figures]
    room = max(20, (max(days) - min(days)).days // 12)
    return min(days) - timedelta(room), max(days) + timedelta(room)


def qualities(story: Story) -> list[str]:
    found = {one.quality for version in story.versions for one in (*version.drawn, *version.without_number)}
    return [quality for quality in SHAPES if quality in found]


def legend(there: Sequence[str]) -> str:
    marks = [f"{named(quality)}: {SHAPES[quality][0].replace('-up', '')}" for quality in there]
    return "; ".join([*marks, KEY])


# --- one axis


def picture(
    versions: Sequence[Version],
    story: Story,
    days: Layer,
    there: Sequence[str],
    *,
    first: date,
    last: date,
    alone: bool,
) -> Layer:
    y, at = axis(versions)
    spans = [span(version, story, first=first, last=last) for version in versions]
    layers = [
        *(layer for version, its in zip(versions, spans, strict=True) for layer in aims(version, its, days, y, at)),
        *(layer for version, its in zip(versions, spans, strict=True) for layer in baseline(version, its, days, y, at)),
        *breaks([one for one in versions if one is not story.versions[0]], days),
        looked_at(story.as_of, days, at=height(versions)),
        *joined(versions, days, y, at),
        *points([one for version in versions for one in version.drawn], days, y, at, there),
    ]
    its = versions[0].definition
    name = heading(its, alone=alone)
    title = {"text": name, "anchor": "start", "frame": "group", "fontSize": 12, "color": INK, "offset": 18}
    return {"width": 760, "height": height(versions), "title": title, "layer": layers}


def heading(its: Definition, *, alone: bool) -> str:
    unit = "how many of its parts pass" if its.parts else its.unit or str(its.get_kind_display()).lower()
    return unit if alone else f"definition {its.number}: {unit}"


def height(versions: Sequence[Version]) -> int:
    rungs = steps(versions)
    return 230 if rungs is None else max(110, 42 * len(rungs))


def steps(versions: Sequence[Version]) -> dict[Decimal, str] | None:
    """The words of an axis that has no numbers: from the lowest to the highest."""
    its = versions[0].definition
    if its.kind == Definition.Kind.YES_NO:
        return {Decimal(0): "no", Decimal(1): "yes"}
    if its.kind != Definition.Kind.LADDER or not its.rungs:
        return None
    found = {Decimal(place): cut(f"{place} {rung}") for place, rung in enumerate(its.rungs, start=1)}
    return {Decimal(0): "0 none of them"} | found if Decimal(0) in numbers(versions) else found


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def numbers(versions: Sequence[Version]) -> set[Decimal]:
    found = {one.number for version in versions for one in version.drawn}
    found |= {version.definition.baseline_value for version in versions}
    found |= {one.value for version in versions for one in version.targets}
    return {one for one in found if one is not None}


def axis(versions: Sequence[Version]) -> tuple[Layer, Any]:
    """The axis, and how a number is placed on it: None where it has no place."""
    words = steps(versions)
    if words is not None:
        order = [words[number] for number in sorted(words, reverse=True)]
        look = {"title": None, "grid": True, "gridColor": "#eef1f4", "ticks": False, "labelPadding": 6}
        return {"type": "ordinal", "scale": {"domain": order}, "axis": look}, words.get
    found = numbers(versions) | {Decimal(0)}
    parts = len(versions[0].definition.parts)
    top = Decimal(parts) if parts else max(found)
    room = max((top - min(found)) / 8, Decimal("0.05") if top <= 1 else Decimal(0))
    bottom = min(found) - room if min(found) < 0 else min(found)
    scale = {"domain": [float(bottom), float(top + room)], "nice": False}
    look = {"title": None, "grid": True, "gridColor": "#eef1f4", "tickCount": min(5, parts) if parts else 5}
    return {"type": "quantitative", "scale": scale, "axis": look}, float


def span(version: Version, story: Story, *, first: date, last: date) -> tuple[date, date]:
    """From when to when the definition held."""
    later = [one.definition.holds_from for one in story.versions]
    place = story.versions.index(version)
    its = version.definition
    starts = min([its.holds_from, *([its.baseline_date] if its.baseline_date and not place else [])])
    return max(first, starts), later[place + 1] if place + 1 < len(later) else last


def below(figures: Sequence[Figure], days: Layer, there: Sequence[str]) -> Layer:
    """What has no number: a row of its own each, so that it is not taken for zero."""
    rows = [{"day": str(one.row.holds_from), "quality": named(one.quality)} for one in figures]
    order = list(dict.fromkeys(row["quality"] for row in rows))
    y = {"field": "quality", "type": "nominal", "scale": {"domain": order},
         "axis": {"title": None, "ticks": False, "labelPadding": 6, "grid": True, "gridColor": "#eef1f4"}}  # fmt: skip
    x = {"field": "day", **days, "axis": {**x_axis(), "labels": False, "ticks": False}}
    title = {"text": "without a number", "anchor": "start", "frame": "group", "fontSize": 11, "color": GREY}
    marks = {"data": {"values": rows}, "mark": MARK, "encoding": {"x": x, "y": y, **looks(there)}}
    return {"width": 760, "height": 24 * len(order), "title": title, "layer": [marks]}
