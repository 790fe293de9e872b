"""A transition of 2,000 tasks and 5,000 handovers, made in bulk, with all that a handover gathers in its life."""

from datetime import timedelta

from django.db import connection

from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Area, Effect, MandateInstrument, Transition

TASKS, HANDOVERS = 2_000, 5_000

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
