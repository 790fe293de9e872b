"""An entry of an assessment round: the value, the judgement and its submission, all of it or nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from transitions.clock.present import day
from transitions.workflow.engine import StepRefused, locked, take
from transitions.workflow.models import StateChange

from .assessing import assess, judge_again
from .at_a_day import counted
from .measuring import GIVEN, correct, definition_on, measure, says_something
from .models import Assessment, Indicator, Measurement


def enter(
    indicator: Indicator, judged: str, *, as_of: date, by: Any, now: datetime, note: str = "", source: str = "",
    version: int | None = None, **given: Any,
) -> Assessment:  # fmt: skip
    """Measure, judge and submit in one transaction. An entry that was returned is mended by the next one.

    Without a value it bears on what was measured of that day already, or on none.

    Args:
        version: of the returned entry that the page showed.
        given: the fields of the value, as `measure` takes them.
    Raises:
        PermissionDenied: who may not enter here.
        StepRefused: somebody has entered it for that day already, or the page was stale.
        ValidationError: by the name of the field that is wrong; nothing is written.
    """
    with locked(indicator.transition):
        draft = open_entry(indicator, as_of)
        value = value_for(draft, indicator, as_of=as_of, by=by, now=now, source=source, given=given)
        if draft is None:
            draft = assess(indicator, judged, as_of=as_of, by=by, now=now, note=note, measurement=value)
        else:
            judge_again(draft, judged, by=by, now=now, note=note, measurement=value, version=version)
        take(draft, "submit", by=by, now=now)
    return draft


def open_entry(indicator: Indicator, as_of: date) -> Assessment | None:
    """The draft of that day, where one was returned or begun."""
    latest: Assessment | None = indicator.assessments.filter(as_of=as_of).order_by("-pk").first()
    if latest is not None and latest.state != "draft":
        raise StepRefused("stale", f"{indicator} has an entry as of {as_of} already, by {latest.entered_by}")
    return latest


def value_for(
    draft: Assessment | None, indicator: Indicator, *, as_of: date, by: Any, now: datetime, source: str,
    given: Mapping[str, Any],
) -> Measurement | None:  # fmt: skip
    """What the judgement bears on: a new value, a correction of the returned one, or what is there already."""
    before = draft.measurement if draft else None
    if not says_something(given):
        return before or measured_on(indicator, as_of, known_at=day(now, indicator.transition.time_zone))
    if before is None or before.report_id:  # what a report says stays what it says
        return measure(indicator, as_of=as_of, by=by, now=now, source=source, **given)
    if same(before, source, given):
        return before
    why = returned_because(draft) or "entered anew before it was verified"
    return correct(before, reason=why, by=by, now=now, source=source, **given)


def measured_on(indicator: Indicator, as_of: date, *, known_at: date) -> Measurement | None:
    definition = definition_on(indicator, as_of, known_at=known_at)
    rows = counted([indicator.transition_id], as_of, known_at=known_at).filter(definition=definition, holds_from=as_of)
    return rows.order_by("-pk").first()


def same(before: Measurement, source: str, given: Mapping[str, Any]) -> bool:
    return source == before.source and all(
        getattr(before, name) == value for name, value in given.items() if name in GIVEN
    )


def returned_because(draft: Assessment | None) -> str:
    change = StateChange.objects.about(draft).filter(step="return").order_by("-version").first() if draft else None
    return f"returned by {change.by}: {change.reason}" if change else ""
