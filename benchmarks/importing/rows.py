"""The rows of one table, each cell read by its column; whatever will not do is refused with its line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transitions.workflow.columns import as_typed

from .cells import UNKEPT, Inexact
from .columns import CODES_OF_DIRECTION, TABLES, Column
from .files import Table, Told, Unreadable
from .outcome import Outcome

FORMULA = "it begins with “=”, so a spreadsheet would calculate it: put an apostrophe before it if it is meant as text"


@dataclass
class Row:
    """`values` holds the cells that could be read, of the columns that the file has; `raw` the cells as they are."""

    line: int
    values: dict[str, Any]
    raw: dict[str, str]
    bad: bool = False

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)


class Reading:
    """One table while it is read."""

    def __init__(self, table: Table, outcome: Outcome) -> None:
        self.table, self.outcome = table, outcome
        self.columns: list[Column] = []
        self.present: set[str] = set()

    def refuse(self, row: Row, column: str, reason: str) -> None:
        row.bad = True
        self.outcome.refuse(self.table.file, row.line, column, row.raw.get(column, ""), reason)

    def rows(self, told: Told = lambda part: None) -> Iterator[Row]:
        """Rows that hold nothing are passed over; a bad one is given too, so that its key is known."""
        self.outcome.count(self.table.name, "unchanged", 0)
        lines = self.table.rows(told)
        try:
            if not self.read_header(lines):
                return
            for line, cells in lines:
                if any(cell and not cell.isspace() for cell in cells):
                    yield self.read(line, cells)
        except Unreadable as error:
            self.outcome.refuse(self.table.file, error.line, "", "", error.reason)

    # --- the header

    def read_header(self, lines: Iterator[tuple[int, list[str]]]) -> bool:
        line, names = next(lines, (1, []))
        names = [name.strip() for name in names]
        while names and not names[-1]:  # spreadsheets write columns that were used once
            names.pop()
        known = TABLES[self.table.name]
        wrong = [*self.wrong_names(names), *self.missing(names)]
        for column, value, reason in wrong:
            self.outcome.refuse(self.table.file, line, column, value, reason)
        if wrong:
            return False
        self.columns = [known[name] for name in names]
        self.present = {*names}
        return True

    def wrong_names(self, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        known = TABLES[self.table.name]
        for place, name in enumerate(names):
            if UNKEPT.search(name):
                yield "", name, "the name of the column is not UTF-8"
            elif not name:
                yield "", "", f"the column at place {place + 1} has no name"
            elif name not in known:
                hint = ", the cells must be separated by commas" if ";" in name or "\t" in name else ""
                yield name, "", f"there is no such column{hint}: known are {', '.join(known)}"
            elif name in names[:place]:
                yield name, "", "the column is there twice"

    def missing(self, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        for column in TABLES[self.table.name].values():
            if column.needed and column.name not in names:
                yield column.name, "", "the column is missing"

    # --- a row

    def read(self, line: int, cells: list[str]) -> Row:
        row = Row(line, {}, {})
        if len(cells) != len(self.columns) and not self.fits(row, cells):
            return row
        for column, cell in zip(self.columns, cells, strict=False):
            stripped = one_way(cell)
            row.raw[column.name] = stripped
            if UNKEPT.search(stripped):
                self.refuse(row, column.name, unkept(stripped))
            elif stripped:
                self.read_cell(row, column, Inexact(stripped) if isinstance(cell, Inexact) else stripped)
            elif column.needed:
                self.refuse(row, column.name, "it is empty")
            else:
                row.values[column.name] = column.empty()
        return row

    def fits(self, row: Row, cells: list[str]) -> bool:
        """Spreadsheets leave out empty cells at the end; more cells than columns are a comma too many."""
        while len(cells) > len(self.columns) and not cells[-1].strip():
            cells.pop()
        if len(cells) > len(self.columns):
            reason = f"the row has {len(cells)} cells, the file {len(self.columns)} columns: quote a cell with commas"
            self.refuse(row, "", reason)
            return False
        cells.extend([""] * (len(self.columns) - len(cells)))
        return True

    def read_cell(self, row: Row, column: Column, cell: str) -> None:
        if cell[0] == "=" and column.name != CODES_OF_DIRECTION:
            self.refuse(row, column.name, FORMULA)
            return
        try:
            row.values[column.name] = column.parse(as_typed(cell) if cell[0] == "'" else cell)
        except ValueError as error:
            self.refuse(row, column.name, str(error))


def one_way(text: str) -> str:
    """Forms, files and workbooks break lines and leave blanks each in their own way: none of it is a difference."""
    return text.replace("\r\n", "\n").strip() if "\r" in text else text.strip()


def unkept(cell: str) -> str:
    return "there is a NUL in it, which cannot be kept" if "\0" in cell else "it is not UTF-8: save the file as UTF-8"
