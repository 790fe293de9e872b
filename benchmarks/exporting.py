"""Benchmarks out in the form in which they come in: brought into an empty transition they are the same again.

What a person does not see is not in it. A state is not exported, as none is ever imported: a judgement that a report
makes comes in as verified by it, another one as submitted; a draft stays where it is.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.db.models import Prefetch
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from transitions.workflow.columns import as_text

from .importing.columns import CLASSES, TABLES
from .importing.several import in_list, in_pairs, in_parts
from .models import Assessment, Benchmark, Definition, DisplayCode, Indicator, Measurement, Report, RollUp

type Line = dict[str, Any]
NO_TARGET = None


def tables_of(transition: Any, *, user: Any, now: datetime) -> dict[str, Iterator[Line]]:
    """Each table as lines of columns and plain values, read when it is asked for."""
    here = Export(transition, user, now)
    return {
        "reports": here.reports(), "benchmarks": here.benchmarks(), "indicators": here.indicators(),
        "updates": here.updates(), "rollups": here.roll_ups(),
    }  # fmt: skip


class Export:
    def __init__(self, transition: Any, user: Any, now: datetime) -> None:
        self.transition, self.user, self.now = transition, user, now

    def seen(self, model: Any) -> Any:
        return model.objects.all().visible_to(self.user, now=self.now)

    def reports(self) -> Iterator[Line]:
        """One whose day of issue nobody knows is not listed: there it becomes known on the day of import as well."""
        for row in self.seen(Report).filter(transition=self.transition, listed=True):
            yield {"report": row.symbol, "as_of": row.holds_from, "issued_on": row.known_from, "holds": row.holds}

    def benchmarks(self) -> Iterator[Line]:
        rows = self.seen(Benchmark).filter(transition=self.transition).order_by("pk").select_related("pillar")
        for row in rows.prefetch_related("sectors", "wordings"):
            shared = {
                "code": row.code, "pillar": row.pillar.code if row.pillar else "", "level": row.level,
                "report_section": in_list([sector.name for sector in row.sectors.all()]), "title": row.title,
                "basis": row.basis, "condition_for_exit": row.condition_for_exit, "serves": row.serves,
            }  # fmt: skip
            for wording in sorted(row.wordings.all(), key=lambda one: one.number):
                yield shared | {
                    "statement": wording.statement, "source": wording.source, "paragraph": wording.paragraph,
                    "reason": wording.reason, "version": wording.number,
                }  # fmt: skip

    def indicators(self) -> Iterator[Line]:
        shown = {
            (symbol, pk): code
            for symbol, pk, code in self.seen(DisplayCode)
            .filter(report__transition=self.transition, indicator__isnull=False)
            .values_list("report__symbol", "indicator", "code")
        }
        definitions = Prefetch("definitions", Definition.objects.order_by("number").prefetch_related("targets"))
        rows = self.seen(Indicator).filter(transition=self.transition).select_related("benchmark")
        for row in rows.prefetch_related(definitions):
            shared = {
                "code": row.code, "benchmark": row.benchmark.code, "informs_only": row.informs_only,
                "frequency_days": row.frequency_days, "note": row.note,
            }  # fmt: skip
            for definition in row.definitions.all():
                code = shown.get((definition.source, row.pk), "")
                for target in [*definition.targets.all()] or [NO_TARGET]:
                    yield shared | defined(definition) | aimed(target) | {"code_in_source": code}

    def updates(self) -> Iterator[Line]:
        """What is superseded is not in it; a judgement that was made without a value has a row of its own."""
        standing = Assessment.objects.exclude(state="draft")
        measured = self.seen(Measurement).filter(indicator__transition=self.transition, superseded_by=None)
        judged = self.seen(standing.model).filter(pk__in=standing.values("pk"), indicator__transition=self.transition)
        classes = classes_of(judged)
        shown = self.shown()
        order = ("holds_from", "report", "indicator__position", "indicator", "pk")
        for row in latest(measured.select_related("indicator", "report").order_by(*order).iterator(2000)):
            yield update(row, row.holds_from, *classes.pop(key_of(row), ("", "")), shown)
        alone = judged.filter(pk__in=list(self.left(classes, judged)))
        for row in alone.select_related("indicator", "report").order_by("as_of", "indicator__position", "pk"):
            yield update(row, row.as_of, row.judged, row.note, shown)

    def left(self, classes: dict[Any, tuple[str, str]], judged: Any) -> Iterator[int]:
        for pk, report, indicator, as_of in judged.order_by("as_of", "pk").values_list(
            "pk", "report", "indicator", "as_of"
        ):
            if classes.pop((report, indicator, None if report else as_of), None):
                yield pk

    def shown(self) -> dict[tuple[int, int], str]:
        """Where a report numbers an indicator otherwise than it is known by."""
        rows = self.seen(DisplayCode).filter(report__transition=self.transition, indicator__isnull=False)
        return {
            (report, indicator): code
            for report, indicator, own, code in rows.values_list("report", "indicator", "indicator__code", "code")
            if own != code
        }

    def roll_ups(self) -> Iterator[Line]:
        rows = self.seen(RollUp).filter(report__transition=self.transition)
        for row in rows.select_related("report").order_by("report__holds_from", "pk"):
            counts = {one: row.by_class.get(one) for one in CLASSES}
            yield {"report": row.report.symbol, "as_of": row.report.holds_from, **counts, "paragraph": row.paragraph,
                   "page": row.page, "total": row.total}  # fmt: skip


def key_of(row: Measurement) -> tuple[int | None, int, date | None]:
    """Of one report an indicator has one row; of no report, one a day."""
    return row.report_id, row.indicator_id, None if row.report_id else row.holds_from


def latest(rows: Iterable[Measurement]) -> Iterator[Measurement]:
    """Of several that somebody measured on one day, the last."""
    before = None
    for row in rows:
        if before is not None and key_of(before) != key_of(row):
            yield before
        before = row
    if before is not None:
        yield before


def classes_of(judged: Any) -> dict[Any, tuple[str, str]]:
    """The class that stands, of each report (or day) and indicator: of two, the later one."""
    found = {}
    rows = judged.order_by("as_of", "pk").values_list("report", "indicator", "as_of", "judged", "note")
    for report, indicator, as_of, one, note in rows.iterator(2000):
        found[report, indicator, None if report else as_of] = (one, note)
    return found


def defined(row: Definition) -> Line:
    names = (
        "statement", "kind", "unit", "direction", "baseline_value", "baseline_text", "baseline_date", "source",
        "window", "per", "period_basis", "means_of_verification", "reason",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "source_page": row.page, "version": row.number, "rungs": in_list(row.rungs),
        "disaggregation": in_list(row.disaggregation), "parts": in_parts(row.parts),
    }  # fmt: skip


def aimed(target: Any) -> Line:
    if target is NO_TARGET:
        return {}
    return {"target_value": target.value, "target_text": target.text, "target_date": target.date,
            "target_timeline": target.timeline}  # fmt: skip


def update(row: Any, as_of: date, judged: str, note: str, shown: dict[tuple[int, int], str]) -> Line:
    symbol = row.report.symbol if row.report else ""
    line = {"report": symbol, "as_of": as_of, "indicator": row.indicator.code, "class": judged, "note": note,
            "code_in_source": shown.get((row.report_id, row.indicator_id), "")}  # fmt: skip
    if isinstance(row, Measurement):
        names = ("value", "value_text", "page", "period_start", "period_end", "numerator", "denominator", "quality")
        line |= {name: getattr(row, name) for name in names}
        line |= {"note": row.note or note, "parts": in_pairs(row.parts), "disaggregated": in_pairs(row.disaggregated)}
    return line


# --- written


def cell(column: str, value: Any) -> Any:
    """As the import reads it; what a spreadsheet would calculate is written as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return value if column == "direction" or isinstance(value, int) else as_text(str(value))


def lines_of(name: str, lines: Iterable[Line]) -> Iterator[list[Any]]:
    yield list(TABLES[name])
    for line in lines:
        yield [cell(column, line.get(column)) for column in TABLES[name]]


def write_folder(tables: dict[str, Iterator[Line]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines_of(name, lines))


def write_archive(tables: dict[str, Iterator[Line]], file: Any) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, lines in tables.items():
            with archive.open(f"{name}.csv", "w") as entry:
                text = io.TextIOWrapper(entry, encoding="utf-8", newline="")
                csv.writer(text).writerows(lines_of(name, lines))
                text.close()


def write_workbook(tables: dict[str, Iterator[Line]], file: Any) -> None:
    book = Workbook(write_only=True)
    for name, lines in tables.items():
        sheet = book.create_sheet(name)
        for row in lines_of(name, lines):
            sheet.append([ILLEGAL_CHARACTERS_RE.sub("", one) if isinstance(one, str) else one for one in row])
    book.save(file)
