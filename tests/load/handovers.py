"""The matrix and the status of 2,000 tasks and 5,000 handovers beside hand-written statements that answer the same.

Each reads what belongs to it on one day, with json: the matrix every row, the status counts, the list of what is open,
what holds back the transition's next steps, and the latest changes. Made in bulk, with everything that a handover
gathers in its life.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from tests import world
from tests.load import status
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.handovers.matrix import matrix_at
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Area, Effect, MandateInstrument, Transition
from transitions.status.panels import MOST
from transitions.status.reader import view_of

TASKS, HANDOVERS, ROUNDS = 2_000, 5_000, 12

MADE = (
    """INSERT INTO handovers_mandatedtask (transition_id, code, title, pillar_id, area_id, paragraph, volume, continues,
           external_codes, marking, illustrative, source, note)
       SELECT %(id)s, 'F-' || n, 'What the mission does, number ' || n, (%(pillars)s::bigint[])[n %% 3 + 1],
           (%(areas)s::bigint[])[n %% 20 + 1], '', '', 'yes', '{}', 'unclassified', false, '', ''
       FROM generate_series(1, %(tasks)s) n""",
    """INSERT INTO handovers_handover (transition_id, code, title, task_id, track, part, recipient_kind, recipient,
           recipient_office_id, no_recipient_reason, agreed_use, planned_on, marking, illustrative, source, note, state,
           version)
       SELECT %(id)s, 'H-' || n, t.title, t.id, CASE WHEN n %% 4 = 0 THEN 'staff' ELSE 'task' END, 'part ' || n %% 3,
           'country_team', '', (%(offices)s::bigint[])[n %% 30 + 1], '', '', %(day)s::date + n %% 200 - 60,
           'unclassified', false, '', '',
           (ARRAY['proposed', 'preparing', 'offered', 'accepted', 'transferred', 'completed'])[n %% 6 + 1], n %% 6 + 1
       FROM generate_series(1, %(handovers)s) n
       JOIN (SELECT id, title, row_number() OVER (ORDER BY id) AS place FROM handovers_mandatedtask
             WHERE transition_id = %(id)s) t ON t.place = n %% (%(tasks)s - 200) + 1""",
    """INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role,
           holds_from, known_from, recorded_at, by_id, source, approximate, reason, on_request_of, passed_over)
       SELECT %(id)s, 'handovers.handover', h.id, v, '', '',
           (ARRAY['proposed', 'preparing', 'offered', 'accepted', 'transferred', 'completed'])[v], 'planner',
           %(day)s::date - 200 + v * 20 + (h.id %% 20)::int, %(day)s::date - 200 + v * 20 + (h.id %% 20)::int, %(now)s,
           %(by)s, '', false, '', '', '[]'
       FROM handovers_handover h, generate_series(1, 6) v WHERE h.transition_id = %(id)s AND v <= h.version""",
    """INSERT INTO handovers_recipientchange (handover_id, handover_version, recipient_kind, recipient_office_id,
           recipient, agreed_use, reason, holds_from, known_from, recorded_at, by_id, source, approximate)
       SELECT h.id, v, 'country_team', (%(offices)s::bigint[])[(h.id + v) %% 30 + 1], '', '',
           CASE WHEN v = 1 THEN '' ELSE 'a decree' END, %(day)s::date - 200 + v * 30, %(day)s::date - 200 + v * 30,
           %(now)s, %(by)s, '', false
       FROM handovers_handover h, generate_series(1, 2) v
       WHERE h.transition_id = %(id)s AND (v = 1 OR h.id %% 3 = 0)""",
    """INSERT INTO handovers_handoverplan (handover_id, was_planned_on, planned_on, residual_office_id, reason,
           holds_from, known_from, recorded_at, by_id, source, approximate)
       SELECT h.id, NULL, h.planned_on + v, CASE WHEN h.id %% 4 > 0 THEN (%(offices)s::bigint[])[h.id %% 30 + 1] END,
           CASE WHEN v = 1 THEN '' ELSE 'moved' END, %(day)s::date - 200 + v * 40, %(day)s::date - 200 + v * 40,
           %(now)s, %(by)s, '', false
       FROM handovers_handover h, generate_series(1, 2) v
       WHERE h.transition_id = %(id)s AND (v = 1 OR h.id %% 2 = 0)""",
    """INSERT INTO handovers_agreedtext (handover_id, number, handover_version, text, track, part, agreed_use,
           written_at, written_by_id)
       SELECT h.id, v, v, repeat('What both sides agree on. ', 40), h.track, h.part, '', %(now)s, %(by)s
       FROM handovers_handover h, generate_series(1, 2) v WHERE h.transition_id = %(id)s AND h.version > v""",
    """INSERT INTO handovers_readiness (handover_id, dimension, level, money_until, evidence, holds_from, known_from,
           recorded_at, by_id, source, approximate)
       SELECT h.id, d.name,
           (ARRAY['not_ready', 'partly_ready', 'ready', 'ready', 'ready'])[(h.id + d.place + v) %% 5 + 1],
           CASE WHEN d.name = 'money' THEN %(day)s::date + 90 END, 'seen on a visit', %(day)s::date - 150 + v * 50,
           %(day)s::date - 150 + v * 50, %(now)s, %(by)s, '', false
       FROM handovers_handover h, generate_series(1, 2) v, unnest(ARRAY['authority', 'staff', 'money', 'presence',
           'skills', 'equipment', 'agreement']) WITH ORDINALITY AS d (name, place)
       WHERE h.transition_id = %(id)s AND (h.id + d.place) %% 11 > 0 AND (v = 1 OR h.id %% 4 = 0)""",
    """INSERT INTO handovers_followup (handover_id, days, due_on, performed, resources, use_respected, source, note)
       SELECT h.id, d, c.holds_from + d, '', '', '', '', ''
       FROM handovers_handover h JOIN workflow_statechange c
           ON c.thing_type = 'handovers.handover' AND c.thing_id = h.id AND c.state = 'transferred',
           unnest(ARRAY[30, 90, 180]) d WHERE h.transition_id = %(id)s""",
    """INSERT INTO handovers_followupanswer (follow_up_id, performed, resources, use_respected, note, holds_from,
           known_from, recorded_at, by_id, source, approximate)
       SELECT f.id, 'yes', CASE WHEN f.id %% 9 = 0 THEN 'no' ELSE 'yes' END, 'yes', '', f.due_on, f.due_on, %(now)s,
           %(by)s, 'a visit', false
       FROM handovers_followup f JOIN handovers_handover h ON h.id = f.handover_id
       WHERE h.transition_id = %(id)s AND f.days = 30 AND f.due_on <= %(day)s""",
    """UPDATE handovers_handover h SET planned_on = n.planned_on, residual_office_id = n.residual_office_id,
           recipient_office_id = r.recipient_office_id
       FROM (SELECT DISTINCT ON (handover_id) * FROM handovers_handoverplan ORDER BY handover_id, holds_from DESC) n,
           (SELECT DISTINCT ON (handover_id) * FROM handovers_recipientchange ORDER BY handover_id, holds_from DESC) r
       WHERE h.transition_id = %(id)s AND n.handover_id = h.id AND r.handover_id = h.id""",
)  # fmt: skip

AT_A_DAY = """
WITH stood AS (
    SELECT DISTINCT ON (thing_id) thing_id AS id, state, version FROM workflow_statechange
    WHERE transition_id = %(id)s AND thing_type = 'handovers.handover' AND holds_from <= %(day)s
      AND known_from <= %(day)s ORDER BY thing_id, version DESC),
