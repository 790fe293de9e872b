"""The row of history that a beginning or a step writes."""

from datetime import datetime
from typing import Any

from transitions.access.models import grants_in
from transitions.clock.present import day

from .lifecycles import Lifecycle, Step
from .models import StateChange, Stateful
from .refusals import Fact


def change_of(
    lifecycle: type[Lifecycle], step: Step | None, thing: Stateful, state: str, version: int, *, by: Any,
    now: datetime, fact: Fact | None,
) -> StateChange:  # fmt: skip
    transition = lifecycle.transition_of(thing)
    today = day(now, transition.time_zone)
    return StateChange(
        transition_id=transition.pk,
        thing_type=lifecycle.model._meta.label_lower,
        thing_id=thing.pk,
        version=version,
        step=step.name if step else "",
        was=thing.state if step else "",
        state=state,
        role=acting_as(lifecycle, step, thing, transition, by=by, now=now),
        by=by,
        recorded_at=now,
        source=fact.source if fact else "",
        holds_from=fact.holds_from if fact else today,
        known_from=(fact and fact.known_from) or today,
        approximate=bool(fact and fact.approximate),
    )


def acting_as(
    lifecycle: type[Lifecycle], step: Step | None, thing: Stateful, transition: Any, *, by: Any, now: datetime
) -> str:
    """The first role that gives the permission, else the one that may override; else the owner of the thing."""
    permission, pillar = step.may if step else lifecycle.may_begin, getattr(thing, "pillar_id", None)
    held = grants_in(by, transition, now=now)
    giving = [grant.role for grant in held if grant.gives(permission, pillar)]
    overriding = [grant.role for grant in held if step and grant.role == step.override_by]
    return str(next(iter([*giving, *overriding]), "owner"))
