"""A judgement of an indicator: a draft by a person, beside what the program proposes; verified by somebody else."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, QuerySet

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.engine import Fact, StepRefused, begin, locked

from .facts import check_planner, save, stamp
from .falls import told_of_falls
from .measuring import definition_on
from .models import Assessment, Benchmark, ClassOverride, Definition, Disagreement, Indicator, Measurement
from .proposing import Proposal, propose


def assess(
    indicator: Indicator, judged: str, *, as_of: date, by: Any, now: datetime, note: str = "",
    measurement: Measurement | None = None, report: Any = None,
) -> Assessment:  # fmt: skip
    """Begin a draft. Where the person judges otherwise than the numbers, both are kept.

    Raises:
        PermissionDenied: who may not enter judgements here.
        ValidationError: a day in the future, no class, a measurement that cannot bear it.
    """
    with locked(indicator.transition):
        today = day(now, indicator.transition.time_zone)
        if as_of > today:
            raise ValidationError({"as_of": f"{as_of} has not come yet: today is {today}."})
        definition = definition_on(indicator, as_of, known_at=today)
        if definition is None:
            raise ValidationError({"as_of": f"{indicator} was not defined on {as_of}."})
        if measurement:
            check_bears(measurement, indicator, definition, as_of)
        draft = Assessment(
            indicator=indicator, definition=definition, report=report, measurement=measurement, as_of=as_of,
            judged=judged, note=note, entered_by=by,
        )  # fmt: skip
        draft.full_clean(exclude=["state", "version"])
        begin([draft], by=by, now=now)
        keep_both(draft, propose(indicator, as_of=as_of, known_at=today), by=by, now=now)
    return draft


def check_bears(measurement: Measurement, indicator: Indicator, definition: Definition, as_of: date) -> None:
    if measurement.indicator_id != indicator.pk:
        raise ValidationError({"measurement": "It is a measurement of another indicator."})
    if measurement.definition_id != definition.pk:
        raise ValidationError({"measurement": "It was measured by another definition."})
    if measurement.holds_from > as_of:
        raise ValidationError({"measurement": f"It is of {measurement.holds_from}, later than {as_of}."})


def judge_again(
    assessment: Assessment, judged: str, *, by: Any, now: datetime, note: str | None = None,
    measurement: Measurement | None = None, version: int | None = None,
) -> Assessment:  # fmt: skip
    """Another class, note or value for a draft, a returned one for instance. It is from then on their entry.

    Raises:
        PermissionDenied, ValidationError: as `assess` does.
        StepRefused: it is no draft any more, or the page was stale.
    """
    transition = assessment.indicator.transition
    with locked(transition):
        assessment.refresh_from_db()
        if not may(by, Permission.MEASURE, transition, now=now):
            raise PermissionDenied("you may not enter judgements here")
        if version is not None and version != assessment.version:
            raise StepRefused("stale", f"{assessment} has changed since this page was opened: open it again and look")
        if assessment.state != "draft":
            raise StepRefused("wrong-state", f"{assessment} is {assessment.state}: only a draft is judged again")
        assessment.judged, assessment.entered_by = judged, by
        assessment.note = assessment.note if note is None else note
        if measurement:
            check_bears(measurement, assessment.indicator, assessment.definition, assessment.as_of)
            assessment.measurement = measurement
        assessment.full_clean(exclude=["state", "version"])
        assessment.save(update_fields=["judged", "note", "entered_by", "measurement"])
        known_at = day(now, transition.time_zone)
        proposal = propose(assessment.indicator, as_of=assessment.as_of, known_at=known_at)
        keep_both(assessment, proposal, by=by, now=now)
    return assessment


def keep_both(assessment: Assessment, proposal: Proposal, *, by: Any, now: datetime) -> None:
    if proposal.differs_from(assessment.judged):
        Disagreement.objects.create(
            assessment=assessment, judged=assessment.judged, proposed=proposal.judged, proposed_met=proposal.met,
            reasons=list(proposal.reasons), by=by, recorded_at=now,
        )  # fmt: skip


def disagreements(transitions: Sequence[int], *, user: Any, now: datetime) -> QuerySet[Disagreement, Any]:
    """Where judgements that stand differ from what was proposed: of each the last time that it was judged."""
    seen = Disagreement.objects.visible_to(user, now=now).filter(assessment__indicator__transition__in=transitions)
    standing = seen.filter(judged=F("assessment__judged")).order_by("assessment_id", "-pk").distinct("assessment_id")
    found: QuerySet[Disagreement, Any] = Disagreement.objects.filter(pk__in=standing.values("pk"))
    return found.select_related("assessment__indicator__benchmark", "by").order_by("-pk")


def override_class(
    benchmark: Benchmark, judged: str, *, reason: str, by: Any, now: datetime, fact: Fact | None = None
) -> ClassOverride:
    """A person's word against the worst of the indicators, shown as such. An empty class takes it back.

    Raises:
        PermissionDenied, ValidationError: who may not, no reason, no such class.
    """
    with locked(benchmark.transition):
        check_planner(benchmark, by=by, now=now)
        stamped = stamp(benchmark.transition, by=by, now=now, fact=fact)
        row = ClassOverride(benchmark=benchmark, judged=judged, reason=reason.strip(), **stamped)
        with told_of_falls(benchmark.transition, about=row, now=now):
            save(row)
    return row
