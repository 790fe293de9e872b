"""One import: all of it or nothing, behind the transition's lock, through the doors of the program."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.workflow.engine import locked

from ..falls import told_of_falls
from ..not_collected import tell_not_collected
from .definitions import Definitions
from .files import Source
from .known import Known, read_known
from .outcome import LISTED, Outcome, RowSaid
from .reports import Reports
from .restated import restate
from .rows import Reading
from .staging import Staging
from .statements import Statements
from .updates import Updates

NEEDS = {
    "benchmarks": Permission.PLAN, "indicators": Permission.PLAN, "updates": Permission.MEASURE,
    "reports": Permission.RECORD_FACT, "rollups": Permission.RECORD_FACT,
}  # fmt: skip

type Progress = Callable[[str, float], None]  # what is being done, and how much of it


def silently(what: str, part: float) -> None:
    """Nobody watches."""


def bring_in(
    source: Source, *, transition: Any, by: Any, now: datetime, dry_run: bool = False, progress: Progress = silently
) -> Outcome:
    """Read every table of a source, and write it where no row is refused. The state of the transition does not matter.

    Args:
        dry_run: only say what would become of each row; nothing is written, and nothing is counted up.
    Raises:
        PermissionDenied: `by` does not plan, measure or record facts here, whatever the tables need.
    """
    check_permission(source, transition, by=by, now=now)
    with locked(transition):
        known, outcome = read_known(transition, by=by, now=now), Outcome(dry_run)
        return Import(source, known, outcome, progress).run()


def check_permission(source: Source, transition: Any, *, by: Any, now: datetime) -> None:
    for name in source.tables:
        if not may(by, NEEDS[name], transition, now=now):
            raise PermissionDenied(f"importing {name} needs the permission “{NEEDS[name]}” in {transition}")


@dataclass
class Import:
    source: Source
    known: Known
    outcome: Outcome
    progress: Progress

    def run(self) -> Outcome:
        self.reports = Reports(self.known, self.outcome)
        self.statements = Statements(self.known, self.outcome)
        self.definitions = Definitions(self.known, self.outcome, self.statements.codes)
        self.updates = Updates(self.known, self.outcome, self.reports, self.definitions)
        self.staging = Staging(self.known, self.outcome)
        for name, read in (
            ("reports", self.reports.read), ("benchmarks", self.statements.read),
            ("indicators", self.definitions.read), ("rollups", self.reports.read_roll_ups),
        ):  # fmt: skip
            for reading in self.reading(name):
                read(reading)
        with self.staging.open():
            for reading in self.reading("updates"):
                self.stage(reading)
            self.check_facts()
            if not self.outcome.refused_in_all and not self.outcome.dry_run:
                self.write()
        self.outcome.settle()
        return self.outcome

    def reading(self, name: str) -> Iterator[Reading]:
        if name in self.source.tables:
            yield Reading(self.source.tables[name], self.outcome)

    def stage(self, reading: Reading) -> None:
        file = reading.table.file
        with self.staging.filling() as stage:
            self.updates.read(reading, stage, lambda part: self.progress(f"reading {file}", part))
        self.progress("comparing", 0)
        self.staging.check(file, reading.present)
        for line, key, what, said in self.staging.preview(LISTED):
            self.outcome.rows.append(RowSaid(file, line, key, what, said))
        for symbol, roll_up in self.reports.roll_ups:
            own = self.staging.counts_of(symbol)
            differs = [f"{one} {number} (its rows: {own.get(one, 0)})" for one, number in roll_up.by_class.items()
                       if own and number != own.get(one, 0)]  # fmt: skip
            if differs:
                self.outcome.remark(f"{symbol} publishes {', '.join(differs)}: both are kept")

    def check_facts(self) -> None:
        """A row that names a report is recorded as that report's fact."""
        if not self.reports.new and not self.definitions.shown and not self.staging.names_reports():
            return
        if not may(self.known.by, Permission.RECORD_FACT, self.known.transition, now=self.known.now):
            raise PermissionDenied("what a report says is recorded by who may record facts")

    def write(self) -> None:
        """All that was read, and who is to know of what fell back by it: once each, whatever the number of rows."""
        self.progress("writing", 0)
        known = self.known
        with told_of_falls(known.transition, about=f"import/{uuid4()}", now=known.now) as fallen:
            self.write_tables()
        tell_not_collected(known.transition, now=known.now)
        for benchmark in fallen:
            self.outcome.remark(f"the condition for exit {benchmark} has fallen back: who answers for it is told")
        self.progress("writing", 1)

    def write_tables(self) -> None:
        self.reports.write()
        if "benchmarks" in self.source.tables:
            self.statements.write()
        self.definitions.write(self.updates.earliest)
        self.definitions.write_shown()
        if "updates" in self.source.tables:
            self.staging.write()
        restate(self.known, self.definitions.written)
        self.outcome.written = self.outcome.changes
