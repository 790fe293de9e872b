"""Handovers as they stood on a day, as known on a day: state, recipient, readiness, and what was seen afterwards.

Thousands of them are read at once, so every question is asked once for all: no model is made, what can be counted or
gathered in the database is, and names that many rows share (offices, areas, pillars) come once, by their id.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from transitions.clock.present import day
from transitions.missions.models import Area, Office, Pillar
from transitions.missions.models.places import Named
from transitions.status.panels import View

from .models import (
    AgreedText,
    Answer,
    Dimension,
    FollowUp,
    FollowUpAnswer,
    Handover,
    HandoverPlan,
    Level,
    Readiness,
    RecipientChange,
)
from .plans import SETTLED
from .readiness import Change, in_order, of_who_stands
from .recipients import weakest

HANDED_OVER = ("transferred", "completed", "lapsed")  # once there was a transfer, somebody looks afterwards


class Recipient(NamedTuple):
    name: str | None
    code: str | None
    kind: str | None
    agreed_use: str


NOBODY = Recipient(None, None, None, "")


class Checks(NamedTuple):
    """The follow-ups of one handover."""

    next_on: date | None
    due: int
    overdue: int
    failed: int


NOTHING_SEEN = Checks(None, 0, 0, 0)


class Standing(NamedTuple):
    """One handover on a day. None is unknown."""

    id: int
    transition_id: int
    code: str
    title: str
    part: str
    track: str
    follows: int | None
    marking: str
    illustrative: bool
    task: str | None
    site: str | None
    pillar: str | None
    pillar_code: str | None
    area: str | None
    area_code: str | None
    state: str
    version: int
    recipient: str | None
    recipient_code: str | None
    recipient_kind: str | None
    agreed_use: str
    readiness: str | None
    readiness_by_dimension: dict[str, str]
    money_until: date | None
    planned_on: date | None
    residual_owner: str | None
    follow_ups: Checks

    @property
    def open(self) -> bool:
        return self.state not in SETTLED

    @property
    def state_words(self) -> str:
        return self.state.replace("_", " ")

    @property
    def next_follow_up(self) -> date | None:
        return self.follow_ups.next_on

    @property
    def failed(self) -> bool:
        return self.follow_ups.failed > 0

    def as_open(self) -> dict[str, Any]:
        return {
            "handover": self.code, "task": self.task, "site": self.site, "state": self.state,
            "residual_owner": self.residual_owner,
        }  # fmt: skip


OF_HANDOVER = (
    "pk", "transition_id", "code", Coalesce("task__title", "site__name"), "part", "track", "follows_id", "marking",
    "illustrative", "task__code", "site__code",
)  # fmt: skip
BY_ID = ("task__pillar_id", Coalesce("area_id", "task__area_id", "site__area_id"))


def handovers_at(transitions: Sequence[int], view: View) -> list[Standing]:
    """What the viewer may see of the handovers of these transitions, in a fixed number of queries."""
    return standing_at(seen_in(transitions, view), transitions, view)


def seen_in(transitions: Sequence[int], view: View) -> list[tuple[Any, ...]]:
    """Those that the viewer may see, of whatever day, as far as they do not change with it."""
    seen = Handover.objects.visible_to(view.user, now=view.now).filter(transition__in=transitions)
    return list(seen.order_by("code").values_list(*OF_HANDOVER, *BY_ID))


def standing_at(rows: Sequence[tuple[Any, ...]], transitions: Sequence[int], view: View) -> list[Standing]:
    if not rows:
        return []
    stood = view.states(transitions, Handover)
    changes = in_order(counted(RecipientChange.objects.filter(handover__transition__in=transitions), view))
    recipients = {change.handover: change for change in changes}
    plans = plans_at(transitions, view)
    levels = readiness_at(transitions, view, changes)
    checks = follow_ups_at(transitions, view)
    scopes = scopes_before(transitions, view)
    pillars, areas, offices = (names(model, transitions) for model in (Pillar, Area, Office))
    nowhere, never = (None, None), (None, None)
    found = []
    for pk, transition, code, title, part, track, *of_handover, pillar, area in rows:
        if state := stood.get(pk):
            part, track, area = scopes.get(pk, (part, track, area))
            planned_on, residual = plans.get(pk, never)
            by_dimension, money_until = levels.get(pk, ({}, None))
            seen_after = checks.get(pk, NOTHING_SEEN) if state.state in HANDED_OVER else NOTHING_SEEN
            values = (
                pk, transition, code, title, part, track, *of_handover, *pillars.get(pillar, nowhere),
                *areas.get(area, nowhere), state.state, state.version,
                *named(recipients.get(pk), offices), weakest(by_dimension), by_dimension, money_until, planned_on,
                offices.get(residual, nowhere)[0], seen_after,
            )  # fmt: skip
            found.append(Standing._make(values))
    return found


def scopes_before(transitions: Sequence[int], view: View) -> dict[int, tuple[str, str, int | None]]:
    """Part, track and area of handovers whose words were written anew after the day, as its words had them.

    Before there are words the scope is a draft without a history: then it is that of the first words.
    """
    if view.present:
        return {}
    until = min(view.as_of, view.known_at)
    midnight = datetime.combine(until, time.min, UTC)  # before the next day begins in any zone
    newer = AgreedText.objects.filter(handover=OuterRef("handover"), written_at__gte=midnight)
    texts = AgreedText.objects.filter(Exists(newer), handover__transition__in=transitions).order_by("number")
    area_id = Coalesce("area_id", "handover__task__area_id", "handover__site__area_id")
    columns = ("handover_id", "written_at", "handover__transition__time_zone", "part", "track", area_id)
    found: dict[int, tuple[str, str, int | None]] = {}
    for pk, written_at, time_zone, part, track, area in texts.values_list(*columns):
        if pk not in found or day(written_at, time_zone) <= until:
            found[pk] = part, track, area
    return found


def names(model: type[Named], transitions: Sequence[int]) -> dict[int | None, tuple[str, str]]:
    rows = model._default_manager.filter(transition__in=transitions).values_list("pk", "name", "code")
    return {pk: (name, code) for pk, name, code in rows}


def named(stands: Change | None, offices: Mapping[int | None, tuple[str, str]]) -> Recipient:
    if stands is None:
        return NOBODY
    office, code = offices.get(stands.office, (None, None))
    return Recipient(office or stands.name or None, code, stands.kind or None, stands.agreed_use)


def plans_at(transitions: Sequence[int], view: View) -> dict[int, tuple[date | None, int | None]]:
    """The planned day, and the office that owns what is left open at the mandate's end."""
    rows = latest(HandoverPlan.objects.filter(handover__transition__in=transitions), "handover_id", view)
    return {pk: (day, office) for pk, day, office in rows.values_list("handover_id", "planned_on", "residual_office")}


