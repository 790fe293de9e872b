"""The updates of a file in a table of their own, for as long as the import lasts; compared and written as sets."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

from transitions.workflow.bulk import begin_selected

from ..models import Assessment, Measurement
from .corrections import CORRECTED, CORRECTING, NOTHING_THERE, OF_NOTHING, WHAT
from .known import Known
from .outcome import CHANGED, LISTED, Outcome

COLUMNS = {
    "line": "integer", "bad": "boolean", "indicator": "text", "number": "smallint", "report": "text", "as_of": "date",
    "value": "numeric(20, 6)", "value_text": "text", "judged": "text", "note": "text", "page": "text",
    "period_start": "date", "period_end": "date", "numerator": "numeric(20, 6)", "denominator": "numeric(20, 6)",
    "quality": "text", "parts": "jsonb", "disaggregated": "jsonb", "correction": "text",
}  # fmt: skip
TEXTS = ("value_text", "note", "page", "quality")
COMPARED = (
    "as_of", "value", *TEXTS, "period_start", "period_end", "numerator", "denominator", "parts", "disaggregated",
)  # fmt: skip
OF_A_ROW = {"class": "judged"}  # columns of the file that have another name here
AS_MEASURED = {"as_of": "holds_from"}  # and in the table of measurements
FIXED = "what is recorded is never edited (it is {recorded}): "
HOW_VALUE = FIXED + "to supersede it, say why in the column “correction”"
HOW_CLASS = FIXED + "record a later assessment, which overtakes it, or say in the column “correction” why it was wrong"

EMPTY = "coalesce({name}::text, '') IN ('', '{{}}')"  # a class alone is no value: note and page are the judgement's
UNSAID = " AND ".join(EMPTY.format(name=name) for name in COMPARED if name not in ("as_of", "note", "page"))

MATCHED = """
    FROM staged s
    JOIN benchmarks_indicator i ON i.transition_id = %(transition)s AND i.code = s.indicator
    LEFT JOIN benchmarks_report r ON r.transition_id = %(transition)s AND r.symbol = s.report AND s.report <> ''
    JOIN {table} m ON m.indicator_id = i.id AND coalesce(m.report_id, 0) = coalesce(r.id, 0)
        AND (s.report = '' OR r.id IS NOT NULL) AND (s.report <> '' OR m.{day} = s.as_of)"""


class Staging:
    def __init__(self, known: Known, outcome: Outcome) -> None:
        self.known, self.outcome = known, outcome
        self.file, self.compared, self.rows = "", (), 0  # type: tuple[str, tuple[str, ...], int]

    @contextmanager
    def open(self) -> Iterator[None]:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        self.run("DROP TABLE IF EXISTS staged")
        self.run(f"CREATE TEMPORARY TABLE staged ({columns}, measurement_id bigint, new_value boolean DEFAULT true, "
                 "new_class boolean DEFAULT true, corrects bigint, corrects_class boolean DEFAULT false) "
                 "ON COMMIT DROP")  # fmt: skip
        yield
        self.run("DROP TABLE staged")

    @contextmanager
    def filling(self) -> Iterator[Any]:
        """While it is filled no other query can be asked on this connection."""
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY staged ({', '.join(COLUMNS)}) FROM STDIN") as copy,
        ):
            yield copy.write_row
        self.run("ANALYZE staged")

    def run(self, statement: str, **given: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"transition": self.known.transition.pk, **given})
            return int(cursor.rowcount)

    def ask(self, statement: str, **given: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"transition": self.known.transition.pk, **given})
            return list(cursor.fetchall())

    # --- looked at as a whole

    def check(self, file: str, present: set[str]) -> None:
        self.file = file
        self.compared = tuple(name for name in COMPARED if name in present)
        self.refuse_twice()
        self.compare_values()
        self.compare_classes()
        self.count()

    def refuse_twice(self) -> None:
        """Of one report an indicator has one row; of no report, one a day."""
        found = self.ask(f"""
            SELECT line, first, indicator FROM (
                SELECT line, bad, indicator, min(line) OVER (
                    PARTITION BY indicator, report, CASE WHEN report = '' THEN as_of END) AS first FROM staged) s
            WHERE line > first ORDER BY line LIMIT {LISTED + 1}""")  # noqa: S608
        for line, first, indicator in found:
            self.outcome.refuse(self.file, line, "indicator", indicator, f"it stands in line {first} already")

    def compare_values(self) -> None:
        """Equal to what is recorded, also to what was corrected since: it is there. Else it contradicts."""
        same = " AND ".join(self.equal(name) for name in self.compared) or "true"
        self.run(f"""
            UPDATE staged SET new_value = false, measurement_id = there.same FROM (
                SELECT s.line, max(m.id) FILTER (WHERE {same}) AS same
                {MATCHED.format(table="benchmarks_measurement", day="holds_from")}
                WHERE NOT s.bad GROUP BY s.line) there
            WHERE there.line = staged.line""")  # noqa: S608
        self.run(CORRECTING.format(MATCHED.format(table="benchmarks_measurement", day="holds_from")))
        for line, indicator, report in self.ask(f"""
                SELECT line, indicator, report FROM staged WHERE NOT new_value AND measurement_id IS NULL
                ORDER BY line LIMIT {LISTED + 1}"""):  # noqa: S608
            self.say_what_differs(line, indicator, report)

    def equal(self, name: str) -> str:
        there = f"m.{AS_MEASURED.get(name, name)}"
        if name in TEXTS:
            return f"s.{name} = btrim(replace({there}, E'\\r\\n', E'\\n'), E' \\t\\r\\n')"
        return f"s.{name} IS NOT DISTINCT FROM {there}"

    def say_what_differs(self, line: int, indicator: str, report: str) -> None:
        there = ", ".join(f"{self.equal(name)}, m.{AS_MEASURED.get(name, name)}::text, s.{name}::text"
                          for name in self.compared)  # fmt: skip
        [row] = self.ask(
            f"""
            SELECT {there} {MATCHED.format(table="benchmarks_measurement", day="holds_from")}
            WHERE s.line = %(line)s ORDER BY m.id DESC LIMIT 1""",
            line=line,
        )
        for place, name in enumerate(self.compared):
            equal, recorded, given = row[place * 3 : place * 3 + 3]
            if not equal:
                kept = f"{bare(name, recorded)}" if recorded not in (None, "") else "empty"
                self.outcome.refuse(self.file, line, name, bare(name, given), HOW_VALUE.format(recorded=kept))
                return

    def compare_classes(self) -> None:
        self.run("UPDATE staged SET new_class = false WHERE coalesce(judged, '') = ''")
        found = f"""
            SELECT s.line, bool_or(m.judged = s.judged) AS same, max(m.judged) AS judged, max(s.judged) AS given
            {MATCHED.format(table="benchmarks_assessment", day="as_of")}
            WHERE NOT s.bad AND s.new_class GROUP BY s.line"""
        for line, judged, given in self.ask(f"""
                SELECT line, found.judged, given FROM ({found}) found JOIN staged USING (line)
                WHERE NOT same AND correction = '' ORDER BY line LIMIT {LISTED + 1}"""):  # noqa: S608
            self.outcome.refuse(self.file, line, "class", given, HOW_CLASS.format(recorded=judged))
        self.run(f"UPDATE staged SET new_class = NOT same AND correction <> '', corrects_class = true "  # noqa: S608
                 f"FROM ({found}) found WHERE found.line = staged.line")  # fmt: skip
        self.run(f"UPDATE staged SET new_value = false WHERE judged <> '' AND corrects IS NULL AND {UNSAID}")  # noqa: S608
        for line, correction in self.ask(f"{OF_NOTHING} ORDER BY line LIMIT {LISTED + 1}"):
            self.outcome.refuse(self.file, line, "correction", correction, NOTHING_THERE)

    def count(self) -> None:
        for what, number in self.ask(f"SELECT {WHAT}, count(*) FROM staged WHERE NOT bad GROUP BY 1"):  # noqa: S608
            self.outcome.count("updates", what, number)

    def preview(self, limit: int) -> Iterator[tuple[int, str, str, str]]:
        """Of each row that is new its line, what it is about, what becomes of it, and what it says."""
        for line, report, indicator, value, judged, new_value, correction, what in self.ask(f"""
                SELECT line, report, indicator, coalesce(value::float8::text, value_text, ''),
                    coalesce(judged, ''), new_value, correction, {WHAT}
                FROM staged WHERE NOT bad AND (new_value OR new_class) ORDER BY line LIMIT {limit}"""):  # noqa: S608
            said = ", ".join(part for part in (value, judged.replace("_", " ")) if part)
            as_what = "" if report else "comes in as submitted: "
            told = f"{as_what}{said}" if new_value else f"only its class is new: {judged}"
            told = f"corrected, as known from today: {said} ({correction})" if what == CHANGED else told
            yield line, f"{indicator}{f' in {report}' if report else ''}", what, told

    def counts_of(self, report: str) -> Mapping[str, int]:
        """By class, of what this file brings for a report."""
        return dict(self.ask(
            "SELECT judged, count(*) FROM staged WHERE report = %(report)s AND judged <> '' GROUP BY judged",
            report=report,
        ))  # fmt: skip

    def names_reports(self, named: bool = True) -> bool:
        """Whether some row does (or does not)."""
        return bool(self.ask("SELECT 1 FROM staged WHERE (report <> '') = %(named)s AND NOT bad LIMIT 1", named=named))

    # --- written

    def write(self) -> None:
        self.run("UPDATE staged SET measurement_id = nextval(pg_get_serial_sequence('benchmarks_measurement', 'id')) "
                 "WHERE new_value")  # fmt: skip
        given = {"now": self.known.now, "by": self.known.by.pk, "today": self.known.today}
        for corrections in (False, True):
            self.run(self.inserting_values(corrections), **given)
        for state, named in (("verified", True), ("submitted", False)):
            if not self.names_reports(named):
                continue
            columns = [
                "indicator_id", "definition_id", "report_id", "measurement_id", "as_of", "judged", "note", "page",
                "entered_by_id", "submitted_on",
            ]  # fmt: skip
            begin_selected(
                Assessment, columns, self.judged(named), transition=self.known.transition, by=self.known.by,
                now=self.known.now, state=state, from_facts=named,
            )  # fmt: skip

    def inserting_values(self, corrections: bool) -> str:
        """What the file has no column for is as in the measurement that is corrected, and empty where none is."""
        empty = {"parts": "'{}'", "disaggregated": "'{}'", **dict.fromkeys(TEXTS, "''")}
        kept = [name for name in COMPARED if name != "as_of"]
        given = {name: f"coalesce(s.{name}, {empty[name]})" if name in empty else f"s.{name}" for name in kept}
        if corrections:
            given = {name: given[name] if name in self.compared else f"old.{name}" for name in kept}
        known, old = ("%(today)s", CORRECTED) if corrections else ("coalesce(r.known_from, %(today)s)", "")
        return f"""
            INSERT INTO {Measurement._meta.db_table} (id, indicator_id, definition_id, report_id, {", ".join(kept)},
                holds_from, known_from, recorded_at, by_id, source, approximate, reason, supersedes_id)
            SELECT s.measurement_id, i.id, d.id, r.id, {", ".join(given.values())},
                s.as_of, {known}, %(now)s, %(by)s, s.report, false, {"s.correction" if old else "''"}, s.corrects
            {self.found()} {old} WHERE s.new_value AND s.corrects IS {"NOT" if old else ""} NULL ORDER BY s.line"""

    def judged(self, named: bool) -> str:
        """Of rows that name a report it is a fact of that report; of others, what a person submits."""
        known = f"CASE WHEN s.corrects_class THEN '{self.known.today}'::date ELSE r.known_from END"
        alone = "s.measurement_id IS NULL"
        waits = "NULL::date" if named else f"'{self.known.today}'::date"
        fact = f", s.report AS fact_source, s.as_of AS fact_holds_from, {known} AS fact_known_from" if named else ""
        return f"""
            SELECT i.id AS indicator_id, d.id AS definition_id, r.id AS report_id, s.measurement_id, s.as_of, s.judged,
                CASE WHEN s.corrects_class THEN s.correction WHEN {alone} THEN coalesce(s.note, '') ELSE '' END AS note,
                CASE WHEN {alone} THEN coalesce(s.page, '') ELSE '' END AS page,
                {int(self.known.by.pk)} AS entered_by_id, {waits} AS submitted_on{fact}
            {self.found()} WHERE s.new_class AND (s.report <> '') = {str(named).lower()} ORDER BY s.line"""

    def found(self) -> str:
        here = int(self.known.transition.pk)
        return f"""
            FROM staged s
            JOIN benchmarks_indicator i ON i.transition_id = {here} AND i.code = s.indicator
            JOIN benchmarks_definition d ON d.indicator_id = i.id AND d.number = s.number
            LEFT JOIN benchmarks_report r ON r.transition_id = {here} AND r.symbol = s.report"""


def bare(name: str, text: str | None) -> str:
    """A number without the zeros that the database keeps."""
    given = text or ""
    return given.rstrip("0").rstrip(".") if name in ("value", "numerator", "denominator") and "." in given else given
