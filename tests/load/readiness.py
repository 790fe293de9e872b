"""Readiness of one transition, and of many, beside one hand-written statement that answers the same with json."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from django.db import connection

from benchmarks.readiness import readiness_for
from tests import world
from tests.load.turns import compared
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.missions.models import Effect, MandateInstrument, Mission, Transition
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact, begin

MANY, INDICATORS, REPORTS, PER_BENCHMARK = 200, 50, 20, 5
FIRST = date(2015, 1, 1)
CLASSES = ("on_track", "positive", "stagnating", "descending", "not_on_track", "no_update_expected")

# The same answer: counts of now and of each report, what moved since the report before the latest, met now, then and at
# the end, how old the data are, how each benchmark stands by what was said of it on the day and by people's own words,
# who is to own it afterwards, and which handovers depend on it.
BARE = """
WITH verified AS MATERIALIZED (
    SELECT s.transition_id, a.indicator_id, a.as_of, s.known_from, a.id, a.judged
    FROM workflow_statechange s JOIN benchmarks_assessment a ON a.id = s.thing_id
    WHERE s.thing_type = 'benchmarks.assessment' AND s.state = 'verified' AND s.transition_id = ANY(%(ids)s)
      AND s.known_from <= %(day)s AND a.as_of <= %(day)s),
reports AS (SELECT id, transition_id, symbol, holds_from, known_from FROM benchmarks_report
    WHERE transition_id = ANY(%(ids)s) AND holds_from <= %(day)s AND known_from <= %(day)s),
latest AS (SELECT transition_id, max(as_of) AS as_of FROM verified GROUP BY transition_id),
base AS (SELECT DISTINCT ON (r.transition_id) r.transition_id, r.holds_from FROM reports r
    JOIN latest l USING (transition_id) WHERE r.holds_from < l.as_of ORDER BY r.transition_id, r.holds_from DESC),
now AS (SELECT DISTINCT ON (indicator_id) indicator_id, judged FROM verified
    ORDER BY indicator_id, as_of DESC, id DESC),
was AS (SELECT DISTINCT ON (v.indicator_id) v.indicator_id, v.judged FROM verified v JOIN base b USING (transition_id)
    WHERE v.as_of <= b.holds_from ORDER BY v.indicator_id, v.as_of DESC, v.id DESC),
at_report AS (SELECT r.id, r.transition_id, v.judged FROM reports r
    JOIN benchmarks_indicator i ON i.transition_id = r.transition_id
    CROSS JOIN LATERAL (SELECT a.judged FROM benchmarks_assessment a
        JOIN workflow_statechange s ON s.thing_type = 'benchmarks.assessment' AND s.thing_id = a.id
            AND s.state = 'verified' AND s.known_from <= r.known_from
        WHERE a.indicator_id = i.id AND a.as_of <= r.holds_from ORDER BY a.as_of DESC, a.id DESC LIMIT 1) v),
ends AS (SELECT DISTINCT ON (t.id) t.id AS transition_id, e.date, e.basis, i.symbol FROM missions_transition t
    JOIN missions_mandateinstrument i ON i.mission_id = t.mission_id JOIN missions_effect e ON e.instrument_id = i.id
    WHERE t.id = ANY(%(ids)s) AND e.kind = 'mandate_expiry' AND i.holds_from <= %(day)s
    ORDER BY t.id, i.holds_from DESC, i.id DESC),
told AS (SELECT DISTINCT ON (b.id) b.id AS benchmark_id, b.transition_id, b.code, t.title, p.code AS pillar, t.sectors,
    t.condition_for_exit FROM benchmarks_benchmark b JOIN benchmarks_benchmarkterms t ON t.benchmark_id = b.id
    LEFT JOIN missions_pillar p ON p.id = t.pillar_id
    WHERE b.transition_id = ANY(%(ids)s) AND (t.number = 1 OR (t.holds_from <= %(day)s AND t.known_from <= %(day)s))
    ORDER BY b.id, t.holds_from DESC, t.id DESC),
asked AS (SELECT DISTINCT ON (i.id) i.id AS indicator_id, t.position, t.informs_only, t.frequency_days
    FROM benchmarks_indicator i JOIN benchmarks_indicatorterms t ON t.indicator_id = i.id
    WHERE i.transition_id = ANY(%(ids)s) AND (t.number = 1 OR (t.holds_from <= %(day)s AND t.known_from <= %(day)s))
    ORDER BY i.id, t.holds_from DESC, t.id DESC),
stood AS (SELECT DISTINCT ON (thing_id) thing_id AS benchmark_id, state, version FROM workflow_statechange
    WHERE thing_type = 'benchmarks.benchmark' AND transition_id = ANY(%(ids)s) AND holds_from <= %(day)s
      AND known_from <= %(day)s ORDER BY thing_id, version DESC),
