import django.db.models.deletion
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
    ]
