"""Handovers as stacked bars, by state or by readiness. Written by hand: counts need no layout, it costs a millisecond.

What a bar is made of differs by pattern and carries its number, so that it is read without colour. Widths are shares,
so that words keep their size on a narrow screen.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from .at_a_day import Standing
from .matrix import ENDS, NO_HANDOVER, weakness

OF_STATE = {
    **dict.fromkeys([NO_HANDOVER], "no handover"),
    **dict.fromkeys(["proposed", "preparing"], "being prepared"),
    **dict.fromkeys(["offered"], "offered"),
    **dict.fromkeys(["accepted"], "accepted"),
    **dict.fromkeys(["transferred", "completed"], "handed over"),
    **dict.fromkeys(["refused", "suspended", "lapsed"], "stopped"),
    **dict.fromkeys(["ended", ENDS], "ends without"),
}
OF_WEAKNESS = {
    "none": "nobody", "not_ready": "not ready", "unknown": "unknown", "partly_ready": "partly ready", "ready": "ready",
}  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """What bars are made of, from the left."""

    title: str
    classes: list[str]
    of: Callable[[Standing], str]


HOW_FAR = Scheme("How far it is", list(dict.fromkeys(OF_STATE.values())), lambda row: OF_STATE[row.state])
HOW_READY = Scheme("How ready the recipients are", list(OF_WEAKNESS.values()), lambda row: OF_WEAKNESS[weakness(row)])
MOST = 14  # bars: what is beyond them stands in the table
LINE, BAR = 44, 20  # height of a line with its words, and of its bar


@dataclass(frozen=True)
class Bar:
    name: str
    cells: list[int]  # one for each class of the scheme

    @property
    def total(self) -> int:
        return sum(self.cells)


def pillar_of(row: Standing) -> str:
    """Sites belong to none."""
    return row.pillar or ("Sites" if row.site else "No pillar")


def bars_of(rows: Sequence[Standing], scheme: Scheme, by: Callable[[Standing], str]) -> list[Bar]:
    """The longest first."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(by(row), Counter())[scheme.of(row)] += 1
    bars = [Bar(name, [counted[one] for one in scheme.classes]) for name, counted in counts.items()]
    return sorted(bars, key=lambda bar: (-bar.total, bar.name))


PATTERNS = """<defs>
<pattern id="bar-prepared" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" fill="#eef3f8"/><rect width="2" height="6" fill="#8fa9c2"/></pattern>
<pattern id="bar-offered" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" fill="#dbe8f5"/><circle cx="3" cy="3" r="1.4" fill="#0b5cad"/></pattern>
<pattern id="bar-stopped" width="7" height="7" patternUnits="userSpaceOnUse">
<rect width="7" height="7" fill="#fbe6e3"/><path d="M0 0L7 7M7 0L0 7" stroke="#a3261b" stroke-width="1.3"/></pattern>
<pattern id="bar-unknown" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" fill="#fff"/><path d="M0 2.5H5" stroke="#5a6775" stroke-width="1"/></pattern>
<pattern id="bar-partly" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
<rect width="8" height="8" fill="#fdf3dc"/><rect width="4" height="8" fill="#dba93a"/></pattern>
</defs>"""
FILLS = {
    "no handover": 'fill="#fff" stroke="#5a6775" stroke-dasharray="3 2"',
    "being prepared": 'fill="url(#bar-prepared)"',
    "offered": 'fill="url(#bar-offered)"',
    "accepted": 'fill="#8dbbe2"',
    "handed over": 'fill="#2f6b3a"',
    "stopped": 'fill="url(#bar-stopped)"',
    "ends without": 'fill="#ccd3da"',
    "nobody": 'fill="#fff" stroke="#a3261b" stroke-dasharray="3 2"',
    "not ready": 'fill="url(#bar-stopped)"',
    "unknown": 'fill="url(#bar-unknown)"',
    "partly ready": 'fill="url(#bar-partly)"',
    "ready": 'fill="#2f6b3a"',
}
SWATCH = '<svg width="22" height="14" aria-hidden="true"><rect x="1" y="1" width="20" height="12" {}/></svg>'


def drawn(bars: Sequence[Bar], scheme: Scheme, words: str) -> SafeString:
    """One bar a line, each as wide as all of its own; `words` say what the picture shows to who cannot see it."""
    if not bars:
        return mark_safe("")
    shown = bars[:MOST]
    lines = "".join(line(bar, scheme, number * LINE) for number, bar in enumerate(shown))
    each = "; ".join(told(bar, scheme) for bar in shown)
    svg = (
        f'<svg role="img" width="100%" height="{len(shown) * LINE}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(words)}</title><desc>{escape(each)}</desc>{PATTERNS}{lines}</svg>"
    )
    return mark_safe(svg)  # noqa: S308 - whatever people wrote is escaped


def told(bar: Bar, scheme: Scheme) -> str:
    parts = ", ".join(f"{count} {name}" for name, count in zip(scheme.classes, bar.cells, strict=True) if count)
    return f"{bar.name}: {parts}"


def line(bar: Bar, scheme: Scheme, top: int) -> str:
    said = f'<text class="bar-name" x="0" y="{top + 15}">{escape(bar.name)}, {bar.total}</text>'
    before, parts = 0.0, []
    for name, count in zip(scheme.classes, bar.cells, strict=True):
        share = 100 * count / bar.total
        if count:
            parts.append(segment(name, count, before, share, top + LINE - BAR - 4))
        before += share
    return said + "".join(parts)


def segment(name: str, count: int, left: float, width: float, top: int) -> str:
    number = f'<text class="bar-count" x="{left + width / 2:.2f}%" y="{top + 14}">{count}</text>' if width > 5 else ""
    return (
        f'<g><title>{count} {name}</title><rect x="{left:.2f}%" y="{top}" width="{width:.2f}%" height="{BAR}" '
        f"{FILLS[name]}/>{number}</g>"
    )


def legend(scheme: Scheme) -> list[tuple[str, SafeString]]:
    return [(name, mark_safe(SWATCH.format(FILLS[name]))) for name in scheme.classes]  # noqa: S308 - our own
