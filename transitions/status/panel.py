"""The frame's own panel: state, next steps, and every step that was taken, of whatever thing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from transitions.workflow.api_steps import StepField, steps_of
from transitions.workflow.lifecycles import Lifecycle
from transitions.workflow.models import StateChange, by_id

from .panels import MOST, Panel, View, as_history


class StatePanel(Panel):
    position = 0
    fields = {
        "state": serializers.CharField(allow_null=True, help_text="null: not begun on that day"),
        "version": serializers.IntegerField(allow_null=True),
        "next_steps": StepField(many=True, allow_null=True, help_text="null unless both clocks are at the present"),
    }

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        if not transitions:
            return {}
        stood = view.states([one.pk for one in transitions], type(transitions[0]))
        return {
            one.pk: {
                "state": stood[one.pk].state if one.pk in stood else None,
                "version": stood[one.pk].version if one.pk in stood else None,
                "next_steps": self.next_steps(one, view) if len(transitions) == 1 else None,
            }
            for one in transitions
        }

    def next_steps(self, transition: Any, view: View) -> list[dict[str, Any]] | None:
        """Guards are not run in the past, nor for a list."""
        return steps_of(transition, by=view.user, now=view.now) if view.present else None

    def changes(self, transition: Any, view: View) -> Iterable[tuple[datetime, str]]:
        rows = list(
            StateChange.objects.visible_to(view.user, now=view.now)
            .filter(view.changed(), transition=transition)
            .select_related("by")
            .order_by("-pk")[: MOST + 1]
        )
        subjects = named((row.thing_type, row.thing_id) for row in rows)
        for row in rows:
            yield row.recorded_at, sentence(row, subjects[row.thing_type, row.thing_id])

    def history(self, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
        seen: QuerySet[StateChange, Any] = StateChange.objects.visible_to(user, now=now).filter(transition=transition)
        return as_history(
            seen, at="recorded_at", since="holds_from", who="by", acting_as="role", about_type="thing_type",
            about_id="thing_id", was_before="was", became="state", why="reason", drawn_from="source",
            passed="passed_over",
        )  # fmt: skip


def sentence(row: StateChange, subject: str) -> str:
    about = " (about)" if row.approximate else ""
    moved = f"went from {words(row.was)} to {words(row.state)}" if row.was else f"began as {words(row.state)}"
    why = f": {row.reason}" if row.reason else ""
    source = f" [{row.source}]" if row.source else ""
    return f"{row.holds_from}{about}: {subject} {moved} ({row.by}){why}{source}"


def words(code: str) -> str:
    return code.replace("_", " ")


def named(things: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What things are called, in one query a model."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for kind, pk in things:
        wanted[kind].add(pk)
    models = {model._meta.label_lower: model for model in Lifecycle.of_model}
    return {(kind, pk): str(thing) for kind, ids in wanted.items() for pk, thing in by_id(models[kind], ids).items()}
