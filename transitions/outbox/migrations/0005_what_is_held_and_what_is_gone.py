import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# A storm of several transitions becomes one of each; the first keeps its number, which stands in letters. The checks
# that wait for the end of the transaction are made at once: a table with some left cannot be altered.
EACH_ITS_OWN = """
UPDATE outbox_held h SET transition_id = (SELECT min(m.transition_id) FROM outbox_message m WHERE m.sweep = h.sweep);
DELETE FROM outbox_held WHERE transition_id IS NULL;
INSERT INTO outbox_held (sweep, transition_id, now, items, usual, released_at, withdrawn_at, decided_by_id, reason)
SELECT h.sweep, t.transition_id, h.now, h.items, h.usual, h.released_at, h.withdrawn_at, h.decided_by_id, h.reason
FROM outbox_held h JOIN (SELECT DISTINCT sweep, transition_id FROM outbox_message) t ON t.sweep = h.sweep
WHERE t.transition_id <> h.transition_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED"""


class Migration(migrations.Migration):

    dependencies = [
        ("missions", "0004_what_remains_is_owed"),
        ("outbox", "0004_when_it_leaves"),
    ]

    operations = [
        migrations.AddField(
            model_name="held",
            name="transition",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="missions.transition"),
        ),
        migrations.AlterField(
            model_name="held",
            name="sweep",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="held",
            name="items",
            field=models.PositiveIntegerField(help_text="how many the sweep would have told of, in all transitions"),
        ),
        migrations.RunSQL(EACH_ITS_OWN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="held",
            name="transition",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="missions.transition"),
        ),
        migrations.AddConstraint(
            model_name="held",
            constraint=models.UniqueConstraint(fields=("sweep", "transition"), name="held_once_a_transition"),
        ),
        # what was answered of an item is found from the item
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["thing_id"], name="outbox_about"),
        ),
        # an address says why it was switched off
        pgtrigger.migrations.RemoveTrigger(
            model_name='address',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='address',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='address',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='address',
            name='why_off',
            field=models.TextField(blank=True, default='', editable=False, verbose_name='why it was switched off'),
        ),
        migrations.AddField(
            model_name='addressevent',
            name='why_off',
            field=models.TextField(blank=True, default='', editable=False, verbose_name='why it was switched off'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='address',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "outbox_addressevent" ("active", "channel", "created_at", "created_by_id", "id", "name", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "transition_id", "why_off") VALUES (NEW."active", NEW."channel", NEW."created_at", NEW."created_by_id", NEW."id", NEW."name", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."transition_id", NEW."why_off"); RETURN NULL;', hash='ba838668398e34d3c230a95fb44742f4f2e0614b', operation='INSERT', pgid='pgtrigger_insert_insert_553b4', table='outbox_address', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='address',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."active" IS DISTINCT FROM (NEW."active") OR OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."transition_id" IS DISTINCT FROM (NEW."transition_id") OR OLD."why_off" IS DISTINCT FROM (NEW."why_off"))', func='INSERT INTO "outbox_addressevent" ("active", "channel", "created_at", "created_by_id", "id", "name", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "transition_id", "why_off") VALUES (NEW."active", NEW."channel", NEW."created_at", NEW."created_by_id", NEW."id", NEW."name", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."transition_id", NEW."why_off"); RETURN NULL;', hash='043b5e7732f4d4cfa5fcfe782dbe9c54b2a99d46', operation='UPDATE', pgid='pgtrigger_update_update_0c71f', table='outbox_address', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='address',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "outbox_addressevent" ("active", "channel", "created_at", "created_by_id", "id", "name", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "transition_id", "why_off") VALUES (OLD."active", OLD."channel", OLD."created_at", OLD."created_by_id", OLD."id", OLD."name", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."transition_id", OLD."why_off"); RETURN NULL;', hash='c3c323090dac6e63993dc3ec35418632d26c4b74', operation='DELETE', pgid='pgtrigger_delete_delete_c039a', table='outbox_address', when='AFTER')),
        ),
    ]
