"""Django's own `migrate`, several times as fast on an empty database.

After each of several hundred operations Django renders anew the class of every model that is related in any number of
steps, which here is all of them. To create a table or to add a column to one, PostgreSQL needs no class but that
table's own; a constraint, an index or a trigger changes no class at all. Where a migration runs Python, it is given all
models rendered afresh: that is what Django's own mark `is_delayed` asks for.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.core.management.commands.migrate import Command as DjangosCommand
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    CreateModel,
    RemoveConstraint,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

OF_ONE_MODEL = CreateModel, AddField
OF_NO_MODEL = AddConstraint, RemoveConstraint, AddIndex, RemoveIndex, AddTrigger, RemoveTrigger


class Command(DjangosCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        with rendering_only_what_changes():
            super().handle(*args, **options)


@contextmanager
def rendering_only_what_changes() -> Iterator[None]:
    with ExitStack() as patches:
        for operations, reload in ((OF_ONE_MODEL, reload_alone), (OF_NO_MODEL, reload_nothing)):
            for operation in operations:
                forwards = reloading(operation.state_forwards, reload)
                patches.enter_context(patch.object(operation, "state_forwards", forwards))
        yield


def reloading(state_forwards: Callable[..., None], reload: Callable[..., None]) -> Callable[..., None]:
    def forwards(operation: Operation, app_label: str, state: ProjectState) -> None:
        with patch.object(ProjectState, "reload_model", reload):
            state_forwards(operation, app_label, state)
        state.is_delayed = True

    return forwards


def reload_alone(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
    if "apps" in state.__dict__:  # as Django asks: reading it would render all
        state._reload({(app_label, model_name)})  # type: ignore[attr-defined]


def reload_nothing(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None: ...
