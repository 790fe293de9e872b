"""Benchmarks out in the form in which they come in: brought into an empty transition they are the same again.

What a person does not see is not in it. A state is not exported, as none is ever imported: a judgement that a report
makes comes in as verified by it, another one as submitted; a draft stays where it is.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
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
from .models import (
    Assessment,
    Benchmark,
    BenchmarkTerms,
    Definition,
    DisplayCode,
    Indicator,
    IndicatorTerms,
    Measurement,
    Report,
    RollUp,
    Wording,
)
from .terms import on_day

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
        rows = self.seen(Benchmark).filter(transition=self.transition).order_by("pk")
        days, sectors = self.days(), dict(self.transition.sectors.values_list("code", "name"))
        terms = Prefetch("terms", BenchmarkTerms.objects.order_by("number").select_related("pillar"))
        for row in rows.prefetch_related(terms, "wordings"):
            for wording, source, its in versions_of([*row.wordings.all()], [*row.terms.all()], days):
                own = source == wording.source
                yield {
                    "code": row.code, "pillar": its.pillar.code if its.pillar else "", "level": its.level,
                    "report_section": in_list([sectors.get(code, code) for code in its.sectors]), "title": its.title,
                    "basis": its.basis, "condition_for_exit": its.condition_for_exit, "serves": its.serves,
                    "statement": wording.statement, "source": source, "paragraph": wording.paragraph if own else "",
                    "reason": wording.reason if own else its.reason, "version": wording.number,
                }  # fmt: skip

    def days(self) -> dict[str, date]:
        """Of each report its day: from then on holds what it says. Of another document no day is known."""
        return dict(Report.objects.filter(transition=self.transition).values_list("symbol", "holds_from"))

    def indicators(self) -> Iterator[Line]:
        shown = {
            (symbol, pk): code
            for symbol, pk, code in self.seen(DisplayCode)
            .filter(report__transition=self.transition, indicator__isnull=False)
            .values_list("report__symbol", "indicator", "code")
        }
        days, definitions = self.days(), Prefetch("definitions", Definition.objects.prefetch_related("targets"))
        rows = self.seen(Indicator).filter(transition=self.transition).select_related("benchmark")
        for row in rows.prefetch_related(definitions, "terms"):
            for definition, source, its in versions_of([*row.definitions.all()], [*row.terms.all()], days):
                said = {
                    "code": row.code, "benchmark": row.benchmark.code, "informs_only": its.informs_only,
                    "frequency_days": its.frequency_days, "note": row.note, "source": source,
                    "code_in_source": shown.get((source, row.pk), ""),
                }  # fmt: skip
                for target in [*definition.targets.all()] or [NO_TARGET]:
                    yield defined(definition) | aimed(target) | said

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


def versions_of[Version: (Wording, Definition), Its: (BenchmarkTerms, IndicatorTerms)](
    versions: Sequence[Version], terms: Sequence[Its], days: dict[str, date]
) -> Iterator[tuple[Version, str, Its]]:
    """Each version, from which source, with what else was said by that: the import compares it with the source's day.

    Then what a report says otherwise without another version, and what is said now, where no line before says it.
    """
    lines = [(one, one.source) for one in sorted(versions, key=lambda one: one.number)]
    sources = [source for _, source in lines]
    for source in dict.fromkeys(one.source for one in sorted(terms, key=lambda one: one.number)):
        if source in days and source not in sources:
            lines.append((on_day(versions, days[source]), source))
    if versions and all(source in days for source in sources) and on_day(terms, date.max).source not in days:
        lines.append((on_day(versions, date.max), ""))
    for one, source in lines:
        yield one, source, on_day(terms, days.get(source, date.max))


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
            "page": row.page, "code_in_source": shown.get((row.report_id, row.indicator_id), "")}  # fmt: skip
    if isinstance(row, Measurement):
        names = ("value", "value_text", "period_start", "period_end", "numerator", "denominator", "quality")
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
