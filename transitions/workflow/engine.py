"""The engine: two doors that write a state, `begin` and `take`, and the list of steps that `available` gives.

Nothing else in the program writes a state. Both lock the transition's row first, so that whatever a guard reads, if it
was written inside `locked`, cannot be outrun.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from transitions.access.models import may
from transitions.access.permissions import Role

from . import rows
from .blockers import blockers_of, leave_open, settle
from .changes import beginning_of, change_of
from .checks import check_fact, check_happened, check_person, check_reason, check_state, is_allowed, step_of
from .letters import tell
from .lifecycles import Blocker, Lifecycle, Step, who_may
from .locks import hold, locked
from .models import StateChange, Stateful
from .refusals import Blocked, Fact, Override, StepRefused
from .signatures import sign
from .veil import veiled

__all__ = ["Blocked", "Fact", "Override", "StepRefused", "available", "begin", "locked", "sign", "take"]


def begin[T: Stateful](
    things: Iterable[T], *, by: Any, now: datetime, state: str | None = None, source: Fact | None = None
) -> list[T]:
    """Insert things in their first state, with the first row of their history.

    Args:
        state: another state than the first, only together with the fact it is taken from.
    Raises:
        PermissionDenied: `by` may not begin such a thing in its transition, or not record facts for a later state.
        StepRefused: a later state without a source, or a state that there is not.
        ValidationError: a field is wrong; nothing is inserted.
    """
    things = list(things)
    if not things:
        return things
    lifecycle = Lifecycle.of_model[type(things[0])]
    opening = state or lifecycle.begins_in[0]
    if opening not in (lifecycle.states() if source else lifecycle.begins_in):
        raise StepRefused("wrong-state", f"{lifecycle.model._meta.verbose_name} does not begin in “{opening}”")
    known = [lifecycle.transition_of(thing) for thing in things] if lifecycle.belongs_to else []
    with locked(*known):
        for thing in things:
            check_beginning(lifecycle, thing, opening, by=by, now=now, source=source)
            thing.state, thing.version = opening, 1
            thing.clean_fields(exclude=named_rows(thing))
        lifecycle.model._base_manager.bulk_create(things, batch_size=5000)
        first = (beginning_of(lifecycle, thing, by=by, now=now, fact=source) for thing in things)
        StateChange.objects.bulk_create(first, batch_size=5000)
    return things


def check_beginning(
    lifecycle: type[Lifecycle], thing: Stateful, opening: str, *, by: Any, now: datetime, source: Fact | None
) -> None:
    transition, pillar = lifecycle.transition_of(thing), getattr(thing, "pillar_id", None)
    if not may(by, lifecycle.may_begin, transition, now=now, pillar_id=pillar):
        raise PermissionDenied(f"“begin” needs {lifecycle.may_begin}")
    if source:
        check_happened(source, transition, now=now)
    if source and opening not in lifecycle.begins_in:
        check_fact(source, transition, by=by, now=now)


def named_rows(thing: Stateful) -> list[str]:
    """Foreign keys that are set: the database checks that their rows are there, one by one would be a query each."""
    return [field.name for field in thing._meta.concrete_fields
            if field.is_relation and getattr(thing, field.attname) is not None]  # fmt: skip


def take(
    thing: Stateful, name: str, *, by: Any, now: datetime, reason: str = "", on_request_of: str = "",
    version: int | None = None, despite: Override | Fact | None = None,
) -> StateChange:  # fmt: skip
    """Take one step of one thing. Writes state, version, history and messages in one transaction.

    Args:
        version: the one on the page that the step was taken from; a stale page is refused.
        despite: an override of the guards that the step lists, or a fact recorded from its source.
    Raises:
        StepRefused: unknown step, stale page, wrong state, no reason where one is needed.
        PermissionDenied: the person may not take it.
        Blocked: with every blocker that stands.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    step, transition = step_of(lifecycle, name), lifecycle.transition_of(thing)
    with transaction.atomic():
        hold(lifecycle, transition, thing)
        check_state(step, thing, version)
        check_person(lifecycle, step, thing, transition, by=by, now=now, despite=despite)
        check_reason(step, reason, despite)
        passed = settle(step, thing, blockers_of(lifecycle, step, thing, by=by, now=now), despite, by=by, now=now)
        change = change_of(
            lifecycle, step, thing, passed, despite, by=by, now=now, reason=reason, on_request_of=on_request_of
        )
        rows.write(thing, change)
        fact = isinstance(despite, Fact)
        opened = [*what_it_opens(lifecycle, step, thing, by=by, now=now),
                  *(left for found in lifecycle.left_open[name] for left in found(thing, change, now=now))]  # fmt: skip
        leave_open([*(passed if fact else ()), *opened], change, thing)
        if step.then:
            step.then(thing, change, by=by, now=now)
        tells = (*step.tells, Role.HEADQUARTERS_DESK) if passed and not fact else step.tells
        but, urgent = None if step.tells_who_took_it else by, step.urgent or bool(passed and not fact)
        tell(thing, change, tells, transition=transition, now=now, but=but, urgent=urgent)
    return change


def what_it_opens(lifecycle: type[Lifecycle], step: Step, thing: Stateful, *, by: Any, now: datetime) -> list[Blocker]:
    if not step.opens_what:
        return []
    other = step_of(lifecycle, step.opens_what)
    return [blocker for _, blocker in blockers_of(lifecycle, other, thing, by=by, now=now)]


def available(thing: Stateful, *, by: Any, now: datetime) -> list[tuple[Step, list[Blocker]]]:
    """Every step out of the present state with what holds it back for this person: none means that it can be taken.

    For buttons, API and pages alike: nobody writes a second copy of the rules.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    transition = lifecycle.transition_of(thing)
    steps = [step for step in lifecycle.steps if step.leads_from(thing)]
    listed = []
    for step in steps:
        blockers = [blocker for _, blocker in blockers_of(lifecycle, step, thing, by=by, now=now)]
        if not is_allowed(lifecycle, step, thing, transition, by=by, now=now):
            people = who_may(step)
            blockers.insert(0, Blocker("not_permitted", f"This step is taken by: {', '.join(people)}", who=people))
        listed.append((step, veiled(blockers, about=thing, by=by, now=now)))
    return listed
