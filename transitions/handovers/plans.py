"""When it is to be handed over, and who owns what is still open at the mandate's end: moved with a reason only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.checks import check_fact
from transitions.workflow.engine import Fact, StepRefused, locked

from .models import Handover, HandoverPlan

SETTLED = ("transferred", "completed", "ended", "lapsed")
STILL_OWED = "lapsed"  # there is no day to plan any more, but somebody must own what has come back


class Keep(Enum):
    KEEP = "keep"


KEEP = Keep.KEEP  # the value stays as it is; None says that there is none


@dataclass(frozen=True)
class PlannedMove:
    """One handover's new day, or new residual office, with what a person says about it."""

    handover: Handover
    planned_on: date | Keep | None = KEEP
    residual_office: Any = KEEP
    reason: str = ""
    version: int | None = None


def plan(
    handover: Handover, *, planned_on: date | Keep | None = KEEP, residual_office: Any = KEEP, by: Any, now: datetime,
    reason: str, fact: Fact | None = None, version: int | None = None,
) -> HandoverPlan:  # fmt: skip
    """Plan a handover for another day, or name another owner of what is left open. What is not given stays.

    Args:
        version: the one on the page it was planned from; a stale page is refused.
        fact: the source, where somebody else has moved it (the Government, the Council).
    Raises:
        PermissionDenied: the person may not plan here.
        StepRefused: a stale page, or a handover that is settled.
        ValidationError: no reason, an office of another transition, or nothing that changes.
    """
    move = PlannedMove(handover, planned_on, residual_office, reason, version)
    return plan_all([move], by=by, now=now, fact=fact)[0]


def plan_all(moves: Sequence[PlannedMove], *, by: Any, now: datetime, fact: Fact | None = None) -> list[HandoverPlan]:
    """Plan many, all or none, in a fixed number of queries. Each handover at most once. Raises as `plan` does."""
    handovers = [move.handover for move in moves]
    with locked(*{handover.transition for handover in handovers}):
        read_again(handovers)
        past = history_of(handovers)
        rows = [planned(move, past[move.handover.pk], by=by, now=now, fact=fact) for move in moves]
        carried = [carried_on(row, past[row.handover_id]) for row in rows]
        HandoverPlan.objects.bulk_create([*rows, *(row for later in carried for row in later)])
        for row, later in zip(rows, carried, strict=True):
            counts = max([*past[row.handover_id], row, *later], key=lambda one: (one.holds_from, one.pk))
            row.handover.planned_on, row.handover.residual_office_id = values(counts)
        Handover.objects.bulk_update(handovers, ["planned_on", "residual_office"])
        for handover in handovers:
            vars(handover).pop("owed_on", None)  # the database has computed it anew: read when asked for
    return rows


def read_again(handovers: Sequence[Handover]) -> None:
    """As they stand once the lock is held. What was deleted meanwhile is a stale page."""
    standing = Handover._base_manager.select_related("transition", "task", "site", "recipient_office").in_bulk(
        [one.pk for one in handovers]
    )
    for handover in handovers:
        if handover.pk not in standing:
            raise StepRefused("stale", f"{handover} was deleted since this page was opened")
        found = standing[handover.pk]
        handover.__dict__.update(
            {field.attname: getattr(found, field.attname) for field in found._meta.concrete_fields}
        )
        handover._state.fields_cache = dict(found._state.fields_cache)


def history_of(handovers: Iterable[Handover]) -> dict[int, list[HandoverPlan]]:
    """Of each handover its plans, in the order in which they count."""
    past: dict[int, list[HandoverPlan]] = defaultdict(list)
    for row in HandoverPlan.objects.filter(handover__in=handovers).order_by("holds_from", "pk"):
        past[row.handover_id].append(row)
    return past


def planned(
    move: PlannedMove, past: Sequence[HandoverPlan], *, by: Any, now: datetime, fact: Fact | None
) -> HandoverPlan:
    handover = move.handover
    check_move(move, by=by, now=now)
    if fact:
        check_fact(fact, handover.transition, by=by, now=now)
    row = plan_row(handover, by=by, now=now, fact=fact, reason=move.reason.strip())
    before = [held for held in past if held.holds_from <= row.holds_from]
    held_on, held_by = values(before[-1]) if before else (None, None)
    row.was_planned_on = held_on
    row.planned_on = held_on if isinstance(move.planned_on, Keep) else move.planned_on
    row.residual_office_id = held_by if move.residual_office is KEEP else getattr(move.residual_office, "pk", None)
    if before and values(row) == (held_on, held_by):
        raise ValidationError({"planned_on": "That is the plan already: give another day, or another residual owner."})
    row.clean_fields(exclude=["handover", "by", "residual_office"])
    return row


def carried_on(row: HandoverPlan, past: Sequence[HandoverPlan]) -> list[HandoverPlan]:
    """A fact recorded late: later plans that had only kept a value keep the new one instead.

    Each is a row of its own, known since the fact is.
    """
    before = [held for held in past if held.holds_from <= row.holds_from]
    (day_was, office_was), told, carried = values(before[-1]) if before else (None, None), row, []
    for held in past[len(before) :]:
        planned_on, office = values(held)
        told = HandoverPlan(
            handover=row.handover, was_planned_on=told.planned_on, reason=row.reason, by=row.by, source=row.source,
            planned_on=told.planned_on if planned_on == day_was else planned_on,
            residual_office_id=told.residual_office_id if office == office_was else office,
            holds_from=held.holds_from, known_from=max(row.known_from, held.known_from),
            recorded_at=row.recorded_at, approximate=held.approximate,
        )  # fmt: skip
        day_was, office_was = planned_on, office
        carried.append(told)
    return [told for told, held in zip(carried, past[len(before) :], strict=True) if values(told) != values(held)]


def values(row: HandoverPlan) -> tuple[date | None, int | None]:
    return row.planned_on, row.residual_office_id


def check_move(move: PlannedMove, *, by: Any, now: datetime) -> None:
    handover = move.handover
    if not may(by, Permission.PLAN, handover.transition, now=now, pillar_id=handover.pillar_id):
        raise PermissionDenied("a handover is planned by a planner or its pillar lead")
    if move.version is not None and move.version != handover.version:
        raise StepRefused("stale", f"{handover} has changed since this page was opened: open it again and look")
    owes = handover.state == STILL_OWED and move.planned_on is KEEP
    if handover.state in SETTLED and not owes:
        raise StepRefused("wrong-state", f"{handover} is {handover.state}: there is nothing left to plan for it")
    if not move.reason.strip():
        raise ValidationError({"reason": "Say why the plan changes."})
    office = None if move.residual_office is KEEP else move.residual_office
    if office is not None and office.transition_id != handover.transition_id:
        raise ValidationError({"residual_office": f"{office} belongs to another transition."})


def plan_row(handover: Handover, *, by: Any, now: datetime, fact: Fact | None, reason: str = "") -> HandoverPlan:
    """As the handover stands: the first row of a new one, and what `planned` begins with."""
    today = day(now, handover.transition.time_zone)
    return HandoverPlan(
        handover=handover, planned_on=handover.planned_on, residual_office_id=handover.residual_office_id,
        reason=reason, by=by, recorded_at=now, holds_from=fact.holds_from if fact else today,
        known_from=(fact and fact.known_from) or today, source=fact.source if fact else "",
        approximate=bool(fact and fact.approximate),
    )  # fmt: skip
