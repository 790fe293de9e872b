"""The table `updates`, which may be long: each row is checked by itself, and goes on to the database unseen by others.

What takes a look at other rows (is it there twice, does it contradict what is recorded) is asked in the database.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..shares import misfits
from .definitions import Definitions, show
from .known import Known, KnownIndicator
from .outcome import Outcome
from .reports import LATER, Reports
from .rows import Reading, Row

AMBIGUOUS = (
    "in {report} this is the number of {other}, and it is another indicator's own code: write the indicator's own code "
    "here and the report's number into code_in_source"
)
OTHER_DAY = "{report} is listed as of {day}, and some rows of it are as of another day: each holds from its own"


@dataclass
class Updates:
    known: Known
    outcome: Outcome
    reports: Reports
    definitions: Definitions
    earliest: dict[str, date] = field(default_factory=dict)

    def read(self, reading: Reading, stage: Callable[[tuple[Any, ...]], None], told: Callable[[float], None]) -> None:
        for row in reading.rows(told):
            code = self.code_of(reading, row)
            if code is None or row["as_of"] is None:
                continue
            there = self.known.indicators.get(code)
            self.check_days(reading, row)
            if there is not None and not row.bad:
                self.check_numbers(reading, row, there)
            if "report" not in row.values and "report" in row.raw:
                continue  # it cannot be told which one it is
            if not row.bad and there is not None:
                self.note(reading, row, code)
            stage(staged(row, code, there))

    def code_of(self, reading: Reading, row: Row) -> str | None:
        """The indicator's own code, or its number in the report that the row names."""
        given, report = row["indicator"], row["report"] or ""
        if given is None:
            return None
        other = self.known.stands_for.get((report, given))
        own = given in self.known.indicators or given in self.definitions.codes
        if own and other not in (None, given) and not row["code_in_source"]:
            reading.refuse(row, "indicator", AMBIGUOUS.format(report=report, other=other))
            return None
        if own or other:
            return str(given if own else other)
        reading.refuse(row, "indicator", "there is no such indicator")
        return None

    def check_days(self, reading: Reading, row: Row) -> None:
        for column in ("as_of", "period_start", "period_end"):
            if row[column] and row[column] > self.known.today:
                reading.refuse(row, column, f"{LATER}: {self.known.today} is today")
        start, end = row["period_start"], row["period_end"]
        if start and end and end < start:
            reading.refuse(row, "period_end", f"the period ends before it begins ({start})")

    def check_numbers(self, reading: Reading, row: Row, there: KnownIndicator) -> None:
        value, version = row["value"], there.version_for(row["report"] or "", row["as_of"])
        if value is not None:
            if misfit := version.misfit(value):
                reading.refuse(row, "value", misfit)
            elif row["quality"] == "not_collected":
                reading.refuse(row, "quality", "what was not collected has no value")
        for column, why in misfits(version.fields["kind"], row["numerator"], row["denominator"]):
            reading.refuse(row, column, f"it is {why}")

    def note(self, reading: Reading, row: Row, code: str) -> None:
        """What is written once, however many rows say it."""
        as_of, report = row["as_of"], row["report"]
        if as_of < self.earliest.get(code, date.max):
            self.earliest[code] = as_of
        if report:
            named = self.reports.named(report, as_of)
            if named.listed and named.as_of != as_of:
                self.outcome.remark(OTHER_DAY.format(report=report, day=named.as_of))
            if shown := row["code_in_source"]:
                show(self.known, self.definitions.shown, reading, row, report, code, shown)


def staged(row: Row, code: str, there: KnownIndicator | None) -> tuple[Any, ...]:
    """As the database reads it: of a refused row only what tells whether it is there twice."""
    values, report = row.values, row["report"] or ""
    if row.bad or there is None:
        return (row.line, True, code, None, report, values["as_of"], *[None] * 13)
    number, parts, apart = values.get, values.get("parts"), values.get("disaggregated")
    return (
        row.line, False, code, there.version_for(report, values["as_of"]).number, report, values["as_of"],
        number("value"), number("value_text"), number("class"), number("note"), number("page"),
        number("period_start"), number("period_end"), number("numerator"), number("denominator"), number("quality"),
        json.dumps(parts) if parts is not None else None, json.dumps(apart) if apart is not None else None,
        number("correction") or "",
    )  # fmt: skip
