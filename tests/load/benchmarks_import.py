"""100,000 updates through the import beside COPY and bare SQL for the same rows, of one file.

Each turn happens in a transaction that is rolled back: nothing is left in the database.
"""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

from tests.load.sweep import clocked, undone

NOW = datetime(2020, 12, 1, 6, 0, tzinfo=UTC)
INDICATORS, REPORTS, ROUNDS = 1000, 100, 3
CLASSES = ("on_track", "positive", "stagnating", "descending", "not_on_track", "no_update_expected")

COLUMNS = ["report", "as_of", "indicator", "value", "value_text", "class", "note", "page", "period_start", "period_end",
           "numerator", "denominator"]  # fmt: skip
STAGED = """
CREATE TEMPORARY TABLE by_hand (report text, as_of date, indicator text, value numeric, value_text text, class text,
    note text, page text, period_start date, period_end date, numerator numeric, denominator numeric) ON COMMIT DROP"""
COPY = "COPY by_hand FROM STDIN (FORMAT csv, HEADER true)"
MEASUREMENTS = """
INSERT INTO benchmarks_measurement (indicator_id, definition_id, report_id, value, value_text, note, page, quality,
    period_start, period_end, numerator, denominator, parts, disaggregated, reason, holds_from, known_from, recorded_at,
    by_id, source, approximate)
SELECT i.id, d.id, r.id, s.value, coalesce(s.value_text, ''), coalesce(s.note, ''), coalesce(s.page, ''), '',
    period_start, period_end, numerator, denominator, '{}', '{}', '', as_of, r.known_from, %(now)s,
    %(by)s, s.report, false
FROM by_hand s
JOIN benchmarks_indicator i ON i.transition_id = %(here)s AND i.code = s.indicator
JOIN benchmarks_definition d ON d.indicator_id = i.id
JOIN benchmarks_report r ON r.transition_id = %(here)s AND r.symbol = s.report"""
ASSESSMENTS = """
WITH made AS (
    INSERT INTO benchmarks_assessment (indicator_id, definition_id, report_id, measurement_id, as_of, judged, note,
        page, entered_by_id, state, version)
    SELECT m.indicator_id, m.definition_id, m.report_id, m.id, s.as_of, s.class, '', '', %(by)s, 'verified', 1
    FROM by_hand s
    JOIN benchmarks_indicator i ON i.transition_id = %(here)s AND i.code = s.indicator
    JOIN benchmarks_report r ON r.transition_id = %(here)s AND r.symbol = s.report
    JOIN benchmarks_measurement m ON m.indicator_id = i.id AND m.report_id = r.id
    WHERE s.class <> '' RETURNING id, report_id, as_of)
INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role, reason,
    on_request_of, passed_over, holds_from, known_from, recorded_at, by_id, source, approximate)
SELECT %(here)s, 'benchmarks.assessment', made.id, 1, '', '', 'verified', 'planner', '', '', '[]', made.as_of,
    r.known_from, %(now)s, %(by)s, r.symbol, false
FROM made JOIN benchmarks_report r ON r.id = made.report_id"""


