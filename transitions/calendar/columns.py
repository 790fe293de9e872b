"""How a cell of an imported or exported table is read and written: in one way, or refused by name."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from import_export import widgets

from transitions.clock.present import YEARS

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


def as_text(cell: Any) -> Any:
    """What is written is read as text by every spreadsheet, and by `as_typed` as what it was."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_typed(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
