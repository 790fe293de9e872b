"""The matrix as a spreadsheet, all of its rows: for who sorts, prints or sends it on."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from transitions.workflow.columns import as_text

from .afterwards import After, Happening
from .at_a_day import Standing
from .filters import called
from .matrix import gaps, is_red
from .models import Dimension, Level

UNKNOWN = "unknown"
BOLD, ON_RED = Font(bold=True), Font(bold=True, color="FFFFFFFF")
RED, HEAD = PatternFill("solid", fgColor="FFA3261B"), PatternFill("solid", fgColor="FFE3E8ED")


class Column(NamedTuple):
    """A heading, its width, what stands in a row under it, and when that is shown red."""

    heading: str
    width: int
    value: Callable[[Any], Any]
    red: Callable[[Any, date], bool] = lambda row, as_of: False


def dimension(name: str) -> Column:
    def level(row: Standing) -> str:
        return words(row.readiness_by_dimension.get(name))

    return Column(name, 12, level, lambda row, as_of: row.readiness_by_dimension.get(name) == Level.NOT_READY)


def words(code: str | None) -> str:
    return (code or UNKNOWN).replace("_", " ")


OF_HANDOVER = [
    Column("code", 14, lambda row: row.code if row.id else ""),
    Column("task", 12, lambda row: row.task or ""),
    Column("site", 12, lambda row: row.site or ""),
    Column("title", 44, lambda row: row.title),
    Column("part", 20, lambda row: row.part),
    Column("track", 10, lambda row: row.track),
    Column("pillar", 16, lambda row: row.pillar or ""),
    Column("area", 18, lambda row: row.area or ""),
    Column("recipient", 30, called),
    Column("kind of recipient", 22, lambda row: words(row.recipient_kind) if row.recipient_kind else ""),
    Column("agreed use", 24, lambda row: row.agreed_use),
    Column("state", 18, lambda row: row.state_words, lambda row, as_of: is_red("state", row, as_of)),
]
MATRIX = [
    *OF_HANDOVER,
    Column("readiness", 14, lambda row: words(row.readiness), lambda row, as_of: is_red("readiness", row, as_of)),
    Column("why", 32, gaps),
    *(dimension(name) for name in Dimension.values),
    Column("money until", 14, lambda row: row.money_until or UNKNOWN,
           lambda row, as_of: is_red("money_until", row, as_of)),
    Column("planned for", 14, lambda row: row.planned_on or UNKNOWN),
    Column("next follow-up", 14, lambda row: row.next_follow_up or "",
           lambda row, as_of: is_red("next_follow_up", row, as_of)),
    Column("follow-ups overdue", 18, lambda row: row.follow_ups.overdue),
    Column("follow-ups failed", 18, lambda row: row.follow_ups.failed, lambda row, as_of: row.failed),
    Column("residual owner", 26, lambda row: row.residual_owner or ""),
    Column("marking", 16, lambda row: words(row.marking)),
    Column("illustrative", 12, lambda row: "yes" if row.illustrative else ""),
]  # fmt: skip


class Line(NamedTuple):
    """One thing that happened after one transfer, or none."""

    after: After
    happening: Happening | None


def of_row(column: Column) -> Column:
    return column._replace(
        value=lambda line: column.value(line.after.row), red=lambda line, as_of: column.red(line.after.row, as_of)
    )


AFTER = [
    *(of_row(column) for column in OF_HANDOVER),
    Column("transferred on", 14, lambda line: line.after.transferred_on),
    Column("about", 8, lambda line: "yes" if line.after.approximate else ""),
    Column("what happened", 22, lambda line: line.happening.what if line.happening else "nothing on record",
           lambda line, as_of: line.happening is not None and line.happening.bad),
    Column("on", 14, lambda line: line.happening.day if line.happening else ""),
    Column("days after", 10, lambda line: line.happening.days_after if line.happening else ""),
    Column("days are approximate", 20, lambda line: "yes" if line.happening and line.happening.approximate else ""),
    Column("in words", 70, lambda line: line.happening.words if line.happening else ""),
    Column("source", 50, lambda line: line.happening.source if line.happening else ""),
    Column("marking", 16, lambda line: words(line.after.row.marking)),
]  # fmt: skip


def lines_of(afters: Iterable[After]) -> list[Line]:
    lines = []
    for after in afters:
        lines += [Line(after, one) for one in after.happenings] or [Line(after, None)]
    return lines


def written(rows: Sequence[Any], columns: list[Column], *, title: str, told: str, as_of: date) -> bytes:
    """One sheet. Its first line tells what is in it, its second are the headings, which stay in sight.

    Args:
        title: the name of the sheet.
        told: of what, on which days, and filtered by what.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A3"
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.append([cell(sheet, told, font=BOLD)])
    sheet.append([cell(sheet, column.heading, font=BOLD, fill=HEAD) for column in columns])
    for row in rows:
        sheet.append([shown(sheet, column, row, as_of) for column in columns])
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(columns))}{2 + len(rows)}"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def shown(sheet: Any, column: Column, row: Any, as_of: date) -> Any:
    """Only what is red or a date has looks of its own: thousands of plain cells are written as plain values."""
    value = safe(column.value(row))
    if column.red(row, as_of):
        return cell(sheet, value, font=ON_RED, fill=RED)
    return cell(sheet, value) if isinstance(value, date) else value


def cell(sheet: Any, value: Any, *, font: Any = None, fill: Any = None) -> Any:
    made = WriteOnlyCell(sheet, value)
    if isinstance(value, date):
        made.number_format = "yyyy-mm-dd"
    if font:
        made.font = font
    if fill:
        made.fill = fill
    return made


def safe(value: Any) -> Any:
    """As text where a spreadsheet would calculate it; without the characters that no spreadsheet may hold."""
    return as_text(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value
