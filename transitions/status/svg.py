"""A picture as SVG, drawn on the server: the same one once in a process, and readable without seeing it."""

import re
from functools import lru_cache
from html import escape

import vl_convert

TAG = re.compile(r'<(?:[^">]|"[^"]*")*>')  # never the text between them, which may look like an attribute
NEEDLESS = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"| opacity="1"| font-weight="normal"|(?<=\.\d\d)\d+')


@lru_cache(maxsize=64)
def as_svg(spec: str) -> str:
    """Measuring text makes a long picture take half a second: the same one is drawn once in a process."""
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


def accessible(svg: str, words: str, legend: str) -> str:
    """A name and a description for screen readers in place of one a mark, and no finer than a screen shows."""
    start, rest = TAG.sub(lambda tag: NEEDLESS.sub("", tag[0]), svg).split(">", 1)
    named = start.replace("<svg ", '<svg role="img" ', 1)
    return f"{named}><title>{escape(words)}</title><desc>{escape(legend)}</desc>{rest}"
