"""What a room adds to “where does it stand”: top-level keys of its own, sentences of what changed, part of the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import F, Model, Q, QuerySet, Value
from rest_framework import serializers

from transitions.workflow.at_a_day import Stood, states_at

MOST = 50  # sentences of what changed: more than anybody reads, and the history has them all


@dataclass
class View:
    """Who looks, and at which two days: how it stood at `as_of`, as far as it was known at `known_at`."""

    user: Any
    now: datetime
    as_of: date
    known_at: date
    since: date
    present: bool  # both clocks are at the present
    version: int | None = None  # the approved version that slip is measured against
    _states: dict[tuple[int, ...], dict[str, dict[int, Stood]]] = field(default_factory=dict)

    def changed(self) -> Q:
        """Facts that came to hold, or became known, from `since` on: as far as both clocks reach."""
        counted = Q(holds_from__lte=self.as_of, known_from__lte=self.known_at)
        return counted & (Q(holds_from__gte=self.since) | Q(known_from__gte=self.since))

    def states(self, transitions: Sequence[int], model: type[Model]) -> dict[int, Stood]:
        """How the things of a model stood on the day that is looked at: read once for all panels."""
        ids = tuple(transitions)
        if ids not in self._states:
            self._states[ids] = states_at(ids, as_of=self.as_of, known_at=self.known_at)
        return self._states[ids][model._meta.label_lower]


class Panel:
    """Subclass it in a room's `panel.py`. `fields` are its keys of the status and what the API's description says."""

    fields: ClassVar[Mapping[str, serializers.Field[Any, Any, Any, Any]]] = {}
    position: ClassVar[int] = 100  # of its part of the page
    all: ClassVar[list["Panel"]] = []

    def __init_subclass__(cls) -> None:
        taken = {key: panel for panel in Panel.all for key in panel.fields}
        for key in cls.fields:
            if key in taken:
                raise ImproperlyConfigured(f"{cls.__name__} and {type(taken[key]).__name__} both write “{key}”")
        Panel.all.append(cls())
        Panel.all.sort(key=lambda panel: panel.position)

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        """The keys of each transition, by its id, in a number of queries that does not depend on how many there are."""
        return {}

    def changes(self, transition: Any, view: View) -> Iterable[tuple[datetime, str]]:
        """What `view.changed()`, each as an instant and a sentence: the latest `MOST + 1` are enough."""
        return []

    def history(
        self, transition: Any, *, user: Any, now: datetime
    ) -> QuerySet[Any, Any] | Sequence[QuerySet[Any, Any]] | None:
        """Rows of `HISTORY` for the list of everything that ever happened, from one source or from several."""
        return None

    def section(self, transition: Any, view: View, status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        """A template and its context: this panel's part of the transition's page. `status` is what has been read."""
        return None

    def choices(self, transition: Any, view: View) -> Iterable[Mapping[str, Any]]:
        """Selectors above the page: `name`, `label`, `options`, `chosen`."""
        return []


HISTORY = (
    "at", "since", "who", "acting_as", "about_type", "about_id", "was_before", "became", "why", "drawn_from", "passed",
)  # fmt: skip
"""The columns of history, the same for every source of it."""
PLACE = ("source_of_row", "row")
"""Where a row stands in its own source: much can be recorded at one instant, and pages must not overlap."""


def as_history(rows: QuerySet[Any, Any], **columns: Any) -> QuerySet[Any, Any]:
    """Give each column of `HISTORY` a field or an expression, so that sources can be put together."""
    given = {name: F(column) if isinstance(column, str) else column for name, column in columns.items()}
    given |= {"source_of_row": Value(rows.model._meta.label_lower), "row": F("pk")}
    told: QuerySet[Any, Any] = rows.annotate(**given).values_list(*HISTORY, *PLACE)
    return told
