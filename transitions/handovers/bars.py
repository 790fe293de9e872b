"""Handovers as stacked bars, by state. Written by hand, because counts need no layout: it costs a millisecond.

What a bar is made of differs by pattern and carries its number, so that it is read without colour. Widths are shares,
so that words keep their size on a narrow screen.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from .at_a_day import Standing
from .matrix import ENDS, NO_HANDOVER

CLASSES = {
    "no handover": (NO_HANDOVER,),
    "being prepared": ("proposed", "preparing"),
    "offered": ("offered",),
    "accepted": ("accepted",),
    "handed over": ("transferred", "completed"),
    "stopped": ("refused", "suspended", "lapsed"),
    "ends without": ("ended", ENDS),
}
CLASS_OF = {state: name for name, states in CLASSES.items() for state in states}
NO_PILLAR = "No pillar"
MOST = 14  # bars: what is beyond them stands in the table
LINE, BAR = 44, 20
"""Height of a line with its words, and of its bar."""


@dataclass(frozen=True)
class Bar:
    name: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def cells(self) -> list[int]:
        return [self.counts.get(name, 0) for name in CLASSES]


def bars_of(rows: Sequence[Standing], by: Callable[[Standing], str]) -> list[Bar]:
    """The longest first."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(by(row), Counter())[CLASS_OF[row.state]] += 1
    bars = [Bar(name, dict(counted)) for name, counted in counts.items()]
    return sorted(bars, key=lambda bar: (-bar.total, bar.name))


PATTERNS = """<defs>
<pattern id="bar-prepared" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" fill="#eef3f8"/><rect width="2" height="6" fill="#8fa9c2"/></pattern>
<pattern id="bar-offered" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" fill="#dbe8f5"/><circle cx="3" cy="3" r="1.4" fill="#0b5cad"/></pattern>
<pattern id="bar-stopped" width="7" height="7" patternUnits="userSpaceOnUse">
<rect width="7" height="7" fill="#fbe6e3"/><path d="M0 0L7 7M7 0L0 7" stroke="#a3261b" stroke-width="1.3"/></pattern>
</defs>"""
FILLS = {
    "no handover": 'fill="#fff" stroke="#5a6775" stroke-dasharray="3 2"',
    "being prepared": 'fill="url(#bar-prepared)"',
    "offered": 'fill="url(#bar-offered)"',
    "accepted": 'fill="#8dbbe2"',
    "handed over": 'fill="#2f6b3a"',
    "stopped": 'fill="url(#bar-stopped)"',
    "ends without": 'fill="#ccd3da"',
}
SWATCH = '<svg width="22" height="14" aria-hidden="true"><rect x="1" y="1" width="20" height="12" {}/></svg>'


def drawn(bars: Sequence[Bar], words: str) -> SafeString:
    """One bar a line, each as wide as all of its own; `words` say what the picture shows to who cannot see it."""
    if not bars:
        return mark_safe("")
    shown = bars[:MOST]
    lines = "".join(line(bar, number * LINE) for number, bar in enumerate(shown))
    each = "; ".join(told(bar) for bar in shown)
    svg = (
        f'<svg role="img" width="100%" height="{len(shown) * LINE}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(words)}</title><desc>{escape(each)}</desc>{PATTERNS}{lines}</svg>"
    )
    return mark_safe(svg)  # noqa: S308 - whatever people wrote is escaped


def told(bar: Bar) -> str:
    parts = ", ".join(f"{count} {name}" for name, count in zip(CLASSES, bar.cells, strict=True) if count)
    return f"{bar.name}: {parts}"


def line(bar: Bar, top: int) -> str:
    said = f'<text class="bar-name" x="0" y="{top + 15}">{escape(bar.name)}, {bar.total}</text>'
    before, parts = 0.0, []
    for name, count in zip(CLASSES, bar.cells, strict=True):
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


def legend() -> list[tuple[str, SafeString]]:
    return [(name, mark_safe(SWATCH.format(fill))) for name, fill in FILLS.items()]  # noqa: S308 - our own
