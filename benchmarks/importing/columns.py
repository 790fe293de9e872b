"""The columns of the five tables. The order is that of the export; whatever is not needed may be left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..models import Benchmark, Definition, Measurement, ReadinessClass
from .cells import Parse, code, day, number, one_of, small, text, whole, yes_no
from .several import listed, pairs, parts

CLASSES = [one for one in ReadinessClass.values if one != ReadinessClass.NOT_ASSESSED]
CODES_OF_DIRECTION = "direction"  # the one column in which a cell may begin with “=”


@dataclass(frozen=True)
class Column:
    name: str
    parse: Parse
    needed: bool = False  # the column is there, and no cell of it is empty
    empty: Callable[[], Any] = lambda: None


def words(name: str, parse: Parse | None = None, *, needed: bool = False) -> Column:
    return Column(name, parse or text(), needed=needed, empty=str)


def numbers(*names: str) -> list[Column]:
    return [Column(name, number) for name in names]


def days(*names: str) -> list[Column]:
    return [Column(name, day) for name in names]


BENCHMARKS = [
    words("code", code, needed=True), words("statement", needed=True), words("pillar", text(40)),
    words("level", one_of(Benchmark.Level.values, "level")), Column("report_section", listed(40), empty=list),
    words("source"), words("title", text(300)), words("basis", one_of(Benchmark.Basis.values, "basis")),
    Column("condition_for_exit", yes_no), words("serves"), words("paragraph", text(80)), words("reason"),
    Column("version", small()),
]  # fmt: skip

INDICATORS = [
    words("code", code, needed=True), words("benchmark", code, needed=True), words("statement", needed=True),
    words("kind", one_of(Definition.Kind.values, "kind"), needed=True), words("unit", text(120)),
    words("direction", one_of(Definition.Direction.values, "direction"), needed=True),
    *numbers("baseline_value"), words("baseline_text"), *days("baseline_date"), *numbers("target_value"),
    words("target_text"), *days("target_date"), words("source"), words("target_timeline", text(80)), words("window"),
    words("source_page", text(20)), words("code_in_source", code), Column("per", whole),
    words("period_basis", one_of(Definition.Period.values, "basis of a period")),
    Column("rungs", listed(200), empty=list), Column("parts", parts, empty=list),
    Column("disaggregation", listed(60), empty=list), words("means_of_verification"),
    Column("informs_only", yes_no), Column("frequency_days", small()), words("note"), words("reason"),
    Column("version", small()),
]  # fmt: skip

REPORTS = [
    words("report", text(80), needed=True), Column("as_of", day, needed=True), Column("issued_on", day, needed=True),
    words("holds"),
]  # fmt: skip

UPDATES = [
    words("report", text(80)), Column("as_of", day, needed=True), words("indicator", code, needed=True),
    *numbers("value"), words("value_text"), words("class", one_of(CLASSES, "class")), words("note"),
    words("page", text(20)), *days("period_start", "period_end"), *numbers("numerator", "denominator"),
    words("quality", one_of(Measurement.Quality.values, "quality")), Column("parts", pairs, empty=dict),
    Column("disaggregated", pairs, empty=dict), words("code_in_source", code), words("correction"),
]  # fmt: skip

ROLL_UPS = [
    words("report", text(80), needed=True), Column("as_of", day, needed=True),
    *(Column(one, whole) for one in CLASSES), words("paragraph", text(120)), words("page", text(20)),
    Column("total", whole),
]  # fmt: skip

TABLES: dict[str, dict[str, Column]] = {
    name: {column.name: column for column in columns}
    for name, columns in (
        ("reports", REPORTS), ("benchmarks", BENCHMARKS), ("indicators", INDICATORS), ("updates", UPDATES),
        ("rollups", ROLL_UPS),
    )
}  # fmt: skip


def described() -> str:
    """For whoever writes such a file."""
    lines = []
    for name, columns in TABLES.items():
        needed = [column.name for column in columns.values() if column.needed]
        others = [column.name for column in columns.values() if not column.needed]
        lines.append(f"{name}: {', '.join(needed)}; where there is something to say also {', '.join(others)}.")
    return "\n".join(lines)
