"""What a sweep says to the database: one statement a rule for what is new, one for what holds no longer."""

INSERT = """
INSERT INTO outbox_message (kind, transition_id, thing_type, thing_id, marking, recipient_id, payload, urgent, hard,
    ready_at, due_at, sweep, dedupe_key, suppressed_at, failed_at, why_not)"""

# what people have answered, found from what is due, so that what was answered long ago costs nothing: a snooze holds
# until its day, for what is hard never past the due date; who was handed an item on has it in the other's place, while
# they have a role there, and may hand it on themselves
ANSWERS = """
answered AS MATERIALIZED (
    SELECT a.id, a.kind, p.item, a.person_id AS person, m.payload ->> 'as' AS role, a.until, a.to_id, a.by_id,
        m.transition_id, (m.payload ->> 'due')::date AS due, (m.payload ->> 'rung')::int AS rung
    FROM given, (SELECT DISTINCT item FROM passed) p JOIN outbox_message m ON m.thing_id = p.item
    JOIN reminders_answer a ON a.message_id = m.id AND a.kind IN ('snoozed', 'handed_on')
    WHERE m.kind = given.kind),
snoozed AS MATERIALIZED (
    SELECT DISTINCT ON (item, person, role) item, person, role, until, due, rung
    FROM answered WHERE kind = 'snoozed' ORDER BY item, person, role, id DESC),
given_on AS MATERIALIZED (
    SELECT DISTINCT ON (item, person, role) a.id, item, person, role, to_id AS heir,
        coalesce(nullif(b.display_name, ''), b.username) AS handed_by
    FROM given, answered a JOIN missions_transition t ON t.id = a.transition_id JOIN access_user b ON b.id = a.by_id
    JOIN access_user u ON u.id = a.to_id AND u.is_active AND u.email <> ''
    WHERE a.kind = 'handed_on' AND EXISTS (
        SELECT FROM access_grant g WHERE g.user_id = u.id AND (g.transition_id = t.id OR g.transition_id IS NULL)
            AND (g.from_date IS NULL OR g.from_date <= (now AT TIME ZONE t.time_zone)::date)
            AND (g.until IS NULL OR g.until >= (now AT TIME ZONE t.time_zone)::date))
    ORDER BY item, person, role, a.id DESC),
heirs AS (
    SELECT id, item, person, role, heir, handed_by FROM given_on UNION ALL
    SELECT n.id, n.item, h.person, n.role, n.heir, n.handed_by FROM heirs h
    JOIN given_on n ON n.item = h.item AND n.person = h.heir AND n.role = h.role AND n.id > h.id),
handed_on AS MATERIALIZED (
    SELECT DISTINCT ON (item, person, role) item, person, role, heir, handed_by
    FROM heirs ORDER BY item, person, role, id DESC)"""

