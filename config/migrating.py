"""Migrating an empty database in little more than half the time.

Django renders all models anew after each operation of a migration, and there are hundreds that add a constraint, an
index or a trigger: none of them changes a field, so that the models that are there serve as well.
"""

from typing import Any

from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


def render_only_for_fields() -> None:
    for operation in (AddConstraint, AddIndex, AddTrigger):
        operation.state_forwards = without_rendering(operation.state_forwards)  # type: ignore[method-assign]


def without_rendering(state_forwards: Any) -> Any:
    def forwards(self: Any, app_label: str, state: ProjectState) -> None:
        state.reload_model = lambda *_, **__: None  # type: ignore[method-assign]
        try:
            state_forwards(self, app_label, state)
        finally:
            del state.reload_model

    return forwards
