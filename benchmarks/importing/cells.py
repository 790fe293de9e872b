"""How one cell is read: in one way, or refused with a sentence that says how to write it."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from transitions.clock.present import YEARS
from transitions.workflow.columns import read

from ..models.indicators import DIGITS, PLACES

UNKEPT = re.compile("[\0\udc80-\udcff]")  # NUL, and bytes that are not UTF-8 (as `surrogateescape` marks them)
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([,.' \u00a0\u2009\u202f’][0-9]{3})+([.,][0-9]+)?")
LADDER = re.compile(r"\(([0-9]+ [^();]+(?:; *[0-9]+ [^();]+)+)\)")
RANGE = re.compile(r"\b([0-9]{1,3}) ?[-–] ?([0-9]{1,3})\b")

type Parse = Callable[[str], Any]


class Inexact(str):
    """A number of a spreadsheet with decimals: as a code it is not certain, 1.10 and 1.1 are the same to it."""


def text(longest: int = 20_000) -> Parse:
    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise ValueError(f"it has {len(cell)} characters, and there is room for {longest}")
        return cell

    return parse


def code(cell: str) -> str:
    if isinstance(cell, Inexact):
        raise ValueError("this is a number here, so 1.1 and 1.10 look the same: give the column the format “text”")
    return str(text(40)(cell))


@lru_cache(4096)
def day(cell: str) -> date:
    found = read(cell)
    if found.year not in YEARS:
        raise ValueError(f"{found} lies too far away to be meant")
    return found


@lru_cache(4096)
def number(cell: str) -> Decimal:
    if not NUMBER.fullmatch(cell):
        raise ValueError(no_number(cell))
    whole, _, decimals = cell.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > DIGITS - PLACES or len(decimals.rstrip("0")) > PLACES:
        raise ValueError(f"there is room for {DIGITS - PLACES} digits and {PLACES} decimals")
    return Decimal(cell)


def no_number(cell: str) -> str:
    if THOUSANDS.fullmatch(cell):
        return "write it without separators of thousands, such as 1234567"
    if cell.endswith("%"):
        return "write per cents without the sign, such as 62.2"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", cell):
        return "write decimals with a point, such as 62.2"
    return "this is no number: write digits, with a point before decimals, or leave it empty and use the text"


def whole(cell: str) -> int:
    found = number(cell)
    if found != found.to_integral_value() or not 0 <= found < 2**31:
        raise ValueError("this is no whole number from 0 on")
    return int(found)


def small(most: int = 32_767) -> Parse:
    def parse(cell: str) -> int:
        if (found := whole(cell)) > most:
            raise ValueError(f"this is more than {most}")
        return found

    return parse


def one_of(choices: Iterable[str], named: str) -> Parse:
    known = [str(choice) for choice in choices]

    def parse(cell: str) -> str:
        if cell not in known:
            near = get_close_matches(cell.lower().replace(" ", "_"), known, 1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"this is no {named}{meant}: give one of {', '.join(known)}")
        return cell

    return parse


def yes_no(cell: str) -> bool:
    return one_of(("yes", "no"), "answer")(cell) == "yes"  # type: ignore[no-any-return]


def plain(value: Decimal) -> Any:
    """As JSON keeps it."""
    return int(value) if value == value.to_integral_value() else float(value)


def rungs_in(statement: str) -> list[str]:
    """Of “… (1 drafted; 2 voted; 3 promulgated)”: the names, where they are numbered from 1 without a gap."""
    for match in LADDER.finditer(statement):
        rungs = [rung.strip().partition(" ") for rung in match[1].split(";")]
        if [number for number, _, _ in rungs] == [str(place) for place in range(1, len(rungs) + 1)]:
            return [name.strip() for _, _, name in rungs]
    return []


def range_in(unit: str) -> tuple[int, int] | None:
    """Of “step 1-3”."""
    match = RANGE.search(unit)
    return (int(match[1]), int(match[2])) if match and int(match[1]) < int(match[2]) else None