def latest(rows: QuerySet[Any, Any], of: str, view: View) -> QuerySet[Any, Any]:
    """Of dated values the one from the latest day counts, of two from one day the later row: one for each thing."""
    return counted(rows, view).order_by(of, "-holds_from", "-pk").distinct(of)


def counted(rows: QuerySet[Any, Any], view: View) -> QuerySet[Any, Any]:
    return rows.filter(holds_from__lte=view.as_of, known_from__lte=view.known_at)


IN_ORDER = ("holds_from", "pk")
UNSAID = "-"


def readiness_at(
    transitions: Sequence[int], view: View, changes: Sequence[Change]
) -> dict[int, tuple[dict[str, str], date | None]]:
    """Of each handover the level of each dimension, and until when there is money: later rows replace earlier ones.

    Of the recipient that stood on the day: what was seen of an earlier one does not count. Money that was there until a
    day before is unknown again. Gathered as words, which are taken apart here: tens of thousands of values in lists
    take longer to come over.
    """
    rows = counted(Readiness.objects.filter(handover__transition__in=transitions), view)
    until = Coalesce(Cast("money_until", CharField()), Value(UNSAID))
    stand = of_who_stands(rows, changes).values_list("handover_id")
    gathered = stand.annotate(
        dimensions=StringAgg("dimension", " ", order_by=IN_ORDER),
        levels=StringAgg("level", " ", order_by=IN_ORDER),
        money=StringAgg(until, " ", order_by=IN_ORDER, filter=Q(dimension=Dimension.MONEY)),
    )
    found = {}
    for pk, dimensions, levels, money in gathered:
        of_each = dict(zip(dimensions.split(), levels.split(), strict=True))
        last = last_day(money) if money else None
        if last and last < view.as_of and of_each[Dimension.MONEY] != Level.NOT_READY:
            del of_each[Dimension.MONEY]
        found[pk] = of_each, last
    return found


def last_day(said: str) -> date | None:
    last = said.rpartition(" ")[2]
    return None if last == UNSAID else date.fromisoformat(last)


def follow_ups_at(transitions: Sequence[int], view: View) -> dict[int, Checks]:
    """A check is there from its transfer, and answered as far as an answer holds and was known."""
    asked = FollowUpAnswer.objects.filter(follow_up__handover__transition__in=transitions)
    no = Q(performed=Answer.NO) | Q(resources=Answer.NO) | Q(use_respected=Answer.NO)
    answers = dict(latest(asked, "follow_up_id", view).annotate(no=no).values_list("follow_up_id", "no"))
    found: dict[int, Checks] = {}
    since = ExpressionWrapper(F("due_on") - F("days"), output_field=DateField())
    there = FollowUp.objects.alias(since=since).filter(handover__transition__in=transitions, since__lte=view.as_of)
    for pk, handover, due_on in there.order_by("due_on").values_list("pk", "handover_id", "due_on"):
        next_on, due, overdue, failed = found.get(handover, NOTHING_SEEN)
        if pk in answers:
            found[handover] = Checks(next_on, due, overdue, failed + answers[pk])
        elif due_on < view.as_of:
            found[handover] = Checks(next_on or due_on, due, overdue + 1, failed)
        else:
            found[handover] = Checks(next_on or due_on, due + 1, overdue, failed)
    return found
