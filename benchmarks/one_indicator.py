"""One indicator from its first value to its last: what was counted, measured and judged, by whom, from which source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from transitions.status.panels import View
from transitions.workflow.models import StateChange

from . import met
from .met import Aim, Reading
from .models import Assessment, Definition, Indicator, IndicatorTerms, Measurement, Target
from .terms import on_day

WORDS, NOT_COLLECTED = "in words", "not_collected"


@dataclass(frozen=True)
class Figure:
    """A measurement, with who verified it."""

    row: Measurement
    number: Decimal | None  # what is drawn: its value, its share, or how many of its parts pass
    verified: StateChange | None
    correction: Measurement | None  # that took its place, as far as that was known

    @property
    def quality(self) -> str:
        return self.row.quality or ("" if self.number is not None else WORDS)


@dataclass(frozen=True)
class Version:
    """A definition with its targets and its own figures: they are never joined to those of another."""

    definition: Definition
    targets: Sequence[Target]
    figures: Sequence[Figure]

    @property
    def drawn(self) -> list[Figure]:
        return [one for one in self.figures if one.correction is None and one.number is not None]

    @property
    def without_number(self) -> list[Figure]:
        return [one for one in self.figures if one.correction is None and one.number is None]


@dataclass(frozen=True)
class Judged:
    """A verified judgement."""

    row: Assessment
    verified: StateChange


@dataclass(frozen=True)
class Story:
    """All of it, on a day, as known on a day."""

    indicator: Indicator
    as_of: date
    informs_only: bool
    versions: Sequence[Version]
    figures: Sequence[Figure]
    judged: Sequence[Judged]


def story_of(indicator: Indicator, view: View) -> Story:
    """In a fixed number of queries, whatever there is. The caller has asked whether the user may see it."""
    cut = {"holds_from__lte": view.as_of, "known_from__lte": view.known_at}
    definitions = indicator.definitions.filter(**cut).order_by("holds_from", "pk")
    rows = indicator.measurements.filter(**cut).select_related("report", "by", "definition", "superseded_by__by")
    judged = judgements_of(indicator, view)
    by_value = {one.row.measurement_id: one.verified for one in judged}
    figures = [figure_of(row, by_value.get(row.pk), view) for row in rows.order_by("holds_from", "pk")]
    versions = [
        Version(one, in_order(one.targets.all()), [its for its in figures if its.row.definition_id == one.pk])
        for one in definitions.select_related("by").prefetch_related("targets")
    ]
    return Story(indicator, view.as_of, said_of(indicator, view).informs_only, versions, figures, judged)


def said_of(indicator: Indicator, view: View) -> IndicatorTerms:
    """On the day, as far as was known; before that, what was said first."""
    rows: list[IndicatorTerms] = [*indicator.terms.all()]
    counted = [row for row in rows if row.holds_from <= view.as_of and row.known_from <= view.known_at]
    return on_day(counted, view.as_of) if counted else on_day(rows, date.min)


def in_order(targets: Any) -> list[Target]:
    return sorted(targets, key=lambda one: one.date or date.max)


def judgements_of(indicator: Indicator, view: View) -> list[Judged]:
    rows = {row.pk: row for row in indicator.assessments.filter(as_of__lte=view.as_of)
            .select_related("definition", "report", "entered_by").order_by("as_of", "pk")}  # fmt: skip
    changes = StateChange.objects.filter(
        Q(thing_type=Assessment._meta.label_lower, state="verified", known_from__lte=view.known_at),
        thing_id__in=rows, transition=indicator.transition_id,
    )  # fmt: skip
    verified = {change.thing_id: change for change in changes.select_related("by")}
    return [Judged(row, verified[pk]) for pk, row in rows.items() if pk in verified]


def figure_of(row: Measurement, verified: StateChange | None, view: View) -> Figure:
    later = getattr(row, "superseded_by", None)
    known = later if later is not None and later.known_from <= view.known_at else None
    return Figure(row, number_of(row), verified, known)


def number_of(row: Measurement) -> Decimal | None:
    """Of a composite that is measured in parts: how many of them pass."""
    its = row.definition
    if its.parts:
        return passing(its.parts, row.parts) if row.parts else None
    aim = Aim(its.kind, its.direction, its.period_basis, None)
    return met.number(aim, Reading(row.value, row.numerator, row.denominator))


def passing(parts: Sequence[Any], given: Any) -> Decimal:
    measured = [part for part in parts if given.get(part["name"]) is not None]
    return Decimal(sum(
        met.compare(part.get("direction", ">="), Decimal(str(given[part["name"]])), Decimal(str(part["target"])))
        for part in measured
    ))  # fmt: skip
