"""Handovers as they stood on a day, as known on a day: state, recipient, readiness, and what was seen afterwards."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from transitions.status.panels import View

from .models import FollowUp, FollowUpAnswer, Handover, HandoverPlan, Readiness, RecipientChange
from .plans import SETTLED
from .recipients import weakest

HANDED_OVER = ("transferred", "completed", "lapsed")  # once there was a transfer, somebody looks afterwards


@dataclass(frozen=True)
class Check:
    due_on: date
    answered: bool
    failed: bool


@dataclass(frozen=True)
class Standing:
    """One handover on a day. None is unknown."""

    id: int
    transition_id: int
    code: str
    task: str | None
    site: str | None
    title: str
    part: str
    area: str | None
    track: str
    pillar: str | None
    recipient: str | None
    recipient_kind: str | None
    agreed_use: str
    state: str
    version: int
    readiness: str | None
    readiness_by_dimension: dict[str, str]
    money_until: date | None
    planned_on: date | None
    residual_owner: str | None
    illustrative: bool
    follows: int | None = None
    follow_ups: list[Check] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.state not in SETTLED

    @property
    def state_words(self) -> str:
        return self.state.replace("_", " ")

    @property
    def next_follow_up(self) -> date | None:
        return min((check.due_on for check in self.follow_ups if not check.answered), default=None)

    @property
    def failed(self) -> bool:
        return any(check.failed for check in self.follow_ups)

    def as_open(self) -> dict[str, Any]:
        return {
            "handover": self.code, "task": self.task, "site": self.site, "state": self.state,
            "residual_owner": self.residual_owner,
        }  # fmt: skip


def handovers_at(transitions: Sequence[int], view: View) -> list[Standing]:
    """What the viewer may see of the handovers of these transitions, in a fixed number of queries."""
    seen = Handover.objects.visible_to(view.user, now=view.now).filter(transition__in=transitions)
    rows = list(seen.select_related("task__pillar", "site", "area").order_by("code"))
    if not rows:
        return []
    stood = view.states(transitions, Handover)
    recipients = latest_recipients(transitions, view)
    plans = latest_plans(transitions, view)
    levels, money = readiness(transitions, view)
    checks = follow_ups(transitions, view)
    return [
        standing(row, stood[row.pk], recipients.get(row.pk), plans.get(row.pk), levels[row.pk], money.get(row.pk), its)
        for row in rows
        if row.pk in stood
        for its in [checks[row.pk]]
    ]


def standing(
    row: Handover, stood: Any, recipient: RecipientChange | None, plan: HandoverPlan | None, levels: dict[str, str],
    money: date | None, checks: list[Check],
) -> Standing:  # fmt: skip
    named = (str(recipient.recipient_office or "") or recipient.recipient) if recipient else ""
    return Standing(
        id=row.pk, transition_id=row.transition_id, code=row.code, task=row.task.code if row.task else None,
        site=row.site.code if row.site else None, title=row.task.title if row.task else row.site.name,  # type: ignore[union-attr]
        part=row.part, area=str(row.area) if row.area else None, track=row.track,
        pillar=row.task.pillar.name if row.task and row.task.pillar else None, recipient=named or None,
        recipient_kind=(recipient.recipient_kind or None) if recipient else None,
        agreed_use=recipient.agreed_use if recipient else "", state=stood.state, version=stood.version,
        readiness=weakest(levels), readiness_by_dimension=levels, money_until=money,
        planned_on=plan.planned_on if plan else None,
        residual_owner=str(plan.residual_office) if plan and plan.residual_office else None,
        illustrative=row.illustrative, follows=row.follows_id, follow_ups=checks if stood.state in HANDED_OVER else [],
    )  # fmt: skip


def latest_recipients(transitions: Sequence[int], view: View) -> dict[int, RecipientChange]:
    rows = latest(RecipientChange.objects.filter(handover__transition__in=transitions), "handover_id", view)
    return {row.handover_id: row for row in rows.select_related("recipient_office")}


def latest_plans(transitions: Sequence[int], view: View) -> dict[int, HandoverPlan]:
    rows = latest(HandoverPlan.objects.filter(handover__transition__in=transitions), "handover_id", view)
    return {row.handover_id: row for row in rows.select_related("residual_office")}


def latest(rows: QuerySet[Any, Any], of: str, view: View) -> QuerySet[Any, Any]:
    """Of dated values the one from the latest day counts, of two from one day the later row: one for each thing."""
    counted = rows.filter(holds_from__lte=view.as_of, known_from__lte=view.known_at)
    return counted.order_by(of, "-holds_from", "-pk").distinct(of)


def readiness(transitions: Sequence[int], view: View) -> tuple[dict[int, dict[str, str]], dict[int, date]]:
    counted = Readiness.objects.filter(
        handover__transition__in=transitions, holds_from__lte=view.as_of, known_from__lte=view.known_at
    )
    levels: dict[int, dict[str, str]] = defaultdict(dict)
    money: dict[int, date] = {}
    for row in counted.order_by("holds_from", "pk"):
        levels[row.handover_id][row.dimension] = row.level
        if row.money_until:
            money[row.handover_id] = row.money_until
    return levels, money


def follow_ups(transitions: Sequence[int], view: View) -> dict[int, list[Check]]:
    """A check is there from its transfer, and answered as far as an answer holds and was known."""
    asked = FollowUpAnswer.objects.filter(follow_up__handover__transition__in=transitions)
    answers = {row.follow_up_id: row for row in latest(asked, "follow_up_id", view)}
    found: dict[int, list[Check]] = defaultdict(list)
    for row in FollowUp.objects.filter(handover__transition__in=transitions).order_by("due_on"):
        if row.transferred_on <= view.as_of:
            given = answers.get(row.pk)
            found[row.handover_id].append(Check(row.due_on, given is not None, given is not None and given.failed))
    return found