recipient AS (
    SELECT DISTINCT ON (r.handover_id) r.handover_id AS id, coalesce(o.name, r.recipient) AS recipient,
        r.recipient_kind, r.agreed_use FROM handovers_recipientchange r
    JOIN handovers_handover h ON h.id = r.handover_id LEFT JOIN missions_office o ON o.id = r.recipient_office_id
    WHERE h.transition_id = %(id)s AND r.holds_from <= %(day)s AND r.known_from <= %(day)s
    ORDER BY r.handover_id, r.holds_from DESC, r.id DESC),
plan AS (
    SELECT DISTINCT ON (p.handover_id) p.handover_id AS id, p.planned_on, o.name AS residual_owner
    FROM handovers_handoverplan p JOIN handovers_handover h ON h.id = p.handover_id
    LEFT JOIN missions_office o ON o.id = p.residual_office_id
    WHERE h.transition_id = %(id)s AND p.holds_from <= %(day)s AND p.known_from <= %(day)s
    ORDER BY p.handover_id, p.holds_from DESC, p.id DESC),
named AS (
    SELECT r.handover_id, r.holds_from, r.recorded_at, r.id, (r.recipient_kind, r.recipient_office_id, r.recipient)
        IS DISTINCT FROM lag((r.recipient_kind, r.recipient_office_id, r.recipient)) OVER before AS differs,
        row_number() OVER before AS place
    FROM handovers_recipientchange r JOIN handovers_handover h ON h.id = r.handover_id
    WHERE h.transition_id = %(id)s AND r.holds_from <= %(day)s AND r.known_from <= %(day)s
    WINDOW before AS (PARTITION BY r.handover_id ORDER BY r.holds_from, r.id)),
