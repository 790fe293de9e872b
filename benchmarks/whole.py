"""What a definition must be before it can be measured by, and what its author is warned of."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from .met import MET, Aim, Reading, compare, is_met, plain
from .models import Benchmark, Definition, Indicator, Target

DIRECTIONS = Definition.Direction.values


def check_definition(definition: Definition, targets: Sequence[Target]) -> None:
    """Raises ValidationError: a composite without parts that can be compared, a target off its own scale."""
    if definition.kind == Definition.Kind.COMPOSITE:
        check_parts(definition.parts)
    for target in targets:
        if target.value is not None:
            check_on_scale(definition, Decimal(str(target.value)))


def check_parts(parts: Any) -> None:
    names = [part.get("name") for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else [None]
    if not all(names) or len(set(names)) < len(names) or len(names) < len(parts):
        raise ValidationError({"parts": "Each part has a name of its own."})
    for part in parts:
        if part.get("direction", ">=") not in DIRECTIONS or number(part.get("target")) is None:
            raise ValidationError({"parts": f"“{part['name']}” needs a direction and a target that is a number."})


def check_on_scale(definition: Definition, value: Decimal) -> None:
    if definition.kind == Definition.Kind.LADDER and definition.rungs and not on_a_rung(definition, value):
        raise ValidationError({"targets": f"There is no rung {plain(value)}: it has {len(definition.rungs)}."})
    if definition.kind == Definition.Kind.YES_NO and value not in (0, 1):
        raise ValidationError({"targets": "The target of a yes or no is 1 or 0."})


def on_a_rung(definition: Definition, value: Decimal) -> bool:
    return value == int(value) and 1 <= value <= len(definition.rungs)


def number(given: Any) -> Decimal | None:
    if given is None or isinstance(given, bool):
        return None
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def warnings_of(benchmark: Benchmark) -> list[str]:
    """What its author should look at before it is agreed; nothing of it is refused."""
    indicators = list(benchmark.indicators.prefetch_related("definitions__targets"))
    found = [f"{indicator.code}: {warning}" for indicator in indicators for warning in of_indicator(indicator)]
    return found or ([] if indicators else ["it has no indicator: it cannot be assessed"])


def of_indicator(indicator: Indicator) -> Iterator[str]:
    definition = max(indicator.definitions.all(), key=lambda one: one.number, default=None)
    if definition is None:
        yield "it has no definition"
        return
    yield from of_baseline(definition)
    if not definition.disaggregation:
        yield "it asks for no disaggregation"
    if not definition.means_of_verification:
        yield "it has no means of verification"
    if not indicator.frequency_days:
        yield "it has no frequency: nobody can say when its data are stale"


def of_baseline(definition: Definition) -> Iterator[str]:
    """Met at the start already, or a target that asks for no more than there was."""
    baseline = definition.baseline_value
    if baseline is None and not definition.baseline_text:
        yield "it has no baseline"
    for target in definition.targets.all():
        if baseline is None or target.value is None:
            continue
        aim = Aim(definition.kind, definition.direction, "point", target.value)
        if is_met(aim, Reading(baseline)).met == MET:
            yield "its baseline meets the target already"
        if asks_for_no_more(definition.direction, baseline, target.value):
            yield f"its target {plain(target.value)} is not beyond its baseline {plain(baseline)}"


def asks_for_no_more(direction: str, baseline: Decimal, target: Decimal) -> bool:
    """At or behind the baseline in the direction that it is meant to go; an exact target only when it is the same."""
    return baseline == target or (direction != "=" and compare(direction, baseline, target))
