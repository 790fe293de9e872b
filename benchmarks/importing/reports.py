"""Reports with the day that each became known, and what each publishes as its own count."""

from dataclasses import dataclass, field
from datetime import date

from ..models import Report, RollUp
from .columns import CLASSES
from .known import Known, NamedReport
from .outcome import ADDED, UNCHANGED, Outcome
from .rows import Reading, Row

LATER = "the day lies in the future"
EDITED = "what was recorded of a report is never edited: it is recorded {recorded}"


@dataclass
class Reports:
    """`new` ones are written before whatever names them."""

    known: Known
    outcome: Outcome
    new: dict[str, NamedReport] = field(default_factory=dict)
    roll_ups: list[tuple[str, RollUp]] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)

    def named(self, symbol: str, as_of: date) -> NamedReport:
        """A report that a row names. One that no `reports` lists becomes known on the day of import."""
        report = self.known.reports.get(symbol)
        if report is None:
            report = NamedReport(symbol, as_of, self.known.today, listed=False)
            self.known.reports[symbol] = self.new[symbol] = report
        elif symbol in self.new and not report.listed:
            report.as_of = max(report.as_of, as_of)
        return report

    def is_twice(self, reading: Reading, row: Row, symbol: str) -> bool:
        first = self.lines.setdefault((reading.table.name, symbol), row.line)
        if first != row.line:
            reading.refuse(row, "report", f"it stands in line {first} already")
        return first != row.line

    # --- the table `reports`

    def read(self, reading: Reading) -> None:
        for row in reading.rows():
            symbol = row["report"]
            if symbol and not self.is_twice(reading, row, symbol) and not row.bad:
                self.read_report(reading, row, symbol)

    def read_report(self, reading: Reading, row: Row, symbol: str) -> None:
        for column in ("as_of", "issued_on"):
            if row[column] > self.known.today:
                reading.refuse(row, column, f"{LATER}: {self.known.today} is today")
        if row.bad:
            return
        if row["issued_on"] < row["as_of"]:
            self.outcome.remark(f"{symbol} was issued on {row['issued_on']}, before {row['as_of']}, the day it judges")
        recorded = self.known.reports.get(symbol)
        if recorded is None:
            report = NamedReport(symbol, row["as_of"], row["issued_on"], listed=True, holds=row["holds"] or "")
            self.known.reports[symbol] = self.new[symbol] = report
            self.outcome.say("reports", reading.table.file, row.line, symbol, ADDED, f"known from {row['issued_on']}")
        else:
            self.compare(reading, row, recorded)

    def compare(self, reading: Reading, row: Row, recorded: NamedReport) -> None:
        if not recorded.listed:
            self.outcome.remark(
                f"{recorded.symbol} came in on {recorded.known_from}, before its day of issue was listed: what it says "
                "stays known from then"
            )
        else:
            for column, there in (("as_of", recorded.as_of), ("issued_on", recorded.known_from)):
                if row[column] != there:
                    reading.refuse(row, column, EDITED.format(recorded=f"with {there}"))
        if not row.bad:
            self.outcome.say("reports", reading.table.file, row.line, recorded.symbol, UNCHANGED)

    # --- the table `rollups`

    def read_roll_ups(self, reading: Reading) -> None:
        for row in reading.rows():
            symbol = row["report"]
            if symbol and not self.is_twice(reading, row, symbol) and not row.bad:
                self.read_roll_up(reading, row, symbol)

    def read_roll_up(self, reading: Reading, row: Row, symbol: str) -> None:
        if row["as_of"] > self.known.today:
            reading.refuse(row, "as_of", f"{LATER}: {self.known.today} is today")
            return
        report = self.named(symbol, row["as_of"])
        if report.listed and report.as_of != row["as_of"]:
            reading.refuse(row, "as_of", f"{symbol} is as of {report.as_of}")
            return
        counts = {one: row[one] for one in CLASSES if row[one] is not None}
        found = RollUp(by_class=counts, total=row["total"], paragraph=row["paragraph"] or "", page=row["page"] or "")
        if counts and found.total is not None and sum(counts.values()) != found.total:
            self.outcome.remark(f"{symbol} publishes {found.total} in all, and its classes add up to "
                                f"{sum(counts.values())}: both are kept")  # fmt: skip
        self.compare_roll_up(reading, row, symbol, found)

    def compare_roll_up(self, reading: Reading, row: Row, symbol: str, found: RollUp) -> None:
        recorded = self.known.roll_ups.get(symbol)
        if recorded is None:
            self.roll_ups.append((symbol, found))
            self.outcome.say("rollups", reading.table.file, row.line, symbol, ADDED)
            return
        other = [one for one in CLASSES if recorded.by_class.get(one) != found.by_class.get(one) and one in row.values]
        if "total" in row.values and recorded.total != found.total:
            other.append("total")
        for column in other:
            there = recorded.total if column == "total" else recorded.by_class.get(column, "empty")
            reading.refuse(row, column, EDITED.format(recorded=f"with {there}"))
        if not other:
            self.outcome.say("rollups", reading.table.file, row.line, symbol, UNCHANGED)

    # --- written

    def write(self) -> None:
        known = self.known
        for named in self.new.values():
            named.row = Report(
                transition=known.transition, symbol=named.symbol, holds=named.holds, listed=named.listed,
                holds_from=named.as_of, known_from=named.known_from, recorded_at=known.now, by=known.by,
                source=named.symbol,
            )  # fmt: skip
        Report.objects.bulk_create(named.row for named in self.new.values() if named.row)
        for symbol, roll_up in self.roll_ups:
            roll_up.report = self.known.reports[symbol].row  # type: ignore[assignment]
        RollUp.objects.bulk_create(roll_up for _, roll_up in self.roll_ups)
