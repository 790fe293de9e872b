from django.db import migrations

IS_QUIET = """
CREATE OR REPLACE FUNCTION outbox_is_quiet(clock time, quiet_from time, quiet_until time) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(CASE WHEN quiet_from < quiet_until THEN clock >= quiet_from AND clock < quiet_until
        ELSE clock >= quiet_from OR clock < quiet_until END, false) $$"""

# As before, but what is told at once is first brought to the end of quiet hours, and only then over days off: they may
# end on one. The hour after a day off may lie in quiet hours, too.
SLOT = """
CREATE OR REPLACE FUNCTION outbox_slot(who bigint, whose bigint, way bigint, ready timestamptz, is_hard boolean)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    WITH since AS (
        SELECT c.*, CASE WHEN c.pace = 'at_once' THEN ready ELSE greatest(ready, (
            SELECT (((told_at AT TIME ZONE c.zone)::date + 1)::timestamp AT TIME ZONE c.zone) FROM outbox_told
            WHERE person_id IS NOT DISTINCT FROM who AND transition_id IS NOT DISTINCT FROM whose
                AND address_id IS NOT DISTINCT FROM way)) END AS start
        FROM outbox_chosen(who, whose) c),
    local AS (SELECT *, (start AT TIME ZONE zone)::date AS day, (start AT TIME ZONE zone)::time AS clock FROM since),
    calm AS (
        SELECT pace, on_weekday, zone,
            CASE WHEN pace = 'at_once' AND outbox_is_quiet(at_hour, quiet_from, quiet_until)
                THEN quiet_until ELSE at_hour END AS at_hour,
            CASE WHEN pace = 'at_once' AND outbox_is_quiet(clock, quiet_from, quiet_until)
                THEN (day + CASE WHEN clock < quiet_until THEN 0 ELSE 1 END + quiet_until) AT TIME ZONE zone
                ELSE start END AS start
        FROM local),
    days AS (SELECT *, (start AT TIME ZONE zone)::date AS day FROM calm)
    SELECT coalesce((
        SELECT CASE WHEN pace = 'at_once' AND n = 0 THEN start ELSE (day + n + at_hour) AT TIME ZONE zone END
        FROM generate_series(0, 40) n
        WHERE (pace = 'at_once' OR (day + n + at_hour) AT TIME ZONE zone >= start)
            AND (is_hard OR CASE WHEN pace = 'weekly' THEN extract(isodow FROM day + n) = on_weekday
                ELSE outbox_works(who, whose, day + n) END)
        ORDER BY n LIMIT 1), start) FROM days $$"""

# A message that waits for its reader's next one may wait for something besides: it never leaves earlier for it.
MARK_SENT = """
CREATE OR REPLACE FUNCTION outbox_mark_sent(worker uuid, ids bigint[], told_of text[], told_at timestamptz,
    gathered boolean, who bigint, whose bigint, way bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE marked integer;
BEGIN
    UPDATE outbox_message m SET sent_at = clock_timestamp(), claimed_by = NULL, why_not = '', rendered = given.said
    FROM unnest(ids, told_of) AS given (id, said)
    WHERE m.id = given.id AND m.claimed_by = worker
        AND m.sent_at IS NULL AND m.failed_at IS NULL AND m.withdrawn_at IS NULL AND m.suppressed_at IS NULL;
    GET DIAGNOSTICS marked = ROW_COUNT;
    IF gathered AND marked > 0 THEN
        INSERT INTO outbox_told AS t (person_id, transition_id, address_id, told_at) VALUES (who, whose, way, $4)
        ON CONFLICT (person_id, transition_id, address_id) DO UPDATE SET told_at = excluded.told_at;
        UPDATE outbox_message m SET due_at = greatest(m.due_at, outbox_slot(who, whose, way, m.ready_at, m.hard))
        WHERE coalesce(m.recipient_id, 0) = coalesce(who, 0) AND coalesce(m.transition_id, 0) = coalesce(whose, 0)
            AND coalesce(m.address_id, 0) = coalesce(way, 0) AND NOT m.urgent AND m.claimed_by IS NULL AND m.id <> ALL (ids)
            AND m.sent_at IS NULL AND m.failed_at IS NULL AND m.withdrawn_at IS NULL AND m.suppressed_at IS NULL;
    END IF;
    RETURN marked;
END $$"""


class Migration(migrations.Migration):

    dependencies = [("outbox", "0005_what_is_held_and_what_is_gone")]

    operations = [
        migrations.RunSQL(IS_QUIET, migrations.RunSQL.noop),
        migrations.RunSQL(SLOT, migrations.RunSQL.noop),
        migrations.RunSQL(MARK_SENT, migrations.RunSQL.noop),
    ]
