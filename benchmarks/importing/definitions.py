"""The table `indicators`: what each counts. A changed definition is a new version of it, never an edit."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ..met import compare as passes
from ..models import Definition, DisplayCode, Indicator, IndicatorTerms, Target
from ..terms import write
from .known import PLAIN_OF_DEFINITION, Known, KnownIndicator, Version, differing, same
from .outcome import ADDED, CHANGED, UNCHANGED, Outcome
from .restated import check_own_values
from .rows import Reading, Row
from .said import again, said_otherwise
from .versions import (
    TARGET,
    changed_in,
    definition_row,
    differing_targets,
    given,
    is_the_same,
    target_of,
    target_row,
    version_from,
)

SAID = ("informs_only", "frequency_days")  # from a day on; its note is of no day


@dataclass
class Definitions:
    known: Known
    outcome: Outcome
    benchmarks: set[str]  # codes that the file of benchmarks names, also in rows that were refused
    new: list[KnownIndicator] = field(default_factory=list)
    versions: list[tuple[KnownIndicator, Version]] = field(default_factory=list)
    noted: list[Indicator] = field(default_factory=list)
    terms: list[IndicatorTerms] = field(default_factory=list)
    shown: dict[tuple[str, str], str] = field(default_factory=dict)
    first: dict[tuple[str, str, Any], tuple[int, dict[str, Any]]] = field(default_factory=dict)
    aims: dict[tuple[str, str, Any], set[date | None]] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    place: int = 0

    written: list[Definition] = field(default_factory=list)
    own: list[tuple[Row, KnownIndicator, Version]] = field(default_factory=list)

    def read(self, reading: Reading) -> None:
        self.place = max((one.row.position for one in self.known.indicators.values()), default=0)
        for row in reading.rows():
            if (code := row["code"]) is None:
                continue
            self.codes.add(code)
            self.check(reading, row, code)
            if not self.is_another_target(reading, row, code) and not row.bad:
                self.read_row(reading, row, code)
        check_own_values(self.known, self.outcome, reading, self.own)

    def is_another_target(self, reading: Reading, row: Row, code: str) -> bool:
        """A row that differs from an earlier one by its target and the target's day only. Any other is there twice."""
        key = (code, row["source"] or "", row["version"])
        rest = {name: value for name, value in row.values.items() if name not in TARGET}
        first, was = self.first.setdefault(key, (row.line, row.values))
        aims = self.aims.setdefault(key, set())
        if first == row.line:
            aims.add(row["target_date"])
            return False
        there = self.known.indicators.get(code)
        other = {name: value for name, value in was.items() if name not in TARGET}
        if row.bad or there is None or rest != other or row["target_date"] in aims:
            reading.refuse(row, "code", f"it stands in line {first} already")
        else:
            aims.add(row["target_date"])
            self.add_target(reading, row, there)
        return True

    def add_target(self, reading: Reading, row: Row, there: KnownIndicator) -> None:
        version, target = there.versions[-1], target_of(row)
        its = [version] if version.new and version.source == (row["source"] or "") else there.versions
        if any(is_the_same(row, one) for one in its):
            self.outcome.say("indicators", reading.table.file, row.line, there.code, UNCHANGED)
        elif version.new:
            version.targets.append(target)
            self.outcome.say("indicators", reading.table.file, row.line, there.code, ADDED, "another target")
        else:
            reading.refuse(row, "target_date", "the targets of a definition are never edited: give it a new version")

    # --- what will not do

    def check(self, reading: Reading, row: Row, code: str) -> None:
        known, benchmark = self.known, row["benchmark"]
        if code in known.unseen["indicators"]:
            reading.refuse(row, "code", "there is an indicator of this code that you do not see")
        if benchmark and benchmark not in known.benchmarks and benchmark not in self.benchmarks:
            reading.refuse(row, "benchmark", "there is no such benchmark")
        there = known.indicators.get(code)
        if there and benchmark and there.benchmark != benchmark:
            reading.refuse(row, "benchmark", f"{code} is an indicator of {there.benchmark}, and does not move")
        if row["per"] not in (None, 1000, 100000) or (row["per"] and row["kind"] != "rate"):
            reading.refuse(row, "per", "only a rate is per something, and that is 1000 or 100000")
        if row["target_date"] and row["target_value"] is None and not row["target_text"]:
            reading.refuse(row, "target_date", "there is no target to be reached by then")
        if not row.bad:
            self.check_values(reading, row)

    def check_values(self, reading: Reading, row: Row) -> None:
        version = version_from(self.known, row, None)
        for column in ("baseline_value", "target_value"):
            value = row[column]
            if value is not None and (misfit := version.misfit(value)):
                reading.refuse(row, column, misfit)

    # --- a row

    def read_row(self, reading: Reading, row: Row, code: str) -> None:
        there = self.known.indicators.get(code)
        if there is None:
            said, what = self.add(row, code), ADDED
        else:
            said = self.compare(row, there)
            what = CHANGED if said else UNCHANGED
        if shown := self.show(reading, row, code):
            said, what = [*said, shown], CHANGED if what == UNCHANGED else what
        if not row.bad:
            self.outcome.say("indicators", reading.table.file, row.line, code, what, "; ".join(said))

    def add(self, row: Row, code: str) -> list[str]:
        self.place += 1
        made = Indicator(
            transition=self.known.transition, code=code, position=self.place, note=row["note"] or "",
            informs_only=bool(row["informs_only"]), frequency_days=row["frequency_days"],
        )  # fmt: skip
        version = version_from(self.known, row, None)
        stamped = {**self.known.stamp(version.source), "holds_from": version.holds_from}
        there = KnownIndicator(code, row["benchmark"], [version], made, [])
        self.say(there, IndicatorTerms.first(made, **stamped))
        self.known.indicators[code] = there
        self.new.append(there)
        self.versions.append((there, version))
        self.warn(code, version)
        return [version.fields["statement"][:80]]

    def compare(self, row: Row, there: KnownIndicator) -> list[str]:
        """Another version, where the row says something else than what there is."""
        said = []
        if not self.is_there(row, there):
            version = version_from(self.known, row, there.versions[-1])
            before = there.version_for("", version.holds_from)
            differs = [*differing(given(row), before.fields, PLAIN_OF_DEFINITION), *differing_targets(row, before)]
            version.reason = row["reason"] or changed_in(version.source, differs)
            there.versions.append(version)
            there.chosen.clear()
            self.versions.append((there, version))
            self.own.append((row, there, version))
            said.append(f"definition {version.number}, with another {', '.join(differs)}")
        return [*said, *self.change_terms(row, there), *self.change_note(row, there)]

    def is_there(self, row: Row, there: KnownIndicator) -> bool:
        """A report says it again, or as it was on its day; it may also go back to what held before that.

        Of no report that is listed, nobody knows its day: what was there at any time is nothing new.
        """
        versions, source = there.versions, row["source"] or ""
        if report := self.known.reports.get(source):
            own = [one for one in versions if one.source == source]
            versions = [*own, there.version_for("", report.as_of)]
        return any(is_the_same(row, one) for one in versions)

    def change_terms(self, row: Row, there: KnownIndicator) -> list[str]:
        given = {name: row.values[name] for name in SAID if row.values.get(name) is not None}
        found = said_otherwise(
            self.known, row, there.terms,
            lambda terms: {name: new for name, new in given.items() if getattr(terms, name) != new},
        )  # fmt: skip
        if found is None:
            return []
        self.say(there, found[0])
        return found[1]

    def say(self, there: KnownIndicator, terms: IndicatorTerms) -> None:
        there.terms.append(terms)
        self.terms.append(terms)

    def change_note(self, row: Row, there: KnownIndicator) -> list[str]:
        new, old = row["note"], there.row.note
        if new is None or same(new, old):
            return []
        there.row.note = new
        self.noted.append(there.row)
        return [f"note {old or 'none'} → {new or 'none'}"]

    def warn(self, code: str, version: Version) -> None:
        """Nothing is refused for it: real benchmarks have such baselines and targets."""
        baseline, direction = version.fields["baseline_value"], version.fields["direction"]
        if (dated := version.fields["baseline_date"]) and dated > self.known.today:
            self.outcome.remark(f"{code} has a baseline of {dated}, which is still to come")
        for target in version.targets:
            value = target["target_value"]
            if baseline is not None and value is not None and passes(direction, baseline, value):
                self.outcome.remark(f"{code} is met already by its baseline: {plain(baseline)} against {plain(value)}")

    def show(self, reading: Reading, row: Row, code: str) -> str:
        """How the report that the row comes from numbers it."""
        shown, source = row["code_in_source"], row["source"] or ""
        if not shown:
            return ""
        if source not in self.known.reports:
            if shown != code:
                self.outcome.remark(f"{source or 'no report'} is not listed as a report, so that it numbers {code} as "
                                    f"{shown} is not kept")  # fmt: skip
            return ""
        return show(self.known, self.shown, reading, row, source, code, shown)

    # --- written

    def write(self, earliest: dict[str, date]) -> None:
        """`earliest` is the first day for which the file has a value, of each indicator."""
        known = self.known
        for there in self.new:
            there.row.benchmark = known.benchmarks[there.benchmark].row
        Indicator.objects.bulk_create(there.row for there in self.new)
        Indicator.objects.bulk_update(self.noted, ["note"])
        again(self.terms, "indicator")
        write(self.terms)
        rows = []
        for there, version in self.versions:
            if version.number == 1 and version.source not in known.reports:
                version.holds_from = min(version.holds_from, earliest.get(there.code, version.holds_from))
            rows.append(definition_row(known, there, version))
        self.written = Definition.objects.bulk_create(rows)
        Target.objects.bulk_create(
            target_row(definition, target)
            for definition, (_, version) in zip(rows, self.versions, strict=True)
            for target in version.targets
        )

    def write_shown(self) -> None:
        known = self.known
        DisplayCode.objects.bulk_create(
            DisplayCode(report=known.reports[report].row, indicator=known.indicators[code].row, code=shown)
            for (report, code), shown in self.shown.items()
        )


def show(
    known: Known, new: dict[tuple[str, str], str], reading: Reading, row: Row, report: str, code: str, shown: str
) -> str:
    """A report numbers an indicator in one way; says what is new."""
    there = known.shown_as.get((report, code))
    if there == shown:
        return ""
    other = known.stands_for.get((report, shown))
    if there is not None or other is not None:
        reason = f"{report} numbers {code if there else other} as {there or shown} already"
        reading.refuse(row, "code_in_source", reason)
        return ""
    known.show(report, code, shown)
    new[report, code] = shown
    return f"numbered {shown} in {report}" if shown != code else ""


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
