"""How a cell of an imported or exported table is read and written: in one way, or refused by name."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from import_export import widgets

from transitions.clock.present import YEARS

DIGITS = 20  # more than any number here has
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # a spreadsheet would calculate what begins so; the last marks a text


class Day(widgets.Widget):
    """A real date of a spreadsheet, or ISO 8601. 03/04/2020 is March to some and April to others."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if value in (None, ""):
            return None
        day = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else read(str(value))
        if day.year not in YEARS:
            raise ValueError(f"{day} lies too far away to be meant.")
        return day

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat() if value else ""


def read(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"“{text}” is no date that can be read in one way: write it like 2020-12-31.")


class YesNo(widgets.Widget):
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        word = str("" if value is None else value).strip().lower()
        if word not in self.words:
            raise ValueError(f"“{value}” is neither yes nor no.")
        return self.words[word]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "yes" if value else "no"


class Code(widgets.Widget):
    """The code of something that may stand in the file itself: looked up when all of it has been read."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        return str(value or "").strip() or None


class Coded(widgets.Widget):
    """Something of the transition, by its code: looked up in what was read once."""

    def __init__(self, named: str, attribute: str = "code") -> None:
        super().__init__()
        self.named, self.attribute = named, attribute
        self.known: Mapping[str, Any] = {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        code = str(value or "").strip()
        if not code:
            return None
        if code not in self.known:
            there = ", ".join(sorted(self.known)[:12]) or "none"
            raise ValueError(f"There is no {self.named} “{code}” here. There are: {there}.")
        return self.known[code]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(getattr(value, self.attribute)) if value else ""


class Words(widgets.Widget):
    """Several in one cell, with a semicolon between them; one with a semicolon in it stands in quotation marks."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        rows = csv.reader(io.StringIO(str("" if value is None else value), newline=""), delimiter=";")
        return [word.strip() for cells in rows for word in cells if word.strip()]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=";", lineterminator="").writerow(value or [])
        return line.getvalue()


class Codes(Words):
    """Several things of the transition, by their codes, in the order of the codes."""

    def __init__(self, named: str) -> None:
        super().__init__()
        self.one = Coded(named)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        return sorted({code for code in super().clean(value, row) if self.one.clean(code)})


class Number(widgets.Widget):
    """A number as a spreadsheet or a person writes it, without signs between thousands: 1,200 is 1.2 to some."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        text = str("" if value is None else value).strip()
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > DIGITS:
            raise ValueError(f"“{text}” is no number that can be read in one way: write it like 1200000.50.")
        return number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{value:f}"


class Whole(Number):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        number = super().clean(value, row)
        if number is not None and number != number.to_integral_value():
            raise ValueError(f"“{value}” is no whole number.")
        return None if number is None else int(number)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


def as_text(cell: Any) -> Any:
    """What is written is read as text by every spreadsheet, and by `as_typed` as what it was."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_typed(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
