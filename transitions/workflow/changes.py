"""The row of history that a beginning or a step writes."""

from datetime import datetime
from typing import Any

from transitions.access.models import grants_in
from transitions.access.permissions import Permission
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
    needed = step.may if step else lifecycle.may_begin
    return StateChange(
        transition_id=transition.pk,
        thing_type=lifecycle.model._meta.label_lower,
        thing_id=thing.pk,
        version=version,
        step=step.name if step else "",
        was=thing.state if step else "",
        state=state,
        role=acting_as(needed, transition, by=by, now=now),
        by=by,
        recorded_at=now,
        source=fact.source if fact else "",
        holds_from=fact.holds_from if fact else today,
        known_from=(fact and fact.known_from) or today,
        approximate=bool(fact and fact.approximate),
    )


def acting_as(permission: Permission, transition: Any, *, by: Any, now: datetime) -> str:
    """The first role that gives the permission; else the person acts as the owner of the thing."""
    for grant in grants_in(by, transition, now=now):
        if permission in grant.post.permissions:
            return str(grant.role)
    return "owner"
