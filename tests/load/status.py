"""The status of one transition beside one hand-written statement that answers the same with json."""

import json
import time
from datetime import timedelta

from django.db import connection

from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.calendar.dates import enter
from transitions.calendar.models import Milestone
from transitions.calendar.versions import approve_version
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, MandateInstrument, Transition
from transitions.status.panels import MOST
from transitions.status.reader import status_of

ITEMS, ROUNDS = 300, 40

BARE = """
WITH changes AS (
    SELECT DISTINCT ON (thing_type, thing_id) thing_type, thing_id, state, version FROM workflow_statechange
    WHERE transition_id = %(id)s AND holds_from <= %(day)s AND known_from <= %(day)s
      AND thing_type IN ('missions.transition', 'calendar.milestone', 'missions.phase', 'missions.pause')
    ORDER BY thing_type, thing_id, version DESC),
due AS (
    SELECT DISTINCT ON (r.milestone_id) r.milestone_id, r.due_on FROM calendar_redating r
    JOIN calendar_milestone m ON m.id = r.milestone_id
    WHERE m.transition_id = %(id)s AND r.holds_from <= %(day)s AND r.known_from <= %(day)s
    ORDER BY r.milestone_id, r.holds_from DESC, r.id DESC),
frozen AS (
    SELECT i.milestone_id, i.due_on FROM calendar_versionitem i WHERE i.version_id =
        (SELECT id FROM calendar_approvedversion WHERE transition_id = %(id)s ORDER BY number DESC LIMIT 1)),
items AS (
    SELECT m.id, m.pillar_id, c.state, d.due_on, d.due_on - f.due_on AS slip,
           c.state IN ('planned', 'under_way') AND d.due_on < %(day)s AS overdue
    FROM calendar_milestone m JOIN changes c ON c.thing_type = 'calendar.milestone' AND c.thing_id = m.id
    LEFT JOIN due d ON d.milestone_id = m.id LEFT JOIN frozen f ON f.milestone_id = m.id
    WHERE m.transition_id = %(id)s),
ends AS (
    SELECT DISTINCT ON (e.kind) e.kind, e.date, e.basis, i.symbol FROM missions_effect e
    JOIN missions_mandateinstrument i ON i.id = e.instrument_id
    WHERE i.mission_id = %(mission)s AND i.holds_from <= %(day)s AND i.known_from <= %(day)s AND e.date IS NOT NULL
    ORDER BY e.kind, i.holds_from DESC, i.id DESC)
SELECT
    (SELECT jsonb_build_array(state, version) FROM changes WHERE thing_type = 'missions.transition'),
    (SELECT jsonb_agg(ends) FROM ends),
    (SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM items GROUP BY state) s),
    (SELECT count(*) FROM items WHERE overdue),
    (SELECT count(*) FROM items WHERE state IN ('planned', 'under_way') AND due_on - %(day)s BETWEEN 0 AND 30),
    (SELECT jsonb_agg(p) FROM (SELECT p.code, p.name, count(i.id) AS milestones, max(i.slip) AS slip,
        count(*) FILTER (WHERE i.overdue) AS overdue
        FROM missions_pillar p LEFT JOIN items i ON i.pillar_id = p.id WHERE p.transition_id = %(id)s GROUP BY p.id) p),
    (SELECT text FROM missions_endstate WHERE transition_id = %(id)s ORDER BY holds_from DESC, id DESC LIMIT 1),
    (SELECT jsonb_agg(jsonb_build_array(s.holds_from, s.thing_type, s.was, s.state, s.reason, m.code, m.title,
                                        u.username))
        FROM (SELECT * FROM workflow_statechange WHERE transition_id = %(id)s AND holds_from >= %(since)s
              ORDER BY id DESC LIMIT %(most)s) s
        LEFT JOIN calendar_milestone m ON m.id = s.thing_id JOIN access_user u ON u.id = s.by_id),
    (SELECT count(*) FROM workflow_openitem WHERE transition_id = %(id)s AND closed_at IS NULL)"""


def a_transition() -> tuple[Transition, User]:
    here = world.transition("under_way")
    effect = Effect(kind=Effect.Kind.MANDATE_EXPIRY, date=world.NOW.date() + timedelta(91), basis="fixed")
    instrument = MandateInstrument(mission=here.mission, symbol="S/RES/1", body="Council", adopted_on=world.NOW.date())
    record_instrument(instrument, [effect], by=world.founder(), now=world.NOW, source="made for measuring")
    pillars = [world.pillar(here, code) for code in ("political", "security", "programmatic")]
    enter(
        [
            Milestone(transition=here, code=f"L-{number}", title="Measured", pillar=pillars[number % 3],
                      due_on=world.NOW.date() + timedelta(number % 90 - 30))
            for number in range(ITEMS)
        ],
        by=world.founder(), now=world.NOW,
    )  # fmt: skip
    approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=world.NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # a server does so by itself: without it the hand-written statement is planned badly
    return here, world.person(Role.AUDITOR, here)


def ours(here: Transition, reader: User) -> None:
    one = Transition.objects.visible_to(reader, now=world.NOW).select_related("mission", "lead_office").get(pk=here.pk)
    json.dumps(status_of(one, user=reader, now=world.NOW), default=str)


def bare(here: Transition) -> None:
    day = world.NOW.date()
    given = {"id": here.pk, "mission": here.mission_id, "day": day, "since": day - timedelta(30), "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(BARE, given)
        json.dumps(cursor.fetchone(), default=str)


def measure() -> list[str]:
    """Seconds a status, best of several slices taken in turn, and the ratio: ours to the statement."""
    here, reader = a_transition()
    best = {"ours": 9.0, "bare": 9.0}
    for _ in range(ROUNDS):
        for name, run in (("ours", lambda: ours(here, reader)), ("bare", lambda: bare(here))):
            began = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - began)
    return [
        f"status of {ITEMS} milestones: {best['ours'] * 1000:.1f} ms, hand-written {best['bare'] * 1000:.1f} ms, "
        f"ratio {best['ours'] / best['bare']:.1f}"
    ]
