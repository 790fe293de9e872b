"""Readiness of one transition, and of many, beside one hand-written statement that answers the same with json."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from benchmarks.models import Assessment, Benchmark, Definition, Indicator, Measurement, Report, Target
from benchmarks.readiness import readiness_for
from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.missions.models import Transition
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact, begin

MANY, INDICATORS, REPORTS, PER_BENCHMARK = 200, 50, 20, 5
FIRST = date(2015, 1, 1)
CLASSES = ("on_track", "positive", "stagnating", "descending", "not_on_track", "no_update_expected")

# The same answer: counts of now and of each report, what moved since the report before the latest, met now, then and at
# the end, how old the data are, and how each benchmark stands.
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
at_report AS (SELECT DISTINCT ON (r.id, v.indicator_id) r.id, r.transition_id, v.judged FROM reports r
    JOIN verified v ON v.transition_id = r.transition_id AND v.as_of <= r.holds_from AND v.known_from <= r.known_from
    ORDER BY r.id, v.indicator_id, v.as_of DESC, v.id DESC),
ends AS (SELECT DISTINCT ON (t.id) t.id AS transition_id, e.date, e.basis, i.symbol FROM missions_transition t
    JOIN missions_mandateinstrument i ON i.mission_id = t.mission_id JOIN missions_effect e ON e.instrument_id = i.id
    WHERE t.id = ANY(%(ids)s) AND e.kind = 'mandate_expiry' AND i.holds_from <= %(day)s
    ORDER BY t.id, i.holds_from DESC, i.id DESC),
aims AS (SELECT DISTINCT ON (i.id) i.id AS indicator_id, i.transition_id, i.benchmark_id, i.frequency_days,
    d.id AS definition_id, d.direction, t.value FROM benchmarks_indicator i
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
    (SELECT jsonb_agg(x) FROM (SELECT b.transition_id, b.code, b.title, b.pillar_id, b.condition_for_exit,
        array_agg(e.judged) AS classes, bool_and(e.met) AS met, bool_and(e.end_met) AS end_met
        FROM benchmarks_benchmark b JOIN each e ON e.benchmark_id = b.id GROUP BY b.id) x),
    (SELECT jsonb_agg(x) FROM (SELECT indicator_id, was, judged, was_met, met FROM each
        WHERE was <> judged OR (was_met AND NOT met)) x),
    (SELECT jsonb_agg(indicator_id) FROM each WHERE stale),
    (SELECT jsonb_agg(x) FROM (SELECT r.transition_id, r.symbol, r.holds_from, a.judged, count(*)
        FROM reports r JOIN at_report a ON a.id = r.id GROUP BY r.transition_id, r.symbol, r.holds_from, a.judged) x),
    (SELECT jsonb_agg(ends) FROM ends)"""


def made(number: int) -> list[Transition]:
    """Transitions with everything that readiness reads; half of the mandates have ended."""
    found = [world.transition("under_way") for _ in range(number)]
    for place, one in enumerate(found):
        end = world.TODAY + timedelta(90 if place % 2 else -90)
        world.instrument(one.mission, adopted_on=FIRST).effects.create(kind="mandate_expiry", date=end, basis="fixed")
        fill(one)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return found


def stamped(on: date, known: date | None = None) -> dict[str, Any]:
    return {"holds_from": on, "known_from": known or on, "recorded_at": world.NOW, "by": world.founder(), "source": "x"}


def fill(one: Transition) -> None:
    pillars = [world.pillar(one, code) for code in ("political", "security", "programmatic")]
    by, now, since = world.founder(), world.NOW, Fact("x", FIRST, FIRST)
    benchmarks = begin(
        [Benchmark(transition=one, code=f"{number}", title="Measured", basis="mission", condition_for_exit=True,
                   pillar=pillars[number % 3]) for number in range(INDICATORS // PER_BENCHMARK)],
        by=by, now=now, state="in_force", source=since,
    )  # fmt: skip
    indicators = Indicator.objects.bulk_create(
        Indicator(transition=one, benchmark=benchmarks[number // PER_BENCHMARK], code=f"{number}", frequency_days=90)
        for number in range(INDICATORS)
    )
    definitions = Definition.objects.bulk_create(
        Definition(indicator=it, number=1, statement="x", kind="percentage", direction=">=", **stamped(FIRST))
        for it in indicators
    )
    Target.objects.bulk_create(Target(definition=it, value=80, date=world.TODAY) for it in definitions)
    days = [FIRST + timedelta(90 * number) for number in range(1, REPORTS + 1)]
    for place, on in enumerate(days):
        known = on + timedelta(40)
        report = Report.objects.create(transition=one, symbol=f"S/{place}", **stamped(on, known))
        Measurement.objects.bulk_create(
            Measurement(indicator=it.indicator, definition=it, report=report, value=(place * 7 + number * 3) % 100,
                        **stamped(on, known))
            for number, it in enumerate(definitions)
        )  # fmt: skip
        begin(
            [Assessment(indicator=it.indicator, definition=it, report=report, as_of=on, entered_by=by,
                        judged=CLASSES[(place * 5 + number) % 6]) for number, it in enumerate(definitions)],
            by=by, now=now, state="verified", source=Fact("x", on, known),
        )  # fmt: skip


def ours(transitions: Sequence[Transition], reader: User) -> None:
    view = view_of(transitions[0], user=reader, now=world.NOW)
    json.dumps(list(readiness_for(transitions, view).values()), default=str)


def bare(transitions: Sequence[Transition]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, {"ids": [one.pk for one in transitions], "day": world.TODAY})
        json.dumps(cursor.fetchone(), default=str)


def best(run: Callable[[], None], rounds: int) -> float:
    found = 99.0
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        found = min(found, time.perf_counter() - began)
    return found


def measure() -> list[str]:
    """Milliseconds, best of several taken, and the ratio: ours to the statement."""
    transitions = made(MANY)
    reader = world.person(Role.AUDITOR)
    said = []
    for some, rounds in ((transitions[:1], 20), (transitions, 4)):
        mine = best(lambda some=some: ours(some, reader), rounds)  # type: ignore[misc]
        theirs = best(lambda some=some: bare(some), rounds)  # type: ignore[misc]
        named = f"{len(some)} of {INDICATORS} indicators, {REPORTS} reports"
        said.append(f"readiness of {named}: {mine * 1000:.0f} ms, hand-written {theirs * 1000:.0f} ms, "
                    f"ratio {mine / theirs:.1f}")  # fmt: skip
    return said
