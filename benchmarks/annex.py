"""The annex of the benchmarks: what the reports' own table says, of any day, as known on any day.

A row is an indicator. What is shown as its progress is what was said last, in numbers or in words; met and not met are
of the last number, as everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from transitions.access.permissions import Marking
from transitions.status.panels import View

from .at_a_day import counted
from .chart import LABELS
from .listing import indicators_at
from .met import plain
from .models import Benchmark, Measurement
from .readiness import readiness_for
from .records import read

SIGNS = {">=": "≥", "<=": "≤", "=": "="}


class Line(NamedTuple):
    """One indicator, each cell in words."""

    indicator: str
    baseline: str
    target: str
    judged: str  # the class
    progress: str
    met: str
    source: str  # of the class
    note: str


@dataclass(frozen=True)
class Part:
    """One benchmark with its indicators."""

    benchmark: str
    about: str
    marking: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Annex:
    transition: Any
    view: View
    parts: Sequence[Part]
    by_class: Mapping[str, int]
    published: str

    @property
    def marking(self) -> Marking:
        """The strictest of what is in it."""
        return Marking.strictest([Marking.UNCLASSIFIED, *(part.marking for part in self.parts)])


def annex_of(transition: Any, view: View) -> Annex:
    """What the viewer may see, in a fixed number of queries."""
    records = read([transition], view)
    found = readiness_for([transition], view, records=records)[transition.pk]
    rows = indicators_at(transition, view, records)
    said = said_last([row["id"] for row in rows], view)
    markings = dict(Benchmark.objects.filter(transition=transition).values_list("code", "marking"))
    parts = [
        Part(f"{one['code']} {one['title']}", about(one), markings[one["code"]],
             [line(row, said.get((row["id"], row["definition"]))) for row in rows if row["benchmark"] == one["code"]])
        for one in found["benchmarks"]
    ]  # fmt: skip
    return Annex(transition, view, parts, found["indicators"]["by_class"], published(found["reports"], view))


def said_last(indicators: Sequence[int], view: View) -> dict[tuple[int, int], Measurement]:
    """Of each indicator and definition the latest that was said, in numbers or in words."""
    rows = counted(None, view.as_of, known_at=view.known_at).filter(indicator__in=indicators)
    latest = rows.order_by("definition_id", "-holds_from", "-pk").distinct("definition_id")
    related = latest.select_related("definition", "report")
    return {(row.indicator_id, row.definition.number): row for row in related}


def about(one: Mapping[str, Any]) -> str:
    said = ["Condition for exit"] if one["condition_for_exit"] else ["Informs; the exit does not depend on it"]
    said.append(f"class: {LABELS[one['class']]}")
    if one["override"]:
        said[-1] += f", by a person; by its indicators {LABELS[one['class_of_indicators']]}"
    if one["worst_known"] and one["worst_known"] != one["class"]:
        said.append(f"worst known: {LABELS[one['worst_known']]}")
    return "; ".join([*said, f"by measurements: {words(one['met'])}"])


def line(row: Mapping[str, Any], said: Measurement | None) -> Line:
    return Line(
        indicator=f"{row['code']} {row['statement'] or ''}".strip()
        + (" (informs only)" if row["informs_only"] else ""),
        baseline=aimed(row["baseline"], "", row["unit"]),
        target=aimed(row["target"], SIGNS.get(row["direction"] or "", ""), row["unit"]),
        judged=LABELS[row["class"]],
        progress=progress(said, row["unit"]),
        met=f"by measurements: {words(row['met'])}",
        source=source(row["assessment"]),
        note=". ".join(dict.fromkeys(notes(row, said))),
    )


def aimed(what: Mapping[str, Any] | None, sign: str, unit: str) -> str:
    """In the source's words where it has some, else the number; with its day."""
    if what is None or (what["value"] is None and not what["text"]):
        return "none"
    said = what["text"] or f"{sign} {amount(what['value'], unit)}".strip()
    return f"{said} ({in_full(what['date'])})" if what["date"] else said


def in_full(on: date) -> str:
    """As the reports write days: in a narrow column it does not break like 2019-10-31."""
    return f"{on.day} {on:%B %Y}"


def amount(value: Decimal, unit: str) -> str:
    return f"{plain(value)} {unit}".strip()


def progress(said: Measurement | None, unit: str) -> str:
    if said is None:
        return "nothing on record"
    if said.value_text or said.value is not None:
        return said.value_text or amount(said.value or Decimal(0), unit)
    if said.parts:
        return "; ".join(f"{name} {value}" for name, value in said.parts.items())
    if said.numerator is not None and said.denominator is not None:
        return f"{plain(said.numerator)} of {plain(said.denominator)}"
    return "not collected" if said.quality == Measurement.Quality.NOT_COLLECTED else "no number"


def source(judgement: Mapping[str, Any] | None) -> str:
    if judgement is None:
        return ""
    return f"{judgement['report'] or judgement['source'] or judgement['verified_by']}, {in_full(judgement['as_of'])}"


def notes(row: Mapping[str, Any], said: Measurement | None) -> Iterator[str]:
    if said is not None:
        yield from (one for one in (said.note, window(said)) if one)
        yield from [words(said.quality)] if said.quality else []
    if row["assessment"] and row["assessment"]["note"]:
        yield row["assessment"]["note"]
    if (row["definition"] or 1) > 1:
        yield f"Definition {row['definition']}: not one line with what was counted before"


def window(said: Measurement) -> str:
    if said.period_start and said.period_end:
        return f"Counted from {in_full(said.period_start)} to {in_full(said.period_end)}"
    return f"As of {in_full(said.period_end)}" if said.period_end else ""


def published(reports: Sequence[Mapping[str, Any]], view: View) -> str:
    """What the last report up to the day publishes of itself, and where it contradicts its own symbols."""
    own = [one for one in reports if one["published"]]
    if not own:
        return ""
    latest = own[-1]
    differs = "; ".join(
        f"{LABELS[one['class']]} {one['published']} published, {one['ours']} counted" for one in latest["differs"]
    )
    return f"{latest['symbol']} publishes a count of its own: {differs or 'the same as counted here for its day'}."


def words(code: str) -> str:
    return code.replace("_", " ")