said AS (SELECT DISTINCT ON (o.benchmark_id) o.benchmark_id, o.judged, o.reason, u.display_name, o.holds_from
    FROM benchmarks_classoverride o JOIN benchmarks_benchmark b ON b.id = o.benchmark_id
    JOIN access_user u ON u.id = o.by_id
    WHERE b.transition_id = ANY(%(ids)s) AND o.holds_from <= %(day)s AND o.known_from <= %(day)s
    ORDER BY o.benchmark_id, o.holds_from DESC, o.id DESC),
carried AS (SELECT DISTINCT ON (c.benchmark_id) c.benchmark_id, coalesce(o.name, c.name) AS owner, c.source
    FROM benchmarks_carryover c JOIN benchmarks_benchmark b ON b.id = c.benchmark_id
    LEFT JOIN missions_office o ON o.id = c.office_id
    WHERE b.transition_id = ANY(%(ids)s) AND c.holds_from <= %(day)s AND c.known_from <= %(day)s
    ORDER BY c.benchmark_id, c.holds_from DESC, c.id DESC),
aims AS (SELECT DISTINCT ON (i.id) i.id AS indicator_id, i.transition_id, i.benchmark_id, k.informs_only,
    k.frequency_days,
    d.id AS definition_id, d.direction, t.value FROM benchmarks_indicator i JOIN asked k ON k.indicator_id = i.id
    JOIN benchmarks_definition d ON d.indicator_id = i.id JOIN benchmarks_target t ON t.definition_id = d.id
    WHERE i.transition_id = ANY(%(ids)s) AND d.holds_from <= %(day)s AND d.known_from <= %(day)s
    ORDER BY i.id, d.holds_from DESC, d.id DESC, t.date),
counting AS MATERIALIZED (SELECT m.definition_id, m.holds_from, m.id, m.value, a.transition_id FROM aims a
    JOIN benchmarks_measurement m USING (definition_id)
    WHERE m.holds_from <= %(day)s AND m.known_from <= %(day)s AND m.value IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM benchmarks_measurement c WHERE c.supersedes_id = m.id
                      AND c.known_from <= %(day)s)),
v_now AS (SELECT DISTINCT ON (definition_id) definition_id, value, holds_from FROM counting
    ORDER BY definition_id, holds_from DESC, id DESC),
v_was AS (SELECT DISTINCT ON (c.definition_id) c.definition_id, c.value FROM counting c
    JOIN base b USING (transition_id) WHERE c.holds_from <= b.holds_from
    ORDER BY c.definition_id, c.holds_from DESC, c.id DESC),
v_end AS (SELECT DISTINCT ON (c.definition_id) c.definition_id, c.value FROM counting c
    JOIN ends e USING (transition_id) WHERE c.holds_from <= e.date
    ORDER BY c.definition_id, c.holds_from DESC, c.id DESC),
each AS (SELECT a.*, n.judged, w.judged AS was, x.value >= a.value AS met, y.value >= a.value AS was_met,
    z.value >= a.value AS end_met, %(day)s - x.holds_from > 1.5 * a.frequency_days AS stale
    FROM aims a LEFT JOIN now n USING (indicator_id) LEFT JOIN was w USING (indicator_id)
    LEFT JOIN v_now x USING (definition_id) LEFT JOIN v_was y USING (definition_id)
    LEFT JOIN v_end z USING (definition_id))