def measure() -> list[str]:
    """Needs Django to be set up on a migrated database."""
    from django.db import connection, transaction

    with tempfile.TemporaryDirectory() as place, transaction.atomic(), connection.cursor() as cursor:
        folder = Path(place)
        here, by = set_up(folder / "set-up")
        tenth, file = folder / "tenth" / "updates.csv", folder / "updates.csv"
        tenth.parent.mkdir()
        write(tenth, COLUMNS, islice(updates(), INDICATORS * REPORTS // 10))
        write(file, COLUMNS, updates())
        for table in ("indicator", "definition", "report"):
            cursor.execute(f"ANALYZE benchmarks_{table}")
        bring(folder / "set-up", here, by)  # once, so that only what grows with the file is left to grow
        peaks = [peak()]
        with undone():
            bring(tenth, here, by)
        peaks.append(peak())
        ours, theirs = [], []
        for _ in range(ROUNDS):
            with undone():
                ours.append(clocked(lambda: settled(cursor, lambda: bring(file, here, by))))
                peaks.append(peak())
                written = rows(cursor, here.pk)
            with undone():
                theirs.append(clocked(lambda: settled(cursor, lambda: by_hand(cursor, file, here, by))))
                assert rows(cursor, here.pk) == written, "the two do not write the same rows"
        with undone():
            bring(file, here, by)
            again = clocked(lambda: bring(file, here, by))
        transaction.set_rollback(True)
    return [
        f"{written[0]:,} updates: {min(ours):.2f} s, COPY and bare SQL {min(theirs):.2f} s",
        f"  ratio {min(ours) / min(theirs):.2f} (aim 3 or less); once more, with nothing new {again:.2f} s",
        f"  the most memory that the process has held: before it {peaks[0]:.0f} MB, after a tenth of the file "
        f"{peaks[1]:.0f} MB, after the whole of it {peaks[2]:.0f} MB",
    ]


def set_up(folder: Path) -> tuple[Any, Any]:
    """A transition with its indicators and reports, brought in as well."""
    from tests import world
    from transitions.access.permissions import Role

    here = world.transition("under_way")
    by = world.person(Role.PLANNER, here)
    folder.mkdir()
    write(folder / "benchmarks.csv", ["code", "statement"], ([str(n), f"Condition {n}"] for n in range(20)))
    write(folder / "indicators.csv", ["code", "benchmark", "statement", "kind", "direction", "target_value"],
          ([f"{n % 20}.{n}", str(n % 20), f"Cases of kind {n}", "count", ">=", "100"]
           for n in range(INDICATORS)))  # fmt: skip
    write(folder / "reports.csv", ["report", "as_of", "issued_on"],
          ([f"S/{n}", day.isoformat(), (day + timedelta(days=30)).isoformat()] for n, day in days()))  # fmt: skip
    bring(folder, here, by)
    return here, by


def days() -> Iterator[tuple[int, date]]:
    return ((n, date(2012, 1, 1) + timedelta(days=30 * n)) for n in range(REPORTS))


def updates() -> Iterator[list[str]]:
    for report, day in days():
        for n in range(INDICATORS):
            value = report + n
            yield [f"S/{report}", day.isoformat(), f"{n % 20}.{n}", str(value), f"{value} cases, as reported",
                   CLASSES[value % 6], "counted from the beginning of the year", str(n % 40), f"{day.year}-01-01",
                   day.isoformat(), str(value), str(value + 50)]  # fmt: skip


def write(path: Path, columns: list[str], lines: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(lines)


def peak() -> float:
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def settled(cursor: Any, work: Callable[[], None]) -> None:
    """With the checks of foreign keys that would otherwise wait for the end of the transaction."""
    work()
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def bring(path: Path, here: Any, by: Any) -> None:
    from benchmarks.importing import bring_in, open_path

    with open_path(path) as source:
        outcome = bring_in(source, transition=here, by=by, now=NOW)
    assert not outcome.refused, outcome.refused[0]


def by_hand(cursor: Any, file: Path, here: Any, by: Any) -> None:
    given = {"here": here.pk, "by": by.pk, "now": NOW}
    cursor.execute(STAGED)
    with file.open("rb") as content, cursor.copy(COPY) as copy:
        while block := content.read(65536):
            copy.write(block)
    cursor.execute("ANALYZE by_hand")
    cursor.execute(MEASUREMENTS, given)
    cursor.execute(ASSESSMENTS, given)
    cursor.execute("DROP TABLE by_hand")


def rows(cursor: Any, here: int) -> tuple[Any, ...]:
    """How many there are of each, and what is in them, in one word."""
    cursor.execute(
        """SELECT count(*), count(a.id), count(c.id), md5(string_agg(concat_ws(' ', m.indicator_id, m.report_id,
               m.value, m.value_text, m.note, m.period_start, m.numerator, m.known_from, a.judged, a.as_of,
               c.known_from, c.source), ',' ORDER BY m.report_id, m.indicator_id))
           FROM benchmarks_measurement m JOIN benchmarks_indicator i ON i.id = m.indicator_id
           JOIN benchmarks_assessment a ON a.measurement_id = m.id
           JOIN workflow_statechange c ON c.thing_type = 'benchmarks.assessment' AND c.thing_id = a.id
           WHERE i.transition_id = %s""",
        [here],
    )
    return tuple(cursor.fetchone())
