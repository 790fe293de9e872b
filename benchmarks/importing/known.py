"""What is there before the import, read once behind the lock, and what the files add to it on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from transitions.clock.present import day

from ..models import (
    Benchmark,
    BenchmarkTerms,
    Definition,
    DisplayCode,
    Indicator,
    IndicatorTerms,
    Report,
    RollUp,
    Wording,
)
from .cells import range_in
from .rows import one_way

PLAIN_OF_DEFINITION = (
    "statement", "kind", "unit", "direction", "baseline_value", "baseline_text", "baseline_date", "window", "per",
    "period_basis", "rungs", "parts", "disaggregation", "means_of_verification",
)  # fmt: skip


@dataclass
class NamedReport:
    """`as_of` of one that no `reports` lists is the latest day that a row of it gives."""

    symbol: str
    as_of: date
    known_from: date
    listed: bool
    holds: str = ""
    row: Report | None = None


@dataclass
class Version:
    """One definition of an indicator, there already or to be written."""

    number: int
    fields: dict[str, Any]
    targets: list[dict[str, Any]]
    source: str
    holds_from: date
    known_from: date
    page: str = ""
    reason: str = ""
    new: bool = False
    lowest: int = 0
    highest: int | None = None

    def __post_init__(self) -> None:
        """Of a ladder, the rungs that there are."""
        given = range_in(self.fields["unit"]) or ((1, len(self.fields["rungs"])) if self.fields["rungs"] else (0, None))
        self.lowest, self.highest = given

    def misfit(self, value: Decimal) -> str:
        """Why a value is not of this indicator's kind; empty where it is."""
        kind = self.fields["kind"]
        if kind == "ladder" and not self.is_a_rung(value):
            rungs = f"from {self.lowest} to {self.highest}" if self.highest is not None else "numbered from 0"
            return f"this is no rung of the ladder: they are {rungs}"
        if kind == "yes_no" and value not in (0, 1):
            return "yes is 1 and no is 0"
        if kind in ("count", "cumulative") and value != value.to_integral_value():
            return "a count is a whole number"
        if kind == "percentage" and not 0 <= value <= 100:
            return "a percentage lies between 0 and 100"
        if kind != "survey" and value < 0:
            return f"a {kind.replace('_', ' ')} is never below 0"
        return ""

    def is_a_rung(self, value: Decimal) -> bool:
        return value == value.to_integral_value() and self.lowest <= value and (
            self.highest is None or value <= self.highest
        )  # fmt: skip


@dataclass
class KnownIndicator:
    code: str
    benchmark: str
    versions: list[Version]
    row: Indicator
    terms: list[IndicatorTerms]
    chosen: dict[tuple[str, date], Version] = field(default_factory=dict)

    def version_for(self, report: str, as_of: date) -> Version:
        """The definition that the report itself gives, else the one in force on the day, else the first.

        In force is the one that holds from the latest day: an older report may have come in after a newer one.
        """
        key = (report, as_of)
        if key not in self.chosen:
            own = [one for one in self.versions if report and one.source == report]
            standing = [one for one in self.versions if one.holds_from <= as_of]
            standing.sort(key=lambda one: (one.holds_from, one.number))
            self.chosen[key] = (own or standing or self.versions[:1])[-1]
        return self.chosen[key]


@dataclass
class KnownBenchmark:
    """With what is said of it, and in which words, in the order in which it was recorded."""

    row: Benchmark
    wordings: list[Wording]
    terms: list[BenchmarkTerms]


