"""What changed of handovers beside their states: in sentences with who and source, and as rows of the history."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, Count, F, JSONField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate

from transitions.status.panels import MOST, View, as_history
from transitions.workflow.models import StateChange

from .models import (
    Acceptance,
    AgreedText,
    ConditionAnswer,
    FollowUpAnswer,
    Handover,
    HandoverPlan,
    Incident,
    Readiness,
    RecipientChange,
)

NOTHING = Value("", CharField())
PASSED = Value(None, JSONField())


def text(*parts: Any) -> Any:
    return Concat(*parts, output_field=CharField())


def seen(model: Any, path: str, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = model.objects.all().visible_to(user, now=now).filter(**{path: transition})
    return rows


@dataclass(frozen=True)
class Source:
    """One kind of fact: its rows, how each is said, and which columns the history shows of it.

    Args:
        path: from the row to its transition.
        related: what its sentence reads.
        dated: gives rows that are no facts of their own the two days that they count from.
        changed: which of them the view asks for, where the database finds that sooner than by these days.
    """

    model: Any
    path: str
    related: tuple[str, ...]
    sentence: Callable[[Any], str]
    history: dict[str, Any]
    without: dict[str, Any] | None = None
    dated: Callable[[QuerySet[Any, Any], Any], QuerySet[Any, Any]] = lambda rows, transition: rows
    changed: Callable[[View, Any], Q] = lambda view, transition: view.changed()

    def rows(self, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
        rows = self.dated(seen(self.model, self.path, transition, user=user, now=now), transition)
        return rows.exclude(**self.without) if self.without else rows

    def told(self, transition: Any, view: View) -> Iterator[tuple[datetime, str]]:
        rows = self.rows(transition, user=view.user, now=view.now).filter(self.changed(view, transition))
        for row in rows.select_related(*self.related).order_by("-pk")[: MOST + 1]:
            about = " (about)" if getattr(row, "approximate", False) else ""
            source = f" [{row.source}]" if getattr(row, "source", "") else ""
            at = row.written_at if self.model is AgreedText else row.recorded_at
            yield at, f"{row.holds_from}{about}: {self.sentence(row)}{source}"

    def as_history(self, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
        columns = {
            "at": "recorded_at", "since": "holds_from", "who": "by", "acting_as": NOTHING,
            "about_type": Value(Handover._meta.label_lower), "about_id": "handover", "was_before": NOTHING,
            "why": NOTHING, "drawn_from": "source", "passed": PASSED, **self.history,
        }  # fmt: skip
        return as_history(self.rows(transition, user=user, now=now), **columns)


def as_accepted(rows: QuerySet[Any, Any], transition: Any) -> QuerySet[Any, Any]:
    """It counts from the step that it made."""
    step = StateChange.objects.filter(
        thing_type=Handover._meta.label_lower, thing_id=OuterRef("handover"), version=OuterRef("handover_version") + 1
    )
    dated: QuerySet[Any, Any] = rows.annotate(
        holds_from=Subquery(step.values("holds_from")), known_from=Subquery(step.values("known_from")),
        asked=Count("conditions"),
    )  # fmt: skip
    return dated


def as_written(rows: QuerySet[Any, Any], transition: Any) -> QuerySet[Any, Any]:
    written_on = TruncDate("written_at", tzinfo=ZoneInfo(transition.time_zone))
    dated: QuerySet[Any, Any] = rows.annotate(holds_from=written_on, known_from=written_on)
    return dated


def written_between(view: View, transition: Any) -> Q:
    """By instants: there are thousands of texts, and each day would have to be computed in the transition's zone."""
    zone, until = ZoneInfo(transition.time_zone), min(view.as_of, view.known_at) + timedelta(days=1)
    first, end = (datetime.combine(on, time.min, zone) for on in (view.since, until))
    return Q(written_at__gte=first, written_at__lt=end)


def recipient(row: RecipientChange) -> str:
    to = row.recipient_office or row.recipient or "nobody"
    use = f", for this use: {row.agreed_use}" if row.agreed_use else ""
    return f"{row.handover} is taken over by {to}{use} ({row.by}): {row.reason}"


def plan(row: HandoverPlan) -> str:
    moved = f"planned for {row.planned_on or 'no day'}"
    if row.planned_on != row.was_planned_on:
        moved = f"moved from {row.was_planned_on or 'no day'} to {row.planned_on or 'no day'}"
    owner = row.residual_office or "nobody yet"
    return f"{row.handover}: {moved}, owned after the mandate's end by {owner} ({row.by}): {row.reason}"


