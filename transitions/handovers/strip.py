"""What went wrong after the transfers, by the days since: one line a handover, so that the first weeks are seen.

The days are drawn as their logarithm: most of it happens in the first weeks, and some of it years later.
"""

from collections.abc import Sequence
from html import escape
from math import log

from django.utils.safestring import SafeString, mark_safe

from .afterwards import KINDS, After, Happening

MOST = 16
TICKS = (0, 1, 3, 7, 14, 30, 90, 180, 365, 730, 1461, 2922)
LINE, HEAD = 42, 22
NEAR, WIDE = 1.2, 15  # per cent within which two marks stand beside one another, by so many pixels
MARKS = {
    "incident": '<path d="M0 -8L8 6H-8Z" fill="#a3261b"/>',
    "failed": '<path d="M-6 -6L6 6M6 -6L-6 6" stroke="#a3261b" stroke-width="3.4" fill="none"/>',
    "lapsed": '<rect x="-6" y="-6" width="12" height="12" fill="#1c2733"/>',
    "answered": '<circle r="6" fill="#fff" stroke="#2f6b3a" stroke-width="2.4"/>',
    "late": '<circle r="4" fill="#fff" stroke="#5a6775" stroke-width="1.4" stroke-dasharray="2 1.6"/>',
    "recipient": '<path d="M0 -7L7 0L0 7L-7 0Z" fill="#fff" stroke="#0b5cad" stroke-width="2.2"/>',
    "handed_on": '<path d="M-7 0H5M1 -5L6 0L1 5" stroke="#0b5cad" stroke-width="2.4" fill="none"/>',
}  # fmt: skip
SWATCH = '<svg width="20" height="18" aria-hidden="true"><svg x="10" y="9" overflow="visible">{}</svg></svg>'


def drawn(afters: Sequence[After], words: str) -> SafeString:
    """Those to which something happened, as they come: at most `MOST`."""
    shown = [after for after in afters if after.happenings][:MOST]
    if not shown:
        return mark_safe("")
    last = max(one.days_after for after in shown for one in after.happenings)
    ticks = [day for day in TICKS if day <= last] + [next((day for day in TICKS if day > last), last)]
    scale = log(1 + ticks[-1])
    height = HEAD + len(shown) * LINE
    body = "".join(tick(day, place(day, scale), height) for day in ticks)
    body += "".join(line(after, HEAD + number * LINE, scale) for number, after in enumerate(shown))
    told = "; ".join(f"{after.row.code}: {', '.join(said(one) for one in after.happenings)}" for after in shown)
    svg = (
        f'<svg role="img" width="100%" height="{height}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(words)}</title><desc>{escape(told)}</desc>{body}</svg>"
    )
    return mark_safe(svg)  # noqa: S308 - whatever people wrote is escaped


def place(day: int, scale: float) -> float:
    """In per cent of the width, with room for a mark at both ends."""
    return 2 + 88 * log(1 + day) / scale


def said(one: Happening) -> str:
    return f"{one.what} {'about ' if one.approximate else ''}{one.days_after} days after"


def tick(day: int, left: float, height: int) -> str:
    return (
        f'<line x1="{left:.2f}%" x2="{left:.2f}%" y1="{HEAD - 4}" y2="{height}" stroke="#dfe5ea"/>'
        f'<text class="strip-day" x="{left:.2f}%" y="12">{day}</text>'
    )


def line(after: After, top: int, scale: float) -> str:
    row = after.row
    name = f"{row.code} {row.title}{f', {row.part}' if row.part else ''}"
    marks, before, beside = "", -9.0, 0
    for one in sorted(after.happenings, key=lambda one: (one.days_after, not one.bad)):
        left = place(one.days_after, scale)
        beside = beside + 1 if left - before < NEAR else 0
        before = left
        marks += mark(one, left, top + 30, beside * WIDE)
    return f'<text class="bar-name" x="0" y="{top + 14}">{escape(name)}</text>{marks}'


def mark(one: Happening, left: float, top: int, aside: int) -> str:
    """Set aside by some pixels where another stands on the same day: none covers the other."""
    shape = f'<g transform="translate({aside} 0)"><title>{said(one)}: {escape(one.words)}</title>{MARKS[one.kind]}</g>'
    return f'<svg x="{left:.2f}%" y="{top}" overflow="visible">{shape}</svg>'


def legend() -> list[tuple[str, SafeString]]:
    return [(words, mark_safe(SWATCH.format(MARKS[kind]))) for kind, words in KINDS.items()]  # noqa: S308 - our own