@dataclass
class Known:
    transition: Any
    by: Any
    now: datetime
    today: date
    reports: dict[str, NamedReport] = field(default_factory=dict)
    roll_ups: dict[str, RollUp] = field(default_factory=dict)
    benchmarks: dict[str, KnownBenchmark] = field(default_factory=dict)
    indicators: dict[str, KnownIndicator] = field(default_factory=dict)
    unseen: dict[str, set[str]] = field(default_factory=dict)
    pillars: dict[str, Any] = field(default_factory=dict)
    sectors: dict[str, Any] = field(default_factory=dict)
    shown_as: dict[tuple[str, str], str] = field(
        default_factory=dict
    )  # (report, code of an indicator) → as it shows it
    stands_for: dict[tuple[str, str], str] = field(default_factory=dict)  # (report, as it shows it) → the code

    def show(self, report: str, code: str, as_shown: str) -> None:
        self.shown_as[report, code] = as_shown
        self.stands_for[report, as_shown] = code

    def stamp(self, source: str) -> dict[str, Any]:
        """The columns of a fact row that a row of a file gives."""
        holds_from, known_from = self.days_of(source)
        return {"source": source, "holds_from": holds_from, "known_from": known_from, "recorded_at": self.now,
                "by": self.by}  # fmt: skip

    def days_of(self, source: str) -> tuple[date, date]:
        """From when what a document says holds and is known; of one that is not listed, from the day of import."""
        report = self.reports.get(source)
        return (report.as_of, report.known_from) if report else (self.today, self.today)


def read_known(transition: Any, *, by: Any, now: datetime) -> Known:
    """In a fixed number of queries. What the person does not see is not there, but its code is taken."""
    known = Known(transition, by, now, day(now, transition.time_zone))
    for report in Report.objects.filter(transition=transition).select_related("roll_up"):
        known.reports[report.symbol] = NamedReport(
            report.symbol, report.holds_from, report.known_from, report.listed, report.holds, report
        )
        if hasattr(report, "roll_up"):
            known.roll_ups[report.symbol] = report.roll_up
    known.pillars = {pillar.code: pillar for pillar in transition.pillars.all()}
    known.sectors = {sector.name.lower(): sector for sector in transition.sectors.all()}
    read_benchmarks(known)
    read_indicators(known)
    shown = DisplayCode.objects.filter(report__transition=transition, indicator__isnull=False)
    for symbol, code, as_shown in shown.values_list("report__symbol", "indicator__code", "code"):
        known.show(symbol, code, as_shown)
    return known


def read_benchmarks(known: Known) -> None:
    every = Benchmark.objects.filter(transition=known.transition)
    seen = every.visible_to(known.by, now=known.now).select_related("pillar", "transition")
    terms = Prefetch("terms", BenchmarkTerms.objects.order_by("number").select_related("pillar"))
    for row in seen.prefetch_related("wordings", terms):
        wordings = sorted(row.wordings.all(), key=lambda one: one.number)
        known.benchmarks[row.code] = KnownBenchmark(row, wordings, [*row.terms.all()])
    known.unseen["benchmarks"] = {*every.values_list("code", flat=True)} - known.benchmarks.keys()


def read_indicators(known: Known) -> None:
    every = Indicator.objects.filter(transition=known.transition)
    seen = every.visible_to(known.by, now=known.now).select_related("benchmark")
    terms = Prefetch("terms", IndicatorTerms.objects.order_by("number"))
    for row in seen.prefetch_related("definitions__targets", terms):
        definitions = sorted(row.definitions.all(), key=lambda one: one.number)
        versions = [version_of(one) for one in definitions]
        known.indicators[row.code] = KnownIndicator(row.code, row.benchmark.code, versions, row, [*row.terms.all()])
    known.unseen["indicators"] = {*every.values_list("code", flat=True)} - known.indicators.keys()


def version_of(row: Definition) -> Version:
    fields = {name: getattr(row, name) for name in PLAIN_OF_DEFINITION}
    targets = [
        {"target_value": one.value, "target_text": one.text, "target_date": one.date, "target_timeline": one.timeline}
        for one in row.targets.all()
    ]
    return Version(row.number, fields, targets, row.source, row.holds_from, row.known_from, row.page, row.reason)


def same(one: Any, other: Any) -> bool:
    return one_way(one) == one_way(other) if isinstance(one, str) and isinstance(other, str) else bool(one == other)


def differing(given: Mapping[str, Any], there: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """The columns that the file has and in which it says something else."""
    return [name for name in columns if name in given and not same(given[name], there[name])]
