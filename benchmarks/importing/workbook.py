"""A workbook, sheet by sheet and row by row: every cell becomes the text that a csv file would hold."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

from .cells import Inexact

NOT_A_BOOK = "it is no workbook (.xlsx) that can be read"


class Book:
    """Raises ValueError where it is none."""

    def __init__(self, content: Any) -> None:
        try:
            self.book = load_workbook(content, read_only=True, data_only=False)
        except Exception:  # a broken archive, a missing part, XML that is none: whatever it is, it is no workbook
            raise ValueError(NOT_A_BOOK)

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_: object) -> None:
        self.book.close()

    def sheets(self) -> list[str]:
        return list(self.book.sheetnames)

    def rows(self, sheet: str, told: Callable[[float], None]) -> Iterator[tuple[int, list[str]]]:
        there: Any = self.book[sheet]
        there.reset_dimensions()  # what other programs write there is often wrong
        for line, row in enumerate(there.iter_rows(), start=1):
            cells = [as_text(cell.value) if plain(cell) else as_shown(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            yield line, cells
            if line % 1000 == 0:
                told(0)
        told(1)


def plain(cell: Any) -> bool:
    """Whether its value is what its reader sees. Of “62.2%” the file holds 0.622."""
    return not isinstance(cell.value, int | float) or "%" not in cell.number_format


def as_shown(cell: Any) -> str:
    return f"{shortest(float(f'{cell.value * 100:.12g}'))}%"


def as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else Inexact(shortest(cell))
    return str(cell)


def shortest(cell: float) -> str:
    """As the spreadsheet shows it: the fifteen digits that it keeps, without an exponent."""
    digits = f"{cell:.15g}"
    return f"{cell:.15f}".rstrip("0") if "e" in digits else digits
