"""The matrix and the status of 2,000 tasks and 5,000 handovers beside hand-written statements that answer the same.

Each reads what belongs to it on one day, with json: the matrix every row, the status counts, the list of what is open,
what holds back the transition's next steps, and the latest changes. What was seen of an earlier recipient says nothing
of the one that stands.
"""

import json
from datetime import timedelta
from functools import partial

from django.db import connection

from tests import world
from tests.load import status
from tests.load.many_handovers import HANDOVERS, TASKS, a_transition
from tests.load.turns import compared
from transitions.access.models import User
from transitions.handovers.matrix import matrix_at
from transitions.missions.models import Transition
from transitions.status.panels import MOST
from transitions.status.reader import view_of

ROUNDS = 30

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
moved AS (
    SELECT DISTINCT ON (id) * FROM (
        SELECT r.handover_id AS id, r.id AS row, r.holds_from, r.recorded_at,
            concat_ws('/', r.recipient_kind, r.recipient_office_id, r.recipient) AS who,
            lag(concat_ws('/', r.recipient_kind, r.recipient_office_id, r.recipient)) OVER of_one AS before
        FROM handovers_recipientchange r JOIN handovers_handover h ON h.id = r.handover_id
        WHERE h.transition_id = %(id)s AND r.holds_from <= %(day)s AND r.known_from <= %(day)s
        WINDOW of_one AS (PARTITION BY r.handover_id ORDER BY r.holds_from, r.id)) c
    WHERE before IS NOT NULL AND who <> before ORDER BY id, holds_from DESC, row DESC),
level AS (
    SELECT DISTINCT ON (r.handover_id, r.dimension) r.handover_id, r.dimension, r.level, r.money_until,
        r.money_until IS NULL OR r.money_until >= %(day)s OR r.level = 'not_ready' AS lasts
    FROM handovers_readiness r JOIN handovers_handover h ON h.id = r.handover_id
    WHERE h.transition_id = %(id)s AND r.holds_from <= %(day)s AND r.known_from <= %(day)s
      AND NOT EXISTS (SELECT FROM moved m WHERE m.id = r.handover_id
                      AND (m.holds_from > r.holds_from OR m.recorded_at > r.recorded_at))
    ORDER BY r.handover_id, r.dimension, r.holds_from DESC, r.id DESC),
ready AS (
    SELECT handover_id AS id, jsonb_object_agg(dimension, level) FILTER (WHERE lasts) AS levels,
        max(money_until) AS money_until,
        CASE WHEN bool_or(level = 'not_ready') THEN 'not_ready' WHEN count(*) FILTER (WHERE lasts) < 7 THEN NULL
             WHEN bool_or(level = 'partly_ready' AND lasts) THEN 'partly_ready' ELSE 'ready' END AS readiness
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
    """Milliseconds for each, and the ratio of ours to the statement, from turns that they take."""
    here, reader = a_transition()
    size = f"{TASKS:,} tasks, {HANDOVERS:,} handovers"
    return [
        f"matrix of {size}: {compared(partial(our_matrix, here, reader), partial(bare, here, MATRIX), ROUNDS)}",
        f"status of {size}: {compared(partial(our_status, here, reader), partial(bare_status, here), ROUNDS)}",
    ]
