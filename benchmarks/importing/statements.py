"""The table `benchmarks`: each begins as a draft, and a statement in other words is a new wording of it."""

from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from django.utils.text import slugify

from transitions.missions.models import Pillar, Sector
from transitions.workflow.engine import Fact, begin

from ..models import Benchmark, BenchmarkTerms, Wording
from ..terms import on_day, write
from .known import Known, KnownBenchmark, same
from .outcome import ADDED, CHANGED, UNCHANGED, Outcome
from .rows import Reading, Row
from .said import again, said_otherwise

PLAIN = ("title", "pillar", "level", "basis", "condition_for_exit", "serves")
CONTEXTUAL = "a contextual benchmark informs; the exit does not depend on it"


@dataclass
class Statements:
    known: Known
    outcome: Outcome
    new: list[Benchmark] = field(default_factory=list)
    wordings: list[Wording] = field(default_factory=list)
    terms: list[BenchmarkTerms] = field(default_factory=list)
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
        made.pillar = self.known.pillars.get(row["pillar"] or "")
        self.new.append(made)
        self.known.benchmarks[code] = KnownBenchmark(made, [], [])
        self.word(row, self.known.benchmarks[code], reason="")
        first = BenchmarkTerms.first(made, **self.known.stamp(row["source"] or ""))
        first.pillar, first.sectors = made.pillar, self.codes_of(self.sectors_of(row))
        self.say(self.known.benchmarks[code], first)
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

    def codes_of(self, names: list[str]) -> list[str]:
        return sorted(self.known.sectors[name.lower()].code for name in names)

    def word(self, row: Row, known: KnownBenchmark, *, reason: str) -> None:
        made = Wording(
            benchmark=known.row, number=len(known.wordings) + 1, statement=row["statement"],
            paragraph=row["paragraph"] or "", reason=reason, **self.known.stamp(row["source"] or ""),
        )  # fmt: skip
        known.wordings.append(made)
        self.wordings.append(made)

    def say(self, known: KnownBenchmark, terms: BenchmarkTerms) -> None:
        known.terms.append(terms)
        self.terms.append(terms)

    # --- one that is there

    def compare(self, reading: Reading, row: Row, there: KnownBenchmark) -> None:
        """Other words are a new wording, and what else is said otherwise holds from the document's day on."""
        said = []
        if not self.is_worded(row, there):
            source = row["source"]
            self.word(row, there, reason=row["reason"] or (f"reworded in {source}" if source else "reworded"))
            said.append(f"wording {len(there.wordings)}")
        said += self.change_terms(reading, row, there)
        what = CHANGED if said else UNCHANGED
        if not row.bad:
            self.outcome.say("benchmarks", reading.table.file, row.line, there.row.code, what, "; ".join(said))

    def is_worded(self, row: Row, there: KnownBenchmark) -> bool:
        """A report says it again, or as it was on its day; it may also go back to the words before that.

        Of no report that is listed, nobody knows its day: words that it had at any time are nothing new.
        """
        wordings, source = there.wordings, row["source"] or ""
        if report := self.known.reports.get(source):
            own = [one for one in wordings if one.source == source]
            wordings = [*own, on_day(wordings, report.as_of)]
        return any(same(row["statement"], one.statement) for one in wordings)

    def change_terms(self, reading: Reading, row: Row, there: KnownBenchmark) -> list[str]:
        found = said_otherwise(self.known, row, there.terms, lambda terms: self.differing(row, terms))
        if found is None:
            return []
        made, said = found
        if made.level == Benchmark.Level.CONTEXTUAL and made.condition_for_exit:
            reading.refuse(row, "condition_for_exit", CONTEXTUAL)
        self.say(there, made)
        return said

    def differing(self, row: Row, terms: BenchmarkTerms) -> dict[str, Any]:
        """What the row says otherwise; of what it has no column or no word for, nothing."""
        given = {name: row.values[name] for name in PLAIN if row.values.get(name) is not None}
        found = {name: new for name, new in given.items() if new != "" or name == "serves"}
        if "pillar" in given:
            found["pillar"] = self.known.pillars.get(given["pillar"])
        if row["level"] == Benchmark.Level.CONTEXTUAL:
            found["condition_for_exit"] = False
        if "report_section" in row.values:
            found["sectors"] = self.codes_of(self.sectors_of(row))
        return {name: new for name, new in found.items() if not same(new, getattr(terms, name))}

    # --- written

    def write(self) -> None:
        known = self.known
        Pillar.objects.bulk_create(pillar for pillar in known.pillars.values() if pillar.pk is None)
        Sector.objects.bulk_create(sector for sector in known.sectors.values() if sector.pk is None)
        again([*self.new, *self.terms], "pillar")
        self.begin_new()
        again([*self.wordings, *self.terms], "benchmark")
        Wording.objects.bulk_create(self.wordings)
        write(self.terms)

    def begin_new(self) -> None:
        """Each from the document that sets it, where the row names one."""
        for source in dict.fromkeys(benchmark.source for benchmark in self.new):
            holds_from, known_from = self.known.days_of(source)
            fact = Fact(source, holds_from, known_from) if source else None
            of_it = [benchmark for benchmark in self.new if benchmark.source == source]
            begin(of_it, by=self.known.by, now=self.known.now, source=fact)


def free(code: str, taken: set[str]) -> str:
    return next(one for one in (code, *(f"{code}-{n}" for n in range(2, 1000))) if one not in taken)