NEW = """
WITH RECURSIVE given AS (SELECT %s::text AS kind, %s::text AS thing_type, %s::boolean AS optional,
    %s::boolean AS urgent, %s::timestamptz AS now, %s::uuid AS sweep),
passed (item, found, due, rung, transition, marking, pause, hard, up, zone) AS MATERIALIZED ({rows}),
{answers},
whose AS (
    SELECT p.*, coalesce(h.heir, p.finds) AS person, CASE WHEN h.heir <> p.finds THEN h.handed_by END AS handed_by
    FROM (SELECT *, split_part(found, '/', 1)::bigint AS finds, nullif(split_part(found, '/', 2), '') AS role
          FROM passed WHERE rung IS NOT NULL) p
    LEFT JOIN handed_on h ON h.item = p.item AND h.person = p.finds AND h.role = p.role),
latest AS (
    SELECT DISTINCT ON (w.item, w.person) w.*, given.*, concat_ws('/', kind, w.item, w.due, w.rung,
        coalesce(w.person::text, 'nobody'),
        CASE WHEN s.due = w.due AND s.rung = w.rung THEN 'again/' || s.until END) AS key
    FROM given, whose w LEFT JOIN snoozed s ON s.item = w.item AND s.person = w.person AND s.role = w.role
    WHERE NOT coalesce(s.until > (now AT TIME ZONE w.zone)::date
        AND NOT (w.hard AND w.due <= (now AT TIME ZONE w.zone)::date), false)
    ORDER BY w.item, w.person, w.rung DESC, s.until DESC NULLS LAST, w.role),
fresh AS MATERIALIZED (
    SELECT latest.*,
        greatest((due + rung)::timestamp, date_trunc('day', now AT TIME ZONE zone)) AT TIME ZONE zone AS ready
    FROM latest WHERE NOT EXISTS (SELECT FROM outbox_message m WHERE m.dedupe_key = latest.key){twice}),
readers AS MATERIALIZED (
    SELECT person, transition, outbox_stands_in(person, transition, now) AS reader,
        optional AND outbox_muted(person, transition, kind) AS muted
    FROM (SELECT DISTINCT person, transition, kind, optional, now FROM fresh) d),
slots AS MATERIALIZED (
    SELECT person, transition, reader, muted, ready, hard,
        CASE WHEN urgent THEN now ELSE greatest(outbox_slot(reader, transition, NULL, ready, hard),
            CASE WHEN (SELECT pace FROM outbox_chosen(reader, transition)) = 'at_once'
                 THEN outbox_slot(reader, transition, NULL, greatest(ready, now), hard) END) END AS slot
    FROM (SELECT DISTINCT person, transition, ready, hard, urgent, now FROM fresh) d
    JOIN readers USING (person, transition))
SELECT kind, f.transition, thing_type, item, marking, reader,
    jsonb_strip_nulls(jsonb_build_object('due', due, 'rung', rung, 'as', role, 'up', nullif(up, false),
        'handed_by', handed_by)), urgent,
    f.hard, f.ready, coalesce(slot, f.ready), sweep,
    CASE WHEN pause IS NULL THEN key ELSE concat_ws('/', key, 'suppressed', pause) END,
    CASE WHEN pause IS NOT NULL OR muted THEN clock_timestamp() END,
    CASE WHEN pause IS NULL AND f.person IS NULL THEN clock_timestamp() END,
    CASE WHEN pause IS NOT NULL THEN 'quiet during pause ' || pause
         WHEN muted THEN 'switched off by who would have read it'
         WHEN f.person IS NULL THEN 'nobody to tell: give the transition a planner' ELSE '' END
FROM fresh f LEFT JOIN slots s
    ON s.person = f.person AND s.transition = f.transition AND s.ready = f.ready AND s.hard = f.hard
ORDER BY item, f.person"""

# Where lead times were changed: nobody is told of an earlier rung than they were told of already. By the beginning of
# the key, in the order of the index that Django keeps for it.
TWICE = """ AND NOT (latest.rung < 0 AND latest.transition = ANY (%s) AND EXISTS (
        SELECT FROM outbox_message m
        WHERE m.dedupe_key ~>=~ concat_ws('/', latest.kind, latest.item, latest.due, '')
            AND m.dedupe_key ~<~ concat_ws('/', latest.kind, latest.item, latest.due, '~')
            AND m.withdrawn_at IS NULL AND m.suppressed_at IS NULL AND m.address_id IS NULL
            AND split_part(m.dedupe_key, '/', 5) = coalesce(latest.person::text, 'nobody')
            AND (m.payload ->> 'rung')::int > latest.rung))"""

# What is gone is found first: next to a table that has just grown by thousands of rows, a join with itself can take for
# ever.
GONE = """
WITH gone AS MATERIALIZED (
    SELECT w.id, i.{owed} AS owed FROM outbox_message w LEFT JOIN {table} i ON i.id = w.thing_id
    WHERE w.kind = %s AND w.sent_at IS NULL AND w.failed_at IS NULL AND w.withdrawn_at IS NULL
        AND w.suppressed_at IS NULL AND i.{owed} IS DISTINCT FROM (w.payload ->> 'due')::date)
UPDATE outbox_message m SET withdrawn_at = clock_timestamp(), dedupe_key = m.dedupe_key || '/withdrawn/' || m.id,
    why_not = CASE WHEN gone.owed IS NULL THEN 'nothing is owed any more'
                   ELSE concat('it was moved from ', m.payload ->> 'due', ' to ', gone.owed) END
FROM gone
WHERE m.id = gone.id AND m.claimed_by IS NULL AND m.sent_at IS NULL AND m.failed_at IS NULL
    AND m.withdrawn_at IS NULL AND m.suppressed_at IS NULL"""
