"""`migrate` renders less than Django's own, and what a migration sees is the same."""

from django.core.management import get_commands
from django.db import models
from django.db.migrations.operations import AddConstraint, AddField, CreateModel
from django.db.migrations.state import ProjectState

from transitions.workflow.management.commands.migrate import rendering_only_what_changes

KEY = ("id", models.BigAutoField(primary_key=True))
MISSION, SITE = CreateModel("Mission", [KEY]), CreateModel("Site", [KEY])
OF_A_MISSION = AddField("Site", "mission", models.ForeignKey("app.Mission", models.CASCADE, null=True))
POSITIVE = AddConstraint("Site", models.CheckConstraint(condition=models.Q(id__gt=0), name="positive"))


def after(*operations: CreateModel | AddField | AddConstraint) -> ProjectState:
    state = ProjectState()
    state.apps  # noqa: B018  (rendered at the start, as while migrating)
    for operation in operations:
        operation.state_forwards("app", state)
    return state


def test_every_way_to_migrate_is_ours() -> None:
    assert get_commands()["migrate"] == "transitions.workflow"


def test_a_model_that_is_only_pointed_at_is_not_rendered() -> None:
    with rendering_only_what_changes():
        before = after(MISSION, SITE)
        mission, site = (before.apps.get_model("app", name) for name in ("Mission", "Site"))
        OF_A_MISSION.state_forwards("app", before)
        changed = before.apps.get_model("app", "Site")
        POSITIVE.state_forwards("app", before)
    assert before.apps.get_model("app", "Mission") is mission
    assert before.apps.get_model("app", "Site") is changed is not site
    assert changed._meta.get_field("mission").related_model is mission


def test_what_runs_python_is_given_all_as_it_is_now() -> None:
    with rendering_only_what_changes():
        state = after(MISSION, SITE, OF_A_MISSION, POSITIVE)
    state.clear_delayed_apps_cache()  # as RunPython does
    mission, site = (state.apps.get_model("app", name) for name in ("Mission", "Site"))
    assert [related.related_model for related in mission._meta.related_objects] == [site]
    assert [constraint.name for constraint in site._meta.constraints] == ["positive"]


def test_django_is_as_it_was_afterwards() -> None:
    with rendering_only_what_changes():
        pass
    state = after(MISSION, SITE)
    mission = state.apps.get_model("app", "Mission")
    OF_A_MISSION.state_forwards("app", state)
    assert state.apps.get_model("app", "Mission") is not mission
