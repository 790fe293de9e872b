"""What stands on an indicator's chart: targets with their days, the baseline, breaks, the line, each value."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .met import plain
from .models import Target
from .one_indicator import WORDS, Figure, Version
from .proposing import comparable

Layer = dict[str, Any]
INK, BLUE, RED, GREY = "#1c2733", "#0b5cad", "#a3261b", "#5a6775"
SHAPES = {
    "verified": ("circle", BLUE), "": ("circle", "white"), "estimated": ("diamond", "white"),
    "method_changed": ("triangle-up", "white"), WORDS: ("square", "white"), "not_collected": ("cross", "white"),
}  # fmt: skip
NAMES = {"": "no quality flag", "method_changed": "method changed", "not_collected": "not collected"}
SPELT_OUT = 14  # values of which each has its number beside it
MARK: Layer = {"type": "point", "size": 95, "stroke": BLUE, "strokeWidth": 2, "opacity": 1}


def named(quality: str) -> str:
    return NAMES.get(quality, quality)


def aims(version: Version, held: tuple[date, date], days: Layer, y: Layer, at: Any) -> list[Layer]:
    """Each target up to its day, and a mark on that day."""
    rows, since = [], held[0]
    sign = version.definition.get_direction_display()
    for one in targets_of(version):
        place = at(one.value) if one.value is not None else None
        if place is None or one.value is None:
            continue
        until = min(one.date, held[1]) if one.date else held[1]
        says = f"target {sign} {plain(one.value)}{f' by {one.date}' if one.date else ''}"
        due = str(one.date) if one.date and one.date <= held[1] else ""  # a later definition has its own
        rows.append({"from": str(since), "to": str(max(since, until)), "place": place, "due": due, "says": says})
        since = one.date or since
    if not rows:
        return []
    place = {"field": "place", **y}
    said = {"type": "text", "align": "right", "baseline": "bottom", "dy": -4, "color": GREY, "fontSize": 11}
    marked = [row for row in rows if row["due"]]
    x_due = {"field": "due", **days, "axis": x_axis()}
    return [
        {"data": {"values": rows}, "mark": {"type": "rule", "color": GREY, "strokeDash": [7, 4], "strokeWidth": 1.5},
         "encoding": {"x": {"field": "from", **days}, "x2": {"field": "to"}, "y": place}},
        {"data": {"values": rows}, "mark": said,
         "encoding": {"x": {"field": "to", **days}, "y": place, "text": {"field": "says"}}},
        {"data": {"values": marked}, "mark": {"type": "rule", "color": GREY, "strokeDash": [1, 3]},
         "encoding": {"x": x_due}},
        {"data": {"values": marked}, "mark": {"type": "point", "shape": "diamond", "size": 90, "filled": True,
                                           "color": GREY, "opacity": 1},
         "encoding": {"x": x_due, "y": place}},
    ]  # fmt: skip


def targets_of(version: Version) -> Sequence[Target]:
    """Of a composite in parts: that all of them pass."""
    if version.definition.parts:
        dated = [one for one in version.targets if one.date]
        return [Target(value=Decimal(len(version.definition.parts)), date=dated[-1].date if dated else None)]
    return version.targets


def baseline(version: Version, held: tuple[date, date], days: Layer, y: Layer, at: Any) -> list[Layer]:
    its = version.definition
    place = at(its.baseline_value) if its.baseline_value is not None and not its.parts else None
    if place is None or its.baseline_value is None:
        return []
    row = {"from": str(held[0]), "to": str(held[1]), "place": place, "says": f"baseline {plain(its.baseline_value)}"}
    said = {"type": "text", "align": "left", "baseline": "top", "dy": 4, "color": GREY, "fontSize": 11}
    where = {"field": "place", **y}
    return [
        {"data": {"values": [row]}, "mark": {"type": "rule", "color": GREY, "strokeDash": [1, 3], "strokeWidth": 1.5},
         "encoding": {"x": {"field": "from", **days}, "x2": {"field": "to"}, "y": where}},
        {"data": {"values": [row]}, "mark": said,
         "encoding": {"x": {"field": "from", **days}, "y": where, "text": {"field": "says"}}},
    ]  # fmt: skip


def breaks(versions: Sequence[Version], days: Layer) -> list[Layer]:
    rows = [
        {"day": str(one.definition.holds_from),
         "says": f"definition {one.definition.number} from {one.definition.holds_from}: not comparable with before"}
        for one in versions
    ]  # fmt: skip
    if not rows:
        return []
    said = {"type": "text", "align": "left", "baseline": "bottom", "dx": -4, "dy": -3, "color": RED, "fontSize": 11}
    return [
        {"data": {"values": rows}, "mark": {"type": "rule", "color": RED, "strokeWidth": 2},
         "encoding": {"x": {"field": "day", **days}}},
        {"data": {"values": rows}, "mark": said,
         "encoding": {"x": {"field": "day", **days}, "y": {"value": 0}, "text": {"field": "says"}}},
    ]  # fmt: skip


def joined(versions: Sequence[Version], days: Layer, y: Layer, at: Any) -> list[Layer]:
    """Only values of one definition; with dashes where the method changed or they count other windows: no trend."""
    rows = [
        {"from": str(before.row.holds_from), "to": str(one.row.holds_from), "low": at(before.number),
         "high": at(one.number), "other": not alike(version, before, one)}
        for version in versions
        for before, one in pairwise(version.drawn)
        if at(before.number) is not None and at(one.number) is not None
    ]  # fmt: skip
    if not rows:
        return []
    dash = {"condition": {"test": "datum.other", "value": [3, 3]}, "value": [1, 0]}
    return [
        {"data": {"values": rows}, "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
         "encoding": {"x": {"field": "from", **days}, "x2": {"field": "to"}, "y": {"field": "low", **y},
                      "y2": {"field": "high"}, "strokeDash": dash}},
    ]  # fmt: skip


def alike(version: Version, before: Figure, one: Figure) -> bool:
    return one.quality != "method_changed" and comparable(version.definition, before.row, one.row)


def points(figures: Sequence[Figure], days: Layer, y: Layer, at: Any, there: Sequence[str]) -> list[Layer]:
    rows = [
        {"day": str(one.row.holds_from), "place": at(one.number), "quality": named(one.quality),
         "says": plain(one.number) if one.number is not None else ""}
        for one in figures
        if at(one.number) is not None
    ]  # fmt: skip
    if not rows:
        return []
    x, where = {"field": "day", **days, "axis": x_axis()}, {"field": "place", **y}
    said = {"type": "text", "align": "center", "baseline": "bottom", "dy": -8, "color": INK, "fontSize": 11,
            "fontWeight": "bold"}  # fmt: skip
    spelt = y["type"] == "quantitative" and len(rows) <= SPELT_OUT
    return [
        {"data": {"values": rows}, "mark": MARK, "encoding": {"x": x, "y": where, **looks(there)}},
        *([{"data": {"values": rows}, "mark": said, "encoding": {"x": x, "y": where, "text": {"field": "says"}}}]
          if spelt else []),
    ]  # fmt: skip


def looks(there: Sequence[str]) -> Layer:
    names, key = (
        [named(quality) for quality in there],
        {"title": None, "orient": "bottom", "symbolSize": 90, "columnPadding": 34},
    )
    return {
        "shape": {"field": "quality", "scale": {"domain": names, "range": [SHAPES[one][0] for one in there]},
                  "legend": key},
        "fill": {"field": "quality", "scale": {"domain": names, "range": [SHAPES[one][1] for one in there]},
                 "legend": key},
    }  # fmt: skip


def x_axis() -> Layer:
    return {"title": None, "format": "%b %Y", "grid": True, "gridColor": "#eef1f4", "tickCount": 8}


def looked_at(on: date, days: Layer, *, at: int) -> Layer:
    said = {"type": "text", "align": "right", "dx": -4, "baseline": "bottom", "dy": -3, "color": INK, "fontSize": 11}
    x = {"field": "day", **days}
    return {
        "data": {"values": [{"day": str(on), "says": f"looked at {on}"}]},
        "layer": [
            {"mark": {"type": "rule", "color": INK, "strokeDash": [4, 3]}, "encoding": {"x": x}},
            {"mark": said, "encoding": {"x": x, "y": {"value": at}, "text": {"field": "says"}}},
        ],
    }  # fmt: skip