SELECT
    (SELECT jsonb_agg(x) FROM (SELECT transition_id, judged, count(*) FROM each GROUP BY 1, 2) x),
    (SELECT jsonb_agg(x) FROM (SELECT transition_id, met, count(*) FROM each GROUP BY 1, 2) x),
    (SELECT jsonb_agg(x) FROM (SELECT t.*, s.state, s.version, o.judged, o.reason, o.display_name, c.owner, c.source,
        e.classes, e.met, e.end_met
        FROM told t JOIN stood s USING (benchmark_id) LEFT JOIN said o USING (benchmark_id)
        LEFT JOIN carried c USING (benchmark_id) JOIN (SELECT benchmark_id,
            array_agg(judged) FILTER (WHERE NOT informs_only) AS classes,
            bool_and(met) FILTER (WHERE NOT informs_only) AS met,
            bool_and(end_met) FILTER (WHERE NOT informs_only) AS end_met
            FROM each GROUP BY benchmark_id) e USING (benchmark_id) WHERE s.state <> 'retired') x),
    (SELECT jsonb_agg(x) FROM (SELECT t.pillar, e.judged, count(*) FROM each e JOIN told t USING (benchmark_id)
        GROUP BY 1, 2) x),
    (SELECT jsonb_agg(x) FROM (SELECT d.transition_id, h.code, d.benchmark_id, d.reviewed_on
        FROM benchmarks_dependson d JOIN handovers_handover h ON h.id = d.handover_id
        WHERE d.transition_id = ANY(%(ids)s) AND d.linked_on <= %(day)s) x),
    (SELECT jsonb_agg(x) FROM (SELECT indicator_id, was, judged, was_met, met FROM each
        WHERE was <> judged OR (was_met AND NOT met)) x),
    (SELECT jsonb_agg(indicator_id) FROM each WHERE stale),
    (SELECT jsonb_agg(x) FROM (SELECT r.transition_id, r.symbol, r.holds_from, a.judged, count(*)
        FROM reports r JOIN at_report a ON a.id = r.id GROUP BY r.transition_id, r.symbol, r.holds_from, a.judged) x),
    (SELECT jsonb_agg(ends) FROM ends)"""


# Of each transition: benchmarks, indicators with a definition and a target each, and what every report says of each.
MADE = (
    """INSERT INTO missions_pillar (transition_id, code, name, position)
       SELECT t, code, code, 0 FROM unnest(%(ids)s::bigint[]) t, unnest(%(pillars)s::text[]) code""",
    """INSERT INTO benchmarks_benchmark (transition_id, code, title, pillar_id, basis, level, condition_for_exit,
           serves, external_codes, marking, illustrative, source, note, state, version)
       SELECT p.transition_id, n, 'Measured', p.id, 'mission', 'core', true, '', '{}', 'unclassified', false, '', '',
           'in_force', 1
       FROM (SELECT *, row_number() OVER (PARTITION BY transition_id ORDER BY id) AS place FROM missions_pillar) p
       JOIN generate_series(0, %(indicators)s / %(per)s - 1) n ON n %% 3 = p.place - 1
       WHERE p.transition_id = ANY(%(ids)s)""",
    """INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role,
           holds_from, known_from, recorded_at, by_id, source, approximate, reason, on_request_of, passed_over)
       SELECT transition_id, 'benchmarks.benchmark', id, 1, '', '', state, 'planner', %(first)s, %(first)s, %(now)s,
           %(by)s, 'x', false, '', '', '[]' FROM benchmarks_benchmark WHERE transition_id = ANY(%(ids)s)""",
    """INSERT INTO benchmarks_indicator (transition_id, benchmark_id, code, position, informs_only, frequency_days,
           note)
       SELECT transition_id, id, code::int * %(per)s + n, 0, false, 90, ''
       FROM benchmarks_benchmark, generate_series(0, %(per)s - 1) n WHERE transition_id = ANY(%(ids)s)""",
    """INSERT INTO benchmarks_definition (indicator_id, number, statement, kind, direction, unit, period_basis,
           "window", rungs, parts, baseline_text, disaggregation, means_of_verification, page, reason, holds_from,
           known_from, recorded_at, by_id, source, approximate)
       SELECT id, 1, 'x', 'percentage', '>=', '', 'point', '', '{}', '[]', '', '{}', '', '', '', %(first)s, %(first)s,
           %(now)s, %(by)s, 'x', false FROM benchmarks_indicator WHERE transition_id = ANY(%(ids)s)""",
    """INSERT INTO benchmarks_benchmarkterms (benchmark_id, number, reason, title, pillar_id, sectors, basis, level,
           condition_for_exit, serves, external_codes, document, holds_from, known_from, recorded_at, by_id, source,
           approximate)
       SELECT id, 1, '', title, pillar_id, '{}', basis, level, condition_for_exit, '', '{}', '', %(first)s, %(first)s,
           %(now)s, %(by)s, 'x', false FROM benchmarks_benchmark WHERE transition_id = ANY(%(ids)s)""",
    """INSERT INTO benchmarks_indicatorterms (indicator_id, number, reason, position, informs_only, frequency_days,
           holds_from, known_from, recorded_at, by_id, source, approximate)
       SELECT id, 1, '', 0, false, 90, %(first)s, %(first)s, %(now)s, %(by)s, 'x', false
       FROM benchmarks_indicator WHERE transition_id = ANY(%(ids)s)""",
    """INSERT INTO benchmarks_target (definition_id, value, text, date, timeline)
       SELECT d.id, 80, '', %(day)s, ''
       FROM benchmarks_definition d JOIN benchmarks_indicator i ON i.id = d.indicator_id
       WHERE i.transition_id = ANY(%(ids)s)""",
    """INSERT INTO benchmarks_report (transition_id, symbol, holds, listed, holds_from, known_from, recorded_at, by_id,
           source, approximate)
       SELECT t, 'S/' || n, '', true, %(first)s::date + 90 * n, %(first)s::date + 90 * n + 40, %(now)s, %(by)s, 'x',
           false FROM unnest(%(ids)s::bigint[]) t, generate_series(1, %(reports)s) n""",
    """INSERT INTO benchmarks_measurement (indicator_id, definition_id, report_id, value, value_text, note, page,
           quality, parts, disaggregated, reason, holds_from, known_from, recorded_at, by_id, source, approximate)
       SELECT i.id, d.id, r.id, (substr(r.symbol, 3)::int * 7 + i.code::int * 3) %% 100, '', '', '', '', '{}', '{}', '',
           r.holds_from, r.known_from, %(now)s, %(by)s, 'x', false
       FROM benchmarks_report r JOIN benchmarks_indicator i ON i.transition_id = r.transition_id
       JOIN benchmarks_definition d ON d.indicator_id = i.id WHERE r.transition_id = ANY(%(ids)s)
       ORDER BY r.id, i.id""",
    """INSERT INTO benchmarks_assessment (indicator_id, definition_id, report_id, as_of, judged, note, page,
           entered_by_id, state, version)
       SELECT i.id, d.id, r.id, r.holds_from,
           (%(classes)s::text[])[(substr(r.symbol, 3)::int * 5 + i.code::int) %% 6 + 1], '', '', %(by)s, 'verified', 1
       FROM benchmarks_report r JOIN benchmarks_indicator i ON i.transition_id = r.transition_id
       JOIN benchmarks_definition d ON d.indicator_id = i.id WHERE r.transition_id = ANY(%(ids)s)
       ORDER BY r.id, i.id""",
    """INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role,
           holds_from, known_from, recorded_at, by_id, source, approximate, reason, on_request_of, passed_over)
       SELECT r.transition_id, 'benchmarks.assessment', a.id, 1, '', '', 'verified', 'planner', a.as_of, r.known_from,
           %(now)s, %(by)s, 'x', false, '', '', '[]'
       FROM benchmarks_assessment a JOIN benchmarks_report r ON r.id = a.report_id
       WHERE r.transition_id = ANY(%(ids)s) ORDER BY a.id""",
)  # fmt: skip


def made(number: int) -> list[Transition]:
    """Transitions with everything that readiness reads; half of the mandates have ended."""
    missions = Mission.objects.bulk_create(
        Mission(acronym=f"L{place}", name="Measured", kind="peacekeeping_operation") for place in range(number)
    )
    found = begin(
        [Transition(slug=f"l{place}", name="Measured", kind="withdrawal", time_zone="Africa/Khartoum", mission=mission)
         for place, mission in enumerate(missions)],
        by=world.founder(), now=world.NOW, state="under_way", source=Fact("x", FIRST),
    )  # fmt: skip
    instruments = MandateInstrument.objects.bulk_create(
        MandateInstrument(mission=one, symbol=f"S/RES/{one.pk}", body="Council", adopted_on=FIRST, holds_from=FIRST,
                          known_from=FIRST, recorded_at=world.NOW, by=world.founder())
        for one in missions
    )  # fmt: skip
    Effect.objects.bulk_create(
        Effect(instrument=one, kind="mandate_expiry", date=world.TODAY + timedelta(90 if place % 2 else -90),
               basis="fixed")
        for place, one in enumerate(instruments)
    )  # fmt: skip
    given = {
        "ids": [one.pk for one in found], "by": world.founder().pk, "now": world.NOW, "day": world.TODAY,
        "first": FIRST, "indicators": INDICATORS, "reports": REPORTS, "per": PER_BENCHMARK, "classes": list(CLASSES),
        "pillars": ["political", "security", "programmatic"],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # to check each row takes longer than to write it
        for statement in MADE:
            cursor.execute(statement, given)
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE")  # a server does so by itself: without it the hand-written statement is planned badly
    return found


def ours(transitions: Sequence[Transition], reader: User) -> None:
    view = view_of(transitions[0], user=reader, now=world.NOW)
    json.dumps(list(readiness_for(transitions, view).values()), default=str)


def bare(transitions: Sequence[Transition]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, {"ids": [one.pk for one in transitions], "day": world.TODAY})
        json.dumps(cursor.fetchone(), default=str)


def measure() -> list[str]:
    """Milliseconds for each, and the ratio of ours to the statement, from turns that they take."""
    transitions = made(MANY)
    reader = world.person(Role.AUDITOR)
    said = []
    for some, rounds in ((transitions[:1], 40), (transitions, 5)):
        named = f"{len(some)} of {INDICATORS} indicators, {REPORTS} reports"
        found = compared(partial(ours, some, reader), partial(bare, some), rounds)
        said.append(f"readiness of {named}: {found}")
    return said
