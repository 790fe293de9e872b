"""Sentences of what happened to benchmarks and indicators, beside the steps that the frame tells of by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Model

from transitions.status.panels import View
from transitions.workflow.models import StateChange

from . import at_a_day
from .at_a_day import ID
from .met import plain
from .models import Assessment, ClassOverride, Definition, GovernmentPosition, Measurement, Wording
from .moment import moment
from .moved import regressions
from .records import Records


def overridden(row: ClassOverride) -> str:
    stands = f"is to count as {row.get_judged_display()}" if row.judged else "counts as its indicators say again"
    return f"{row.benchmark} {stands} ({row.by}): {row.reason}"


def said_by_the_government(row: GovernmentPosition) -> str:
    said = {"endorses": "endorses", "disputes": "disputes", "silent": "is silent on"}[row.position]
    return f"the Government {said} {row.benchmark}"


def reworded(row: Wording) -> str:
    return f"{row.benchmark} was reworded ({row.by}): {row.reason}"


def redefined(row: Definition) -> str:
    return f"{row.indicator} was defined anew, its line breaks there ({row.by}): {row.reason}"


def corrected(row: Measurement) -> str:
    assert row.supersedes is not None
    return f"{row.indicator} was corrected from {shown(row.supersedes)} to {shown(row)} ({row.by}): {row.reason}"


TOLD: list[tuple[type[Model], dict[str, Any], tuple[str, ...], Callable[[Any], str]]] = [
    (ClassOverride, {}, ("benchmark",), overridden),
    (GovernmentPosition, {}, ("benchmark",), said_by_the_government),
    (Wording, {"number__gt": 1}, ("benchmark",), reworded),
    (Definition, {"number__gt": 1}, ("indicator__benchmark",), redefined),
    (Measurement, {"supersedes__isnull": False}, ("indicator__benchmark", "supersedes"), corrected),
]


def said_of(transition: Any, view: View, *, most: int) -> Iterator[tuple[datetime, str]]:
    for model, which, related, sentence in TOLD:
        here = {f"{related[0].partition('__')[0]}__transition": transition}
        seen = model._default_manager.all().visible_to(view.user, now=view.now)  # type: ignore[attr-defined]
        rows = seen.filter(view.changed(), **here, **which).select_related("by", *related).order_by("-pk")
        for row in rows[:most]:
            yield row.recorded_at, f"{row.holds_from}: {sentence(row)}{source(row)}"


def source(row: Any) -> str:
    return f" [{row.source}]" if row.source else ""


def shown(row: Measurement) -> str:
    return row.value_text if row.value is None else plain(row.value)


def what_fell(records: Records, transition: Any, view: View) -> Iterator[tuple[datetime, str]]:
    """What was achieved, on track or met as it was known then, and is not any more."""
    pk, then = transition.pk, min(view.since, view.known_at)
    before = replace(records, as_of=then, known_at=then)
    was = moment(before, pk, then, at_a_day.values([pk], then, known_at=then))
    now = moment(records, pk, view.as_of, records.values)
    found = regressions(records, pk, was, now)
    instants = recorded(records, pk, view) if found else {}
    for one in found:
        about = f"indicator {one['indicator']}" if one["indicator"] else f"benchmark {one['benchmark']}"
        condition = " of a condition for exit" if one["indicator"] and one["condition_for_exit"] else ""
        moved = f"from {words(one['from'])} to {words(one['to'])}"
        met = (
            f", {words(one['was_met'])} to {words(one['met'])} by measurements" if one["was_met"] != one["met"] else ""
        )
        at = instants.get(one["benchmark"], view.now)
        yield at, f"{at.date()}: {about}{condition} has fallen back {moved}{met}"


def recorded(records: Records, transition: int, view: View) -> dict[str, datetime]:
    """Of each benchmark the instant at which its latest judgement or value was recorded."""
    codes = {one.pk: one.code for one in records.benchmarks[transition]}
    of = {
        row[ID]: codes[one.benchmark_id] for one in records.indicators[transition]
        if (row := at_a_day.judged(records.judgements.get(one.pk, ()), view.as_of, view.known_at))
    }  # fmt: skip
    changes = StateChange.objects.filter(thing_type=Assessment._meta.label_lower, thing_id__in=of, state="verified")
    found: dict[str, datetime] = {}
    told = [(of[pk], at) for pk, at in changes.values_list("thing_id", "recorded_at")]
    measured = Measurement.objects.filter(pk__in=[row[9] for row in records.values.values()])
    told += [(code, at) for code, at in measured.values_list("indicator__benchmark__code", "recorded_at")]
    for code, at in told:
        found[code] = max(at, found.get(code, at))
    return found


def words(code: str) -> str:
    return code.replace("_", " ")
