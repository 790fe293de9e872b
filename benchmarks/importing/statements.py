"""The table `benchmarks`: each begins as a draft, and a statement in other words is a new wording of it."""

from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from django.utils.text import slugify

from transitions.missions.models import Pillar, Sector
from transitions.workflow.engine import Fact, begin

from ..models import Benchmark, Wording
from .known import Known, KnownBenchmark, same
from .outcome import ADDED, CHANGED, UNCHANGED, Outcome
from .rows import Reading, Row

PLAIN = ("title", "pillar", "level", "basis", "condition_for_exit", "serves")
CONTEXTUAL = "a contextual benchmark informs; the exit does not depend on it"


@dataclass
class Statements:
    known: Known
    outcome: Outcome
    new: list[Benchmark] = field(default_factory=list)
    changed: dict[str, set[str]] = field(default_factory=dict)
    wordings: list[Wording] = field(default_factory=list)
    sectors: dict[str, list[str]] = field(default_factory=dict)
    pillars: dict[str, str] = field(default_factory=dict)
    lines: dict[tuple[str, str, Any], int] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    no_pillars: bool = False

    def read(self, reading: Reading) -> None:
        self.no_pillars = not self.known.pillars
        for row in reading.rows():
            if (code := row["code"]) is not None:
                self.codes.add(code)
                self.read_row(reading, row, code)

    def read_row(self, reading: Reading, row: Row, code: str) -> None:
        first = self.lines.setdefault((code, row["source"] or "", row["version"]), row.line)
        if first != row.line:
            reading.refuse(row, "code", f"it stands in line {first} already")
        if code in self.known.unseen["benchmarks"]:
            reading.refuse(row, "code", "there is a benchmark of this code that you do not see")
        self.check_pillar(reading, row)
        if row["level"] == Benchmark.Level.CONTEXTUAL and row["condition_for_exit"]:
            reading.refuse(row, "condition_for_exit", CONTEXTUAL)
        if row.bad:
            return
        if code in self.known.benchmarks:
            self.compare(reading, row, self.known.benchmarks[code])
        else:
            self.add(reading, row, code)

    def check_pillar(self, reading: Reading, row: Row) -> None:
        """Where none is set up, those that the file names are; where some are, another one is a slip of the pen."""
        code = row["pillar"]
        if not code or code in self.known.pillars:
            return
        if not self.no_pillars or slugify(code) != code:
            there = ", ".join(self.known.pillars) or "none"
            reading.refuse(row, "pillar", f"there is no such pillar in this transition: there are {there}")
            return
        self.known.pillars[code] = Pillar(
            transition=self.known.transition, code=code, name=code.replace("-", " ").capitalize(),
            position=len(self.known.pillars),
        )  # fmt: skip
        self.outcome.remark(f"the pillar “{code}” is set up")

    # --- a new one

    def add(self, reading: Reading, row: Row, code: str) -> None:
        level = row["level"] or Benchmark.Level.CORE
        condition = row["condition_for_exit"]
        made = Benchmark(
            transition=self.known.transition, code=code,
            title=row["title"] or shorten(row["statement"], 120, placeholder=" …"),
            basis=row["basis"] or Benchmark.Basis.REPORT, level=level, serves=row["serves"] or "",
            condition_for_exit=level == Benchmark.Level.CORE if condition is None else condition,
            source=row["source"] or "",
        )  # fmt: skip
        self.new.append(made)
        self.pillars[code] = row["pillar"] or ""
        self.sectors[code] = self.sectors_of(row)
        self.known.benchmarks[code] = KnownBenchmark(made, [], {name.lower() for name in self.sectors[code]})
        self.word(row, self.known.benchmarks[code], reason="")
        self.outcome.say("benchmarks", reading.table.file, row.line, code, ADDED, f"{made.title}; begins as a draft")

    def sectors_of(self, row: Row) -> list[str]:
        """A section of a report is a sector; one that is not there yet is set up."""
        names = {name.lower(): name for name in row["report_section"] or []}.values()
        for name in names:
            if name.lower() not in self.known.sectors:
                taken = {sector.code for sector in self.known.sectors.values()}
                self.known.sectors[name.lower()] = Sector(
                    transition=self.known.transition, code=free(slugify(name)[:36] or "sector", taken), name=name
                )
                self.outcome.remark(f"the sector “{name}” is set up")
        return list(names)

    def word(self, row: Row, known: KnownBenchmark, *, reason: str) -> None:
        source = row["source"] or ""
        holds_from, known_from = self.known.days_of(source)
        known.statements.append(row["statement"])
        self.wordings.append(Wording(
            benchmark=known.row, number=len(known.statements), statement=row["statement"], source=source,
            paragraph=row["paragraph"] or "", reason=reason, holds_from=holds_from, known_from=known_from,
            recorded_at=self.known.now, by=self.known.by,
        ))  # fmt: skip

    # --- one that is there

    def compare(self, reading: Reading, row: Row, there: KnownBenchmark) -> None:
        """Words that it had before are no new ones: an older file that is brought in again changes nothing."""
        said = []
        if not any(same(row["statement"], one) for one in there.statements):
            source = row["source"]
            self.word(row, there, reason=row["reason"] or (f"reworded in {source}" if source else "reworded"))
            said.append(f"wording {len(there.statements)}")
        said += self.change_plain(row, there)
        if "report_section" in row.values:
            said += self.change_sectors(row, there)
        what = CHANGED if said else UNCHANGED
        self.outcome.say("benchmarks", reading.table.file, row.line, there.row.code, what, "; ".join(said))

    def change_plain(self, row: Row, there: KnownBenchmark) -> list[str]:
        said, code = [], there.row.code
        if row["level"] == Benchmark.Level.CONTEXTUAL and there.row.condition_for_exit:
            row.values["condition_for_exit"] = False
        for name in PLAIN:
            new = row.values.get(name)
            old = self.pillar_of(there.row) if name == "pillar" else getattr(there.row, name)
            if new is None or (new == "" and name in ("title", "level", "basis")) or same(new, old):
                continue
            if name == "pillar":
                self.pillars[code] = new
            else:
                setattr(there.row, name, new)
            self.changed.setdefault(code, set()).add(name)
            said.append(f"{name.replace('_', ' ')} {old or 'none'} → {new or 'none'}")
        return said

    def pillar_of(self, benchmark: Benchmark) -> str:
        there = benchmark.pillar.code if benchmark.pillar else ""
        return self.pillars.get(benchmark.code, there)

    def change_sectors(self, row: Row, there: KnownBenchmark) -> list[str]:
        names = self.sectors_of(row)
        if {name.lower() for name in names} == there.sectors:
            return []
        self.sectors[there.row.code] = names
        there.sectors = {name.lower() for name in names}
        return [f"sectors {'; '.join(names) or 'none'}"]

    # --- written

    def write(self) -> None:
        known, new = self.known, {id(benchmark) for benchmark in self.new}
        Pillar.objects.bulk_create(pillar for pillar in known.pillars.values() if pillar.pk is None)
        Sector.objects.bulk_create(sector for sector in known.sectors.values() if sector.pk is None)
        for code, pillar in self.pillars.items():
            known.benchmarks[code].row.pillar = known.pillars.get(pillar)
        self.begin_new()
        older = [there.row for code in self.changed if id((there := known.benchmarks[code]).row) not in new]
        names = {name for code in self.changed for name in self.changed[code]}
        if older and names:
            Benchmark.objects.bulk_update(older, names)
        for wording in self.wordings:
            wording.benchmark = wording.benchmark  # its key is known only now
        Wording.objects.bulk_create(self.wordings)
        self.write_sectors()

    def begin_new(self) -> None:
        """Each from the document that sets it, where the row names one."""
        for source in dict.fromkeys(benchmark.source for benchmark in self.new):
            holds_from, known_from = self.known.days_of(source)
            fact = Fact(source, holds_from, known_from) if source else None
            of_it = [benchmark for benchmark in self.new if benchmark.source == source]
            begin(of_it, by=self.known.by, now=self.known.now, source=fact)

    def write_sectors(self) -> None:
        through: Any = Benchmark.sectors.through
        rows = {code: self.known.benchmarks[code].row for code in self.sectors}
        through.objects.filter(benchmark__in=rows.values()).delete()
        through.objects.bulk_create(
            through(benchmark_id=rows[code].pk, sector_id=self.known.sectors[name.lower()].pk)
            for code, names in self.sectors.items()
            for name in names
        )


def free(code: str, taken: set[str]) -> str:
    return next(one for one in (code, *(f"{code}-{n}" for n in range(2, 1000))) if one not in taken)
