"""The row of history that a beginning or a step writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from transitions.access.models import grants_in
from transitions.access.permissions import Permission
from transitions.clock.present import day

from .lifecycles import Blocker, Lifecycle, Step
from .models import StateChange, Stateful
from .refusals import Fact, Override
from .veil import kept


def beginning_of(lifecycle: type[Lifecycle], thing: Stateful, *, by: Any, now: datetime, fact: Fact | None) -> Any:
    role = acting_as(lifecycle, lifecycle.may_begin, thing, by=by, now=now) or "owner"
    return row_about(lifecycle, thing, by=by, now=now, fact=fact, version=1, state=thing.state, role=role)


def change_of(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, passed: Sequence[Blocker], despite: Override | Fact | None,
    *, by: Any, now: datetime, reason: str, on_request_of: str,
) -> StateChange:  # fmt: skip
    """One step of a thing that still stands where it stood, with what was passed over and on whose word."""
    override = despite if isinstance(despite, Override) else None
    acting = (acting_as(lifecycle, permission, thing, by=by, now=now) for permission in step.permissions)
    role = next(filter(None, acting), "")
    if step.override_by and (not role or (override and passed)):
        role = role_of_override(lifecycle, step, thing, by=by, now=now)
    return row_about(
        lifecycle, thing, by=by, now=now, fact=despite if isinstance(despite, Fact) else None,
        version=thing.version + 1, step=step.name, was=thing.state, state=step.target, role=role or "owner",
        reason=reason or (override.reason if override else ""), on_request_of=on_request_of,
        passed_over=[kept(blocker) for blocker in passed],
    )  # fmt: skip


def row_about(
    lifecycle: type[Lifecycle], thing: Stateful, *, by: Any, now: datetime, fact: Fact | None, **fields: Any
) -> StateChange:
    transition = lifecycle.transition_of(thing)
    today = day(now, transition.time_zone)
    return StateChange(
        transition_id=transition.pk,
        thing_type=lifecycle.model._meta.label_lower,
        thing_id=thing.pk,
        by=by,
        recorded_at=now,
        source=fact.source if fact else "",
        holds_from=fact.holds_from if fact else today,
        known_from=(fact and fact.known_from) or today,
        approximate=bool(fact and fact.approximate),
        **fields,
    )


def acting_as(lifecycle: type[Lifecycle], permission: Permission, thing: Stateful, *, by: Any, now: datetime) -> str:
    """The first of a person's roles that gives the permission for this thing; empty where none does."""
    pillar, held = getattr(thing, "pillar_id", None), grants_in(by, lifecycle.transition_of(thing), now=now)
    return next((str(grant.role) for grant in held if grant.gives(permission, pillar)), "")


def role_of_override(lifecycle: type[Lifecycle], step: Step, thing: Stateful, *, by: Any, now: datetime) -> str:
    held = grants_in(by, lifecycle.transition_of(thing), now=now)
    return next((str(grant.role) for grant in held if grant.role == step.override_by), "")