moved AS (
    SELECT DISTINCT ON (handover_id) handover_id, holds_from, recorded_at FROM named WHERE differs AND place > 1
    ORDER BY handover_id, holds_from DESC, id DESC),
level AS (
    SELECT DISTINCT ON (r.handover_id, r.dimension) r.handover_id, r.dimension, r.level, r.money_until
    FROM handovers_readiness r JOIN handovers_handover h ON h.id = r.handover_id
    WHERE h.transition_id = %(id)s AND r.holds_from <= %(day)s AND r.known_from <= %(day)s
      AND NOT EXISTS (SELECT FROM moved m WHERE m.handover_id = r.handover_id
          AND (m.holds_from > r.holds_from OR m.recorded_at > r.recorded_at))
    ORDER BY r.handover_id, r.dimension, r.holds_from DESC, r.id DESC),
ready AS (
    SELECT handover_id AS id, jsonb_object_agg(dimension, level) AS levels, max(money_until) AS money_until,
        CASE WHEN bool_or(level = 'not_ready') THEN 'not_ready' WHEN count(*) < 7 THEN NULL
             WHEN bool_or(level = 'partly_ready') THEN 'partly_ready' ELSE 'ready' END AS readiness
    FROM level GROUP BY handover_id),
answer AS (
    SELECT DISTINCT ON (a.follow_up_id) a.follow_up_id AS id,
        'no' IN (a.performed, a.resources, a.use_respected) AS failed
    FROM handovers_followupanswer a JOIN handovers_followup f ON f.id = a.follow_up_id
    JOIN handovers_handover h ON h.id = f.handover_id
    WHERE h.transition_id = %(id)s AND a.holds_from <= %(day)s AND a.known_from <= %(day)s
    ORDER BY a.follow_up_id, a.holds_from DESC, a.id DESC),
checks AS (
    SELECT f.handover_id AS id, min(f.due_on) FILTER (WHERE a.id IS NULL) AS next_on,
        count(*) FILTER (WHERE a.id IS NULL AND f.due_on >= %(day)s) AS due,
        count(*) FILTER (WHERE a.id IS NULL AND f.due_on < %(day)s) AS overdue,
        count(*) FILTER (WHERE a.failed) AS failed
    FROM handovers_followup f JOIN handovers_handover h ON h.id = f.handover_id LEFT JOIN answer a ON a.id = f.id
    WHERE h.transition_id = %(id)s AND f.due_on - f.days <= %(day)s GROUP BY f.handover_id),
