"""What holds a step back, what may be passed over, and what is left open by it."""

from datetime import datetime
from typing import Any

from transitions.access.models import roles_of

from .keys import key_of
from .lifecycles import Blocker, Guard, Lifecycle, Step
from .models import OpenItem, StateChange, Stateful
from .refusals import Blocked, Fact, Override, StepRefused
from .signatures import unsigned
from .veil import veiled


def blockers_of(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, *, by: Any, now: datetime
) -> list[tuple[Guard | None, Blocker]]:
    """Every blocker with the guard that found it (None: a missing signature, which nobody can pass over)."""
    found: list[tuple[Guard | None, Blocker]] = [(None, blocker) for blocker in unsigned(step, thing)]
    for guard in lifecycle.guards_of(step):
        found += [(guard, blocker) for blocker in guard(thing, by=by, now=now) or ()]
    return found


def settle(
    step: Step, thing: Stateful, found: list[tuple[Guard | None, Blocker]], despite: Override | Fact | None, *,
    by: Any, now: datetime,
) -> list[Blocker]:  # fmt: skip
    """Refuse, or hand back what was passed over."""
    if isinstance(despite, Fact):
        standing = [blocker for guard in step.even_a_fact for blocker in guard(thing, by=by, now=now)]
    else:
        passable = passed_by(step, thing, despite, by=by, now=now) if despite and found else ()
        standing = [blocker for guard, blocker in found if guard not in passable]
    if standing:
        raise Blocked(veiled(standing, about=thing, by=by, now=now))
    return [blocker for _, blocker in found]


def passed_by(step: Step, thing: Stateful, override: Override, *, by: Any, now: datetime) -> tuple[Guard, ...]:
    """The guards that an override passes over: those that the step lists, by the office that it names."""
    if not override.reason.strip():
        raise StepRefused("reason-missing", "an override needs a reason: say why")
    transition = Lifecycle.of_model[type(thing)].transition_of(thing)
    return step.overridable if step.override_by in roles_of(by, transition, now=now) else ()


def leave_open(left: list[Blocker], change: StateChange, thing: Stateful) -> None:
    """The list “open at that date”: each item waits for an owner who remains."""
    if not left:
        return
    OpenItem.objects.bulk_create(
        OpenItem(
            transition_id=change.transition_id,
            change=change,
            code=blocker.code,
            sentence=blocker.sentence,
            thing_type=label,
            thing_id=pk,
        )
        for blocker in left
        for label, pk in [key_of(blocker.open) or (thing._meta.label_lower, thing.pk)]
    )
