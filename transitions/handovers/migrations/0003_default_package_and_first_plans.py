"""What a package holds unless an installation says otherwise, and the first fact rows of what was there before."""

from django.db import migrations

ITEMS = (
    "Contacts", "Open commitments", "Case files", "Assets", "Budget tail", "Risks", "Procedures", "Signatories",
    "Overlap",
)  # fmt: skip
KINDS = (
    "country_team", "national_government", "local_government", "successor_mission", "regional_body", "community",
)  # fmt: skip

FIRST_PLANS = """
INSERT INTO handovers_handoverplan (handover_id, planned_on, residual_office_id, reason, holds_from, known_from,
    recorded_at, by_id, source, approximate)
SELECT h.id, h.planned_on, h.residual_office_id, '', c.holds_from, c.known_from, c.recorded_at, c.by_id, c.source,
    c.approximate
FROM handovers_handover h
JOIN workflow_statechange c ON c.thing_type = 'handovers.handover' AND c.thing_id = h.id AND c.version = 1
"""
FIRST_ANSWERS = """
INSERT INTO handovers_followupanswer (follow_up_id, performed, resources, use_respected, note, holds_from, known_from,
    recorded_at, by_id, source, approximate)
SELECT f.id, f.performed, f.resources, f.use_respected, f.note, f.answered_on, f.answered_on,
    f.answered_on::timestamp AT TIME ZONE t.time_zone, f.answered_by_id, f.source, false
FROM handovers_followup f
JOIN handovers_handover h ON h.id = f.handover_id
JOIN missions_transition t ON t.id = h.transition_id
WHERE f.answered_on IS NOT NULL AND f.answered_by_id IS NOT NULL
"""
FIRST_CONDITIONS_MET = """
INSERT INTO handovers_conditionanswer (condition_id, met, holds_from, known_from, recorded_at, by_id, source,
    approximate)
SELECT d.id, true, d.met_on, d.met_on, d.met_on::timestamp AT TIME ZONE t.time_zone, c.by_id, d.source, false
FROM handovers_condition d
JOIN handovers_handover h ON h.id = d.handover_id
JOIN missions_transition t ON t.id = h.transition_id
JOIN workflow_statechange c ON c.thing_type = 'handovers.handover' AND c.thing_id = h.id AND c.version = 1
WHERE d.met_on IS NOT NULL
"""


def fill_templates(apps, schema_editor):
    """Only what is missing: an installation may have items of its own already."""
    template_item = apps.get_model("handovers", "PackageTemplateItem")
    template_item.objects.bulk_create(
        (
            template_item(recipient_kind=kind, title=title, position=position)
            for kind in KINDS
            for position, title in enumerate(ITEMS, start=1)
        ),
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("handovers", "0002_plans_answers_and_schedules"),
        ("workflow", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(fill_templates, migrations.RunPython.noop),
        migrations.RunSQL(FIRST_PLANS, migrations.RunSQL.noop),
        migrations.RunSQL(FIRST_ANSWERS, migrations.RunSQL.noop),
        migrations.RunSQL(FIRST_CONDITIONS_MET, migrations.RunSQL.noop),
    ]