here AS (
    SELECT h.id, h.code, t.title, h.part, h.track, h.marking, h.illustrative, t.code AS task, p.name AS pillar,
        a.name AS area, s.state, s.version, r.recipient, r.recipient_kind, r.agreed_use, y.readiness, y.levels,
        y.money_until, n.planned_on, n.residual_owner, c.next_on, c.due, c.overdue, c.failed
    FROM handovers_handover h JOIN stood s ON s.id = h.id JOIN handovers_mandatedtask t ON t.id = h.task_id
    LEFT JOIN missions_pillar p ON p.id = t.pillar_id
    LEFT JOIN missions_area a ON a.id = coalesce(h.area_id, t.area_id)
    LEFT JOIN recipient r ON r.id = h.id LEFT JOIN plan n ON n.id = h.id LEFT JOIN ready y ON y.id = h.id
    LEFT JOIN checks c ON c.id = h.id AND s.state IN ('transferred', 'completed', 'lapsed')
    WHERE h.transition_id = %(id)s AND h.marking IN ('unclassified', 'confidential', 'strictly_confidential'))
"""

MATRIX = (
    AT_A_DAY
    + """
SELECT (SELECT jsonb_agg(here ORDER BY task, code) FROM here),
    (SELECT jsonb_agg(jsonb_build_array(t.code, t.title, t.continues, p.name, a.name)) FROM handovers_mandatedtask t
     LEFT JOIN missions_pillar p ON p.id = t.pillar_id LEFT JOIN missions_area a ON a.id = t.area_id
     WHERE t.transition_id = %(id)s AND NOT EXISTS (SELECT FROM here WHERE here.task = t.code))"""
)

STATUS = (
    AT_A_DAY
    + """
