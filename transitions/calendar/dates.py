"""The due date of a milestone: it enters with one, and is moved by re-dating, with a reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.checks import check_fact
from transitions.workflow.engine import Fact, StepRefused, begin, locked

from .models import Milestone, Redating

PLACES = ("pillar", "area", "phase", "owner_office")


def enter(
    milestones: Iterable[Milestone], *, by: Any, now: datetime, source: Fact | None = None, state: str | None = None
) -> list[Milestone]:
    """Put milestones into the calendar: their beginning and the fact row of their first date, in one transaction.

    Raises:
        PermissionDenied, StepRefused, ValidationError: as `begin` does; nothing is entered.
    """
    milestones = list(milestones)
    with locked(*{milestone.transition for milestone in milestones}):
        check_codes(milestones)
        check_places(milestones)
        begin(milestones, by=by, now=now, source=source, state=state)
        Redating.objects.bulk_create(
            (dated(milestone, None, milestone.due_on, by=by, now=now, fact=source) for milestone in milestones),
            batch_size=5000,
        )
    return milestones


def check_codes(milestones: Sequence[Milestone]) -> None:
    """Looked at behind the lock, so that the answer is a sentence and not an error of the database."""
    for transition in {milestone.transition_id for milestone in milestones}:
        codes = Counter(milestone.code for milestone in milestones if milestone.transition_id == transition)
        there = set(Milestone.objects.filter(transition=transition, code__in=codes).values_list("code", flat=True))
        if twice := sorted(there | {code for code, number in codes.items() if number > 1}):
            raise ValidationError({"code": f"{', '.join(twice)}: there is a milestone of this code already."})


def check_places(milestones: Sequence[Milestone]) -> None:
    """The database holds it too, but says so only at the end, and not in a sentence."""
    for name in PLACES:
        wanted = {(milestone.transition_id, pk) for milestone in milestones if (pk := getattr(milestone, f"{name}_id"))}
        if not wanted:
            continue
        places: Any = Milestone._meta.get_field(name).related_model
        there = set(places._base_manager.filter(pk__in={pk for _, pk in wanted}).values_list("transition", "pk"))
        if wanted - there:
            raise ValidationError({name: "It belongs to another transition, or is not there any more."})


@dataclass(frozen=True)
class Move:
    """One milestone's new day, with what a person says about it."""

    milestone: Milestone
    due_on: date | None
    reason: str
    drivers: Sequence[str] = ()
    version: int | None = None


def redate(
    milestone: Milestone, due_on: date | None, *, by: Any, now: datetime, reason: str, drivers: Iterable[str] = (),
    version: int | None = None, fact: Fact | None = None,
) -> Redating:  # fmt: skip
    """Move a milestone to another day.

    Args:
        version: the one on the page it was moved from; a stale page is refused.
        fact: the source, where the date was moved by somebody else (the Council, the Government).
    Raises:
        PermissionDenied: the person may not plan here.
        StepRefused: a stale page, or a milestone that is done or dropped.
        ValidationError: no reason, an unknown driver, or the day that it has already.
    """
    return redate_all([Move(milestone, due_on, reason, list(drivers), version)], by=by, now=now, fact=fact)[0]


def redate_all(moves: Sequence[Move], *, by: Any, now: datetime, fact: Fact | None = None) -> list[Redating]:
    """Move many, all or none, in a fixed number of queries. Each milestone at most once. Raises as `redate` does."""
    milestones = [move.milestone for move in moves]
    with locked(*{milestone.transition for milestone in milestones}):
        read_again(milestones)
        past = history_of(milestones)
        rows = [moved(move, past[move.milestone.pk], by=by, now=now, fact=fact) for move in moves]
        Redating.objects.bulk_create(rows)
        for row in rows:
            # a fact recorded late may be overtaken already by a date that holds from a later day
            later = [due_on for since, due_on in past[row.milestone_id] if since > row.holds_from]
            row.milestone.due_on = later[-1] if later else row.due_on
        Milestone.objects.bulk_update(milestones, ["due_on"])
        for milestone in milestones:
            vars(milestone).pop("owed_on", None)  # the database has computed it anew: read when asked for
    return rows


def read_again(milestones: Sequence[Milestone]) -> None:
    """As they stand once the lock is held. What was deleted meanwhile is a stale page."""
    standing = Milestone._base_manager.in_bulk([milestone.pk for milestone in milestones])
    for milestone in milestones:
        if milestone.pk not in standing:
            raise StepRefused("stale", f"{milestone} was deleted since this page was opened")
        for field in Milestone._meta.concrete_fields:
            setattr(milestone, field.attname, getattr(standing[milestone.pk], field.attname))


def history_of(milestones: Iterable[Milestone]) -> dict[int, list[tuple[date, date | None]]]:
    """Of each milestone its due dates with the day that each holds from, in the order in which they count."""
    past: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    rows = Redating.objects.filter(milestone__in=milestones).order_by("holds_from", "pk")
    for pk, since, due_on in rows.values_list("milestone", "holds_from", "due_on"):
        past[pk].append((since, due_on))
    return past


def moved(
    move: Move, past: Sequence[tuple[date, date | None]], *, by: Any, now: datetime, fact: Fact | None
) -> Redating:
    milestone = move.milestone
    check_move(move, by=by, now=now)
    if fact:
        check_fact(fact, milestone.transition, by=by, now=now)
    row = dated(milestone, None, move.due_on, by=by, now=now, fact=fact)
    row.reason, row.drivers = move.reason, list(move.drivers)
    row.clean_fields(exclude=["milestone", "by"])
    held = [due_on for since, due_on in past if since <= row.holds_from]
    row.was_due_on = held[-1] if held else None
    if held and row.was_due_on == row.due_on:
        raise ValidationError({"due_on": "It is due on that day already."})
    return row


def check_move(move: Move, *, by: Any, now: datetime) -> None:
    milestone = move.milestone
    if not may(by, Permission.PLAN, milestone.transition, now=now, pillar_id=milestone.pillar_id):
        raise PermissionDenied("a milestone is re-dated by a planner or its pillar lead")
    if move.version is not None and move.version != milestone.version:
        raise StepRefused("stale", f"{milestone} has changed since this page was opened: open it again and look")
    if milestone.state in ("done", "dropped"):
        raise StepRefused("wrong-state", f"{milestone} is {milestone.state}: reopen it before giving it a new date")
    if not move.reason.strip():
        raise ValidationError({"reason": "Say why the date moves."})


def dated(
    milestone: Milestone, was: date | None, due_on: date | None, *, by: Any, now: datetime, fact: Fact | None
) -> Redating:
    today = day(now, milestone.transition.time_zone)
    return Redating(
        milestone=milestone, was_due_on=was, due_on=due_on, by=by, recorded_at=now,
        holds_from=fact.holds_from if fact else today, known_from=(fact and fact.known_from) or today,
        source=fact.source if fact else "", approximate=bool(fact and fact.approximate),
    )  # fmt: skip