def acceptance(row: Any) -> str:
    how = f" on paper, signed by {row.signatory} on {row.signed_on}, entered" if row.on_paper else ""
    asked = f" with {row.asked} condition{'s' * (row.asked > 1)}" if row.asked else ""
    return f"{row.text} of what is agreed for {row.handover} was accepted{asked}{how} ({row.recorded_by})"


def condition(row: ConditionAnswer) -> str:
    met = "is met" if row.met else "is not met"
    return f"“{row.condition}”, a condition of {row.condition.handover}, {met} ({row.by})"


def agreed(row: AgreedText) -> str:
    return f"{row} of what is agreed for {row.handover} was written ({row.written_by})"


def readiness(row: Readiness) -> str:
    until = f", money until {row.money_until}" if row.money_until else ""
    what = f"{row.get_dimension_display().lower()} of its recipient is {row.get_level_display().lower()}"
    return f"{row.handover}: {what}{until} ({row.by}): {row.evidence}"


def follow_up(row: FollowUpAnswer) -> str:
    answers = (
        f"task performed {row.performed}, resources there {row.resources}, agreed use respected {row.use_respected}"
    )
    check, note = row.follow_up, f": {row.note}" if row.note else ""
    failed = "failed" if row.failed else "was answered"
    return f"the follow-up of {check.handover} after {check.days} days {failed} ({answers}; {row.by}){note}"


def incident(row: Incident) -> str:
    about = row.handover or row.site or row.task
    return f"{row.get_kind_display().lower()}, {about} ({row.by}): {row.text}"


OF_HANDOVER = "handover__transition"
named = Coalesce("recipient_office__name", "recipient")
INCIDENTS = Source(
    Incident, "transition", ("handover", "site", "task", "by"), incident,
    {
        "about_type": Value("missions.transition"), "about_id": "transition", "why": "text",
        "became": text(Value("incident: "), "kind"),
    },
)  # fmt: skip
SOURCES = (
    Source(
        RecipientChange, OF_HANDOVER, ("handover", "recipient_office", "by"), recipient,
        {"became": named, "why": "reason"}, without={"reason": ""},
    ),
    Source(
        HandoverPlan, OF_HANDOVER, ("handover", "residual_office", "by"), plan,
        {
            "was_before": Cast("was_planned_on", CharField()), "became": Cast("planned_on", CharField()),
            "why": Case(
                When(residual_office=None, then=F("reason")),
                default=text("reason", Value("; residual owner: "), "residual_office__name"),
                output_field=CharField(),
            ),
        },
        without={"reason": ""},
    ),
    Source(
        Acceptance, OF_HANDOVER, ("handover", "text", "recorded_by"), acceptance,
        {
            "who": "recorded_by", "drawn_from": "reference",
            "became": text(
                Value("accepted: version "), Cast("text__number", CharField()),
                Case(When(on_paper=True, then=text(Value(", on paper, signed by "), "signatory")), default=NOTHING),
            ),
        },
        dated=as_accepted,
    ),
    Source(
        ConditionAnswer, f"condition__{OF_HANDOVER}", ("condition__handover", "by"), condition,
        {
            "about_id": "condition__handover", "why": "condition__sentence",
            "became": Case(When(met=True, then=Value("condition met")), default=Value("condition not met")),
        },
    ),
    Source(
        AgreedText, OF_HANDOVER, ("handover", "written_by"), agreed,
        {
            "at": "written_at", "who": "written_by", "drawn_from": NOTHING, "why": "text",
            "became": text(Value("version "), Cast("number", CharField()), Value(" of what is agreed")),
        },
        dated=as_written, changed=written_between,
    ),
    Source(
        Readiness, OF_HANDOVER, ("handover", "by"), readiness,
        {"became": text("dimension", Value(" "), "level"), "why": "evidence"},
    ),
    Source(
        FollowUpAnswer, f"follow_up__{OF_HANDOVER}", ("follow_up__handover", "by"), follow_up,
        {
            "about_id": "follow_up__handover", "why": "note",
            "became": text(
                Value("performed: "), "performed", Value(", resources: "), "resources", Value(", use respected: "),
                "use_respected",
            ),
        },
    ),
    INCIDENTS,
)  # fmt: skip
