"""Mandate instruments are recorded, never edited: a later one supersedes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max

from transitions.access.models import may, may_anywhere
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.engine import locked

from .models import Effect, EndState, MandateInstrument, Transition

EARLIEST_ZONE = "Pacific/Kiritimati"  # without a transition, a day has come once it has come somewhere

type Follow = Callable[..., None]
FOLLOWERS: list[Follow] = []


def when_recorded(follow: Follow) -> Follow:
    """A higher room says what it does once an instrument is recorded: `follow(instrument, now=)`, in the same step."""
    FOLLOWERS.append(follow)
    return follow


def record_instrument(
    instrument: MandateInstrument, effects: Sequence[Effect] = (), *, by: Any, now: datetime, source: str = ""
) -> MandateInstrument:
    """Record an instrument with what it changes. Recorded late is fine: it holds from its adoption, known from then.

    It moves nothing by itself: whoever plans decides what follows from it.

    Raises:
        PermissionDenied: the person records no instruments for this mission.
        ValidationError: adopted in the future, superseding one adopted later, or a field that is wrong.
    """
    transitions = list(Transition.objects.filter(mission=instrument.mission_id))
    with locked(*transitions):
        check_permission(by, transitions, now=now)
        instrument.holds_from = instrument.known_from = instrument.adopted_on
        instrument.recorded_at, instrument.by, instrument.source = now, by, source or instrument.source
        instrument.full_clean()
        zones = [one.time_zone for one in transitions] or [EARLIEST_ZONE]
        check_order(instrument, today=max(day(now, zone) for zone in zones))
        instrument.save(force_insert=True)
        for effect in effects:
            effect.instrument = instrument
            effect.full_clean()
            effect.save(force_insert=True)
        for follow in FOLLOWERS:
            follow(instrument, now=now)
    return instrument


def check_permission(by: Any, transitions: Sequence[Transition], *, now: datetime) -> None:
    allowed = (
        any(may(by, Permission.RECORD_INSTRUMENT, one, now=now) for one in transitions)
        if transitions
        else may_anywhere(by, Permission.RECORD_INSTRUMENT, now=now)
    )
    if not allowed:
        raise PermissionDenied("instruments are recorded by the mission's planner or the headquarters desk")


def check_order(instrument: MandateInstrument, *, today: Any) -> None:
    """An instrument of the future is a plan, not an instrument; and nothing supersedes what came after it."""
    if instrument.adopted_on > today:
        sentence = f"{instrument} would be adopted in the future: record it once it is adopted."
        raise ValidationError({"adopted_on": sentence})
    older = instrument.supersedes
    if older is None:
        return
    if older.mission_id != instrument.mission_id:
        raise ValidationError({"supersedes": f"{older} is about another mission."})
    if older.adopted_on > instrument.adopted_on:
        sentence = f"{older} was adopted later ({older.adopted_on}): it cannot be superseded by {instrument}."
        raise ValidationError({"supersedes": sentence})


def agree_end_state(end_state: EndState, *, by: Any, now: datetime) -> EndState:
    """Record what must be true at the end, as agreed on a day. A later one replaces it.

    Raises:
        PermissionDenied: the person does not plan here.
        ValidationError: agreed in the future, or before the one that it replaces.
    """
    transition = end_state.transition
    with locked(transition):
        if not may(by, Permission.SET_UP, transition, now=now):
            raise PermissionDenied("the end state is recorded by the planner")
        end_state.known_from = end_state.known_from or end_state.holds_from
        end_state.recorded_at, end_state.by = now, by
        end_state.full_clean()
        latest = transition.end_states.aggregate(day=Max("holds_from"))["day"]
        if end_state.holds_from > day(now, transition.time_zone):
            raise ValidationError({"holds_from": "It cannot have been agreed in the future."})
        if latest and end_state.holds_from < latest:
            raise ValidationError({"holds_from": f"A later end state was agreed on {latest}."})
        end_state.save(force_insert=True)
    return end_state
