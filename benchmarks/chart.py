"""Indicators by class, one bar a report, drawn on the server. Each part carries a sign: it reads without colour."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from transitions.status.svg import accessible, as_svg

from .models import ReadinessClass

SIGNS = {
    "on_track": "✓", "positive": "↗", "stagnating": "→", "descending": "↘", "not_on_track": "✗",
    "no_update_expected": "–", "not_assessed": "?",
}  # fmt: skip
COLOURS = {
    "on_track": "#1f5f3f", "positive": "#7fb48e", "stagnating": "#f0dfa0", "descending": "#d98a3d",
    "not_on_track": "#8c1d18", "no_update_expected": "#c9d0d8", "not_assessed": "#ffffff",
}  # fmt: skip
DARK = ("on_track", "not_on_track")  # white letters on these
LABELS: dict[str, str] = {code: f"{SIGNS[code]} {label}" for code, label in ReadinessClass.choices}


def drawn(bars: Sequence[tuple[str, Mapping[str, int]]], *, words: str) -> str:
    """
    Args:
        bars: what each is called, and its count by class, in the order in which they are drawn.
        words: what the picture shows, for who cannot see it.
    """
    marks = [mark for name, counts in bars for mark in parts_of(name, counts)]
    if not marks:
        return ""
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": 640, "height": {"step": 30},
        "padding": {"left": 34, "right": 60, "top": 4, "bottom": 4},  # letters of a browser may be wider
        "background": "white", "data": {"values": marks},
        "config": {"font": "sans-serif", "view": {"stroke": None}, "axis": {"labelLimit": 0, "labelFontSize": 11}},
        "layer": [segments(bars), numbers(bars)],
    }  # fmt: skip
    return accessible(as_svg(json.dumps(spec)), words, "; ".join(LABELS.values()))


def parts_of(name: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Side by side from the best class to the unknown ones; what nobody has is left out of the picture."""
    found, start = [], 0
    for code in SIGNS:
        if number := counts.get(code, 0):
            found.append(
                {"report": name, "class": LABELS[code], "from": start, "to": start + number,
                 "middle": start + number / 2, "said": f"{SIGNS[code]} {number}", "dark": code in DARK}
            )  # fmt: skip
        start += number
    return found


def y(bars: Sequence[tuple[str, Mapping[str, int]]]) -> dict[str, Any]:
    axis = {"title": None, "ticks": False, "labelPadding": 6}
    return {"field": "report", "type": "nominal", "scale": {"domain": [name for name, _ in bars]}, "axis": axis}


def segments(bars: Sequence[tuple[str, Mapping[str, int]]]) -> dict[str, Any]:
    scale = {"domain": list(LABELS.values()), "range": [COLOURS[code] for code in LABELS]}
    legend = {
        "title": None,
        "orient": "top",
        "columns": 4,
        "labelLimit": 0,
        "columnPadding": 34,
        "symbolStrokeColor": "#1c2733",
    }
    return {
        "mark": {"type": "bar", "stroke": "#1c2733", "strokeWidth": 0.8},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "scale": {"nice": False},
                  "axis": {"title": "indicators", "tickMinStep": 1}},
            "x2": {"field": "to"}, "y": y(bars), "fill": {"field": "class", "scale": scale, "legend": legend},
        },
    }  # fmt: skip


def numbers(bars: Sequence[tuple[str, Mapping[str, int]]]) -> dict[str, Any]:
    colour = {"condition": {"test": "datum.dark", "value": "#ffffff"}, "value": "#1c2733"}
    return {
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"}, "y": y(bars), "text": {"field": "said"}, "color": colour,
        },
    }  # fmt: skip
