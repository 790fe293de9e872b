"""What was measured: entered once, never altered. A correction is a row of its own that says why."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.engine import Fact, StepRefused, locked

from .facts import save, stamp
from .falls import told_of_falls
from .met import plain
from .models import Definition, Indicator, Measurement
from .not_collected import tell_not_collected
from .shares import misfits
from .whole import number, on_a_rung

GIVEN = (
    "report", "period_start", "period_end", "value", "value_text", "numerator", "denominator", "parts",
    "disaggregated", "quality", "note", "page",
)  # fmt: skip
A_VALUE = ("value", "value_text", "numerator", "denominator", "parts", "disaggregated", "quality")


def measure(
    indicator: Indicator, *, as_of: date, by: Any, now: datetime, fact: Fact | None = None, source: str = "",
    **given: Any,
) -> Measurement:  # fmt: skip
    """A value as of a day, in the indicator's own kind, by the definition that held on that day.

    Args:
        fact: the document that it is taken from, where it was known before today.
        source: where it comes from, where it is entered by who collected it.
        given: the other fields of a `Measurement`: value, numerator, denominator, parts, quality, …
    Raises:
        PermissionDenied: who may not measure here.
        ValidationError: a value of the wrong kind or none, a day in the future, an indicator without a definition then.
    """
    with locked(indicator.transition):
        check_measurer(indicator, by=by, now=now)
        row = measured(indicator, as_of=as_of, by=by, now=now, fact=fact, source=source, **given)
        with told_of_falls(indicator.transition, about=row, now=now):
            save(row)
        tell_not_collected(indicator.transition, now=now, only=indicator)
    return row


def correct(
    measurement: Measurement, *, reason: str, by: Any, now: datetime, as_of: date | None = None,
    fact: Fact | None = None, source: str = "", **given: Any,
) -> Measurement:  # fmt: skip
    """Another value in place of one that was wrong. The wrong one stays as it was known, with what superseded it.

    Args:
        given: what changes; the rest is as in the measurement that is corrected.
    Raises:
        PermissionDenied, ValidationError: as `measure` does; no reason.
        StepRefused: it has been corrected already: correct the correction.
    """
    indicator = measurement.indicator
    with locked(indicator.transition):
        check_measurer(indicator, by=by, now=now)
        if not reason.strip():
            raise ValidationError({"reason": "Say why it is corrected."})
        if Measurement.objects.filter(supersedes=measurement).exists():
            raise StepRefused("stale", f"{measurement} has been corrected already: correct the correction")
        kept = {name: getattr(measurement, name) for name in GIVEN}
        row = measured(
            indicator, as_of=as_of or measurement.holds_from, by=by, now=now, fact=fact,
            source=source or measurement.source, **{**kept, **given},
        )  # fmt: skip
        row.supersedes, row.reason = measurement, reason.strip()
        with told_of_falls(indicator.transition, about=row, now=now):
            save(row)
        tell_not_collected(indicator.transition, now=now, only=indicator)
    return row


def check_measurer(indicator: Indicator, *, by: Any, now: datetime) -> None:
    if not may(by, Permission.MEASURE, indicator.transition, now=now):
        raise PermissionDenied("you may not enter measurements here")


def measured(
    indicator: Indicator, *, as_of: date, by: Any, now: datetime, fact: Fact | None, source: str, **given: Any
) -> Measurement:
    if unknown := set(given) - set(GIVEN):
        raise TypeError(f"a measurement has no {', '.join(sorted(unknown))}")
    today = day(now, indicator.transition.time_zone)
    if as_of > today:
        raise ValidationError({"as_of": f"{as_of} has not come yet: today is {today}."})
    stamped = stamp(indicator.transition, by=by, now=now, fact=fact, holds_from=as_of)
    stamped["source"] = stamped["source"] or source
    definition = definition_on(indicator, as_of, known_at=today)
    if definition is None:
        raise ValidationError({"as_of": f"{indicator} was not defined on {as_of}."})
    if not says_something(given):  # it would take the place of what is known, and say nothing
        raise ValidationError({"value": "Give a value, or say that it was not collected."})
    row = Measurement(indicator=indicator, definition=definition, **given, **stamped)
    check_value(row)
    return row


def definition_on(indicator: Indicator, on: date, *, known_at: date) -> Definition | None:
    counted = indicator.definitions.filter(holds_from__lte=on, known_from__lte=known_at)
    found: Definition | None = counted.order_by("-holds_from", "-pk").first()
    return found


def says_something(given: Mapping[str, Any]) -> bool:
    return any(given.get(name) not in (None, "", {}) for name in A_VALUE)


def check_value(row: Measurement) -> None:
    """Raises ValidationError where the value is not of the indicator's own kind."""
    definition = row.definition
    value = number(row.value)
    if row.value is not None and value is None:
        raise ValidationError({"value": f"“{row.value}” is not a number."})
    row.value = value
    if value is not None:
        check_kind(definition, value)
    check_share(row)
    if definition.kind == Definition.Kind.COMPOSITE:
        check_parts(definition, row.parts)
    elif row.parts:
        raise ValidationError({"parts": "Only a composite has parts."})


def check_kind(definition: Definition, value: Decimal) -> None:
    kind, kinds = definition.kind, Definition.Kind
    if kind == kinds.YES_NO and value not in (0, 1):
        raise ValidationError({"value": "The value of a yes or no is 1 or 0."})
    if kind == kinds.LADDER and definition.rungs and value != 0 and not on_a_rung(definition, value):
        raise ValidationError({"value": f"There is no rung {plain(value)}: it has {len(definition.rungs)}."})
    if kind in (kinds.COUNT, kinds.CUMULATIVE) and (value < 0 or value != int(value)):
        raise ValidationError({"value": "A count is a whole number."})
    if kind in (kinds.PERCENTAGE, kinds.RATE, kinds.SURVEY) and value < 0:
        raise ValidationError({"value": "It cannot be below zero."})


def check_share(row: Measurement) -> None:
    for name, why in misfits(row.definition.kind, number(row.numerator), number(row.denominator)):
        raise ValidationError({name: f"It is {why}."})


def check_parts(definition: Definition, parts: Any) -> None:
    if not isinstance(parts, Mapping):
        raise ValidationError({"parts": "Give the value of each part by its name."})
    named = {part["name"] for part in definition.parts}
    for name, value in parts.items():
        if name not in named:
            raise ValidationError({"parts": f"There is no part “{name}”."})
        if value is not None and number(value) is None:
            raise ValidationError({"parts": f"“{value}” is not a number."})