SELECT (SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM here GROUP BY state) s),
    (SELECT jsonb_object_agg(coalesce(readiness, 'unknown'), n) FROM (SELECT readiness, count(*) AS n FROM here
        WHERE state NOT IN ('transferred', 'completed', 'ended', 'lapsed') GROUP BY readiness) s),
    (SELECT jsonb_agg(jsonb_build_object('handover', code, 'task', task, 'site', NULL, 'state', state,
        'residual_owner', residual_owner) ORDER BY code) FROM here
        WHERE state NOT IN ('transferred', 'completed', 'ended', 'lapsed')),
    (SELECT jsonb_build_array(sum(due), sum(overdue), sum(failed)) FROM here)"""
)

HOLD_BACK = """
SELECT jsonb_agg(b) FROM (
    SELECT 'handover_open' AS code, '/admin/handovers/handover/' || h.id || '/change/' AS open,
        concat(h.code, ' ', h.title, ', ' || nullif(h.part, ''), CASE WHEN h.state = 'offered'
            THEN ' is offered and not answered' ELSE ' is ' || h.state || ' and has no residual owner' END) AS sentence,
        CASE WHEN h.state = 'offered' THEN o.name ELSE u.display_name END AS who
    FROM handovers_handover h LEFT JOIN handovers_mandatedtask t ON t.id = h.task_id
    LEFT JOIN missions_office o ON o.id = h.recipient_office_id LEFT JOIN access_user u ON u.id = h.owner_id
    WHERE h.transition_id = %(id)s AND (h.state = 'offered' OR (h.residual_office_id IS NULL AND t.continues <> 'no'
        AND h.state NOT IN ('accepted', 'transferred', 'completed', 'ended') AND NOT (h.state = 'lapsed'
            AND EXISTS (SELECT FROM handovers_handover f WHERE f.follows_id = h.id))))
    UNION ALL
    SELECT 'task_open', '/admin/handovers/mandatedtask/' || t.id || '/change/',
        concat(t.code, ' ', t.title, ' is handed over to nobody'), 'planner'
    FROM handovers_mandatedtask t WHERE t.transition_id = %(id)s AND t.continues <> 'no'
        AND NOT EXISTS (SELECT FROM handovers_handover h WHERE h.task_id = t.id)) b"""

OTHER_CHANGES = """
SELECT jsonb_agg(c) FROM (
    (SELECT r.holds_from, h.code, h.title, u.username, r.reason FROM handovers_recipientchange r
     JOIN handovers_handover h ON h.id = r.handover_id JOIN access_user u ON u.id = r.by_id
     WHERE h.transition_id = %(id)s AND r.reason <> '' AND r.holds_from >= %(since)s ORDER BY r.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT r.holds_from, h.code, h.title, u.username, r.reason FROM handovers_handoverplan r
     JOIN handovers_handover h ON h.id = r.handover_id JOIN access_user u ON u.id = r.by_id
     WHERE h.transition_id = %(id)s AND r.reason <> '' AND r.holds_from >= %(since)s ORDER BY r.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT r.holds_from, h.code, h.title, u.username, r.evidence FROM handovers_readiness r
     JOIN handovers_handover h ON h.id = r.handover_id JOIN access_user u ON u.id = r.by_id
     WHERE h.transition_id = %(id)s AND r.holds_from >= %(since)s ORDER BY r.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT r.holds_from, h.code, h.title, u.username, r.note FROM handovers_followupanswer r
     JOIN handovers_followup f ON f.id = r.follow_up_id JOIN handovers_handover h ON h.id = f.handover_id
     JOIN access_user u ON u.id = r.by_id
     WHERE h.transition_id = %(id)s AND r.holds_from >= %(since)s ORDER BY r.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT r.written_at::date, h.code, h.title, u.username, r.text FROM handovers_agreedtext r
     JOIN handovers_handover h ON h.id = r.handover_id JOIN access_user u ON u.id = r.written_by_id
     WHERE h.transition_id = %(id)s AND r.written_at >= %(since)s ORDER BY r.id DESC LIMIT %(most)s)) c"""


def a_transition() -> tuple[Transition, User]:
    here = world.transition("under_way")
    effect = Effect(kind=Effect.Kind.MANDATE_EXPIRY, date=world.TODAY + timedelta(91), basis="fixed")
    instrument = MandateInstrument(mission=here.mission, symbol="S/RES/1", body="Council", adopted_on=world.TODAY)
    record_instrument(instrument, [effect], by=world.founder(), now=world.NOW, source="made for measuring")
    given = {
        "id": here.pk, "by": world.founder().pk, "now": world.NOW, "day": world.TODAY, "tasks": TASKS,
        "handovers": HANDOVERS,
        "pillars": [world.pillar(here, code).pk for code in ("political", "security", "programmatic")],
        "areas": [Area.objects.create(transition=here, code=f"a{n}", name=f"Area {n}").pk for n in range(20)],
        "offices": [world.office(here, "country_team", name=f"Country team entity {n}").pk for n in range(30)],
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in MADE:
            cursor.execute(statement, given)
        cursor.execute("ANALYZE")  # a server does so by itself: without it the hand-written statement is planned badly
    return here, world.person(Role.AUDITOR, here)


def our_matrix(here: Transition, reader: User) -> None:
    view = view_of(here, user=reader, now=world.NOW)
    json.dumps(matrix_at(here, view), default=str)


def our_status(here: Transition, reader: User) -> None:
    status.ours(here, reader)


def bare(here: Transition, *statements: str) -> None:
    day = world.TODAY
    given = {"id": here.pk, "day": day, "since": day - timedelta(30), "most": MOST}
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, given)
            json.dumps(cursor.fetchone(), default=str)


def bare_status(here: Transition) -> None:
    status.bare(here)
    bare(here, STATUS, HOLD_BACK, OTHER_CHANGES)


def measure() -> list[str]:
    """Seconds for each, best of several taken in turn, and the ratio: ours to the statement."""
    here, reader = a_transition()
    size = f"{TASKS:,} tasks, {HANDOVERS:,} handovers"
    return [
        f"matrix of {size}: {compared(lambda: our_matrix(here, reader), lambda: bare(here, MATRIX))}",
        f"status of {size}: {compared(lambda: our_status(here, reader), lambda: bare_status(here))}",
    ]


def compared(ours: Callable[[], Any], by_hand: Callable[[], Any]) -> str:
    best = {"ours": 99.0, "by hand": 99.0}
    for _ in range(ROUNDS):
        for name, run in (("ours", ours), ("by hand", by_hand)):
            began = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - began)
    milliseconds = [f"{best[name] * 1000:.0f} ms" for name in ("ours", "by hand")]
    ratio = best["ours"] / best["by hand"]
    return f"{milliseconds[0]}, hand-written {milliseconds[1]}, ratio {ratio:.1f}, aim 3 or better"
