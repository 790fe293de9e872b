"""Several values in one cell, by semicolons. A name that holds one itself stands in quotation marks, as in csv."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .cells import Parse, number, plain, text

QUOTED = '"(?:[^"]|"")*"'
ONE = re.compile(rf"\s*({QUOTED}[^;]*|[^;]*)(?:;|$)")
PART = re.compile(rf"({QUOTED}|.+?)\s*(>=|<=|=)\s*(\S+)", re.DOTALL)
SPECIAL = re.compile('[;<>=]|^"|^\\s|\\s$|^$')


def split(cell: str) -> list[str]:
    return [one for match in ONE.finditer(cell) if (one := match[1].strip())]


def bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if re.fullmatch(QUOTED, name, re.DOTALL) else name


def quoted(name: str) -> str:
    """So that it is read again as what it is."""
    return '"{}"'.format(name.replace('"', '""')) if SPECIAL.search(name) else name


# --- read


def listed(longest: int) -> Parse:
    def parse(cell: str) -> list[str]:
        return [text(longest)(bare(word)) for word in split(cell)]

    return parse


def pairs(cell: str) -> dict[str, float | None]:
    """`men=3; women=4`: what a value is made of. `men=`: of which nobody knows how much it is."""
    found: dict[str, float | None] = {}
    for pair in split(cell):
        name, sign, value = (piece.strip() for piece in pair.rpartition("="))
        name = bare(name)
        if not sign or not name or name in found:
            raise ValueError("write parts by different names like “men=3; women=4”")
        found[name] = plain(number(value)) if value else None
    return found


def parts(cell: str) -> list[dict[str, Any]]:
    """`seats >= 9; women >= 3`: what must all pass."""
    found: list[dict[str, Any]] = []
    for part in split(cell):
        match = PART.fullmatch(part)
        name = bare(match[1]) if match else ""
        if not match or not name or any(one["name"] == name for one in found):
            raise ValueError("write parts by different names like “seats >= 9; women >= 3”")
        found.append({"name": name, "direction": match[2], "target": plain(number(match[3]))})
    return found


# --- written


def in_list(words: list[str]) -> str:
    return "; ".join(quoted(word) for word in words)


def in_pairs(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{quoted(name)}={'' if value is None else exact(value)}" for name, value in values.items())


def in_parts(rows: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"{quoted(part['name'])} {part.get('direction', '>=')} {exact(part['target'])}" for part in rows
    )  # fmt: skip


def exact(value: Any) -> str:
    """A number as it is, never like 1e-06."""
    return f"{Decimal(str(value)):f}"
