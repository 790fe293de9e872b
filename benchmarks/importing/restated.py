"""A definition that comes in after the values of its own report: it counts them, by rows that take their place.

What was recorded is never edited, so each is superseded by the same under the report's own definition, known from when
both are. A judgement is overtaken in the same way.
"""

from collections.abc import Iterable, Sequence

from django.db import connection

from transitions.workflow.bulk import begin_selected

from ..met import plain
from ..models import Assessment, Definition, Measurement
from .known import Known, KnownIndicator, Version
from .outcome import Outcome
from .rows import Reading, Row

COPIED = (
    "value", "value_text", "note", "page", "quality", "period_start", "period_end", "numerator", "denominator", "parts",
    "disaggregated",
)  # fmt: skip
OWN = """
FROM {table} m
JOIN benchmarks_report r ON r.id = m.report_id
JOIN benchmarks_definition d ON d.indicator_id = m.indicator_id AND d.source = r.symbol AND d.id IN ({ids})"""
VALUES = f"""
INSERT INTO benchmarks_measurement (indicator_id, definition_id, report_id, {", ".join(COPIED)}, holds_from, known_from,
    recorded_at, by_id, source, approximate, reason, supersedes_id)
SELECT m.indicator_id, d.id, m.report_id, {", ".join(f"m.{name}" for name in COPIED)}, m.holds_from,
    greatest(m.known_from, d.known_from), %(now)s, %(by)s, m.source, m.approximate,
    'counted by definition ' || d.number || ', which ' || r.symbol || ' gives', m.id
{OWN} WHERE m.definition_id <> d.id
    AND NOT EXISTS (SELECT 1 FROM benchmarks_measurement later WHERE later.supersedes_id = m.id)
ORDER BY m.id"""  # noqa: S608
JUDGED = f"""
SELECT indicator_id, definition_id, report_id, measurement_id, as_of, judged, note, page, entered_by_id, fact_source,
    as_of AS fact_holds_from, fact_known_from
FROM (
    SELECT DISTINCT ON (m.report_id, m.indicator_id) m.indicator_id, m.definition_id AS was, d.id AS definition_id,
        m.report_id, n.id AS measurement_id, m.as_of, m.judged, m.note, m.page, {{by}} AS entered_by_id,
        r.symbol AS fact_source, greatest(s.known_from, d.known_from) AS fact_known_from, m.id
    {OWN}
    JOIN workflow_statechange s ON s.thing_type = 'benchmarks.assessment' AND s.thing_id = m.id AND s.state = 'verified'
    LEFT JOIN benchmarks_measurement n ON m.measurement_id IS NOT NULL AND n.report_id = m.report_id
        AND n.definition_id = d.id
        AND NOT EXISTS (SELECT 1 FROM benchmarks_measurement later WHERE later.supersedes_id = n.id)
    ORDER BY m.report_id, m.indicator_id, m.as_of DESC, m.id DESC) latest
WHERE was <> definition_id ORDER BY id"""  # noqa: S608


def check_own_values(
    known: Known, outcome: Outcome, reading: Reading, own: Sequence[tuple[Row, KnownIndicator, Version]]
) -> None:
    """What its own report gave before is counted by a new definition from now on, so it must be of its kind."""
    reports = {version.source for _, _, version in own} & known.reports.keys()
    if not reports:
        return
    standing = Measurement.objects.filter(superseded_by=None, value__isnull=False)
    rows = standing.filter(report__transition=known.transition, report__symbol__in=reports)
    columns = ("report__symbol", "indicator__code", "value")
    there = {(report, code): value for report, code, value in rows.values_list(*columns)}
    for row, its, version in own:
        value = there.get((version.source, its.code))
        if value is None:
            continue
        if misfit := version.misfit(value):
            reading.refuse(row, "kind", f"{version.source} gave it the value {plain(value)} already: {misfit}")
        else:
            outcome.remark(f"{version.source} gave {its.code} a value already: its own definition counts it")


def restate(known: Known, definitions: Iterable[Definition]) -> None:
    """Of definitions that were just written: the values and classes that their own reports gave before."""
    ids = ", ".join(str(int(one.pk)) for one in definitions if one.number > 1 and one.source in known.reports)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(VALUES.format(table=Measurement._meta.db_table, ids=ids), {"now": known.now, "by": known.by.pk})
    columns = [
        "indicator_id", "definition_id", "report_id", "measurement_id", "as_of", "judged", "note", "page",
        "entered_by_id",
    ]  # fmt: skip
    query = JUDGED.format(table=Assessment._meta.db_table, ids=ids, by=int(known.by.pk))
    begin_selected(
        Assessment, columns, query, transition=known.transition, by=known.by, now=known.now, state="verified",
        from_facts=True,
    )  # fmt: skip
