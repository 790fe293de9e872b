"""Is the step there to be taken, from this state, by this person? Guards are another matter."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may, roles_of
from transitions.access.permissions import Permission, roles_with
from transitions.clock.present import day

from .lifecycles import Lifecycle, Step, who_may
from .models import Stateful
from .refusals import Fact, Override, StepRefused


def step_of(lifecycle: type[Lifecycle], name: str) -> Step:
    if name not in lifecycle.by_name:
        known = ", ".join(lifecycle.by_name)
        raise StepRefused("unknown-step", f"{lifecycle.model._meta.verbose_name} has no step “{name}”, only {known}")
    return lifecycle.by_name[name]


def check_state(step: Step, thing: Stateful, version: int | None) -> None:
    if version is not None and version != thing.version:
        raise StepRefused("stale", f"{thing} has changed since this page was opened: open it again and look")
    if not step.leads_from(thing):
        needed = " or ".join(source.replace("_", " ") for source in step.sources)
        raise StepRefused("wrong-state", f"{thing} is {thing.state.replace('_', ' ')}; “{step.name}” needs {needed}")


def check_reason(step: Step, reason: str, despite: Override | Fact | None) -> None:
    """A fact has its source for one, an override its own."""
    given = reason or getattr(despite, "reason", "") or getattr(despite, "source", "")
    if step.needs_reason and not given.strip():
        raise StepRefused("reason-missing", f"“{step.name}” needs a reason: say why")


def check_fact(fact: Fact, transition: Any, *, by: Any, now: datetime) -> None:
    check_happened(fact, transition, now=now)
    if not may_record(by, transition, now=now):
        recorders = ", ".join(str(role.label) for role in roles_with(Permission.RECORD_FACT))
        raise PermissionDenied(f"a fact is recorded by: {recorders}")


def check_happened(fact: Fact, transition: Any, *, now: datetime) -> None:
    """It has happened already, and its source says so."""
    if not fact.source.strip():
        raise ValidationError({"source": "Name the document that it is taken from."})
    today = day(now, transition.time_zone)
    for name in ("holds_from", "known_from"):
        said = getattr(fact, name)
        if said is not None and said > today:
            raise ValidationError({name: f"{said} lies in the future: it is not a fact yet."})


def check_person(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, transition: Any, *, by: Any, now: datetime,
    despite: Override | Fact | None = None,
) -> None:  # fmt: skip
    if not is_allowed(lifecycle, step, thing, transition, by=by, now=now):
        raise PermissionDenied(f"“{step.name}” can be taken by: {', '.join(who_may(step))}")
    if isinstance(despite, Fact):
        check_fact(despite, transition, by=by, now=now)


def is_allowed(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, transition: Any, *, by: Any, now: datetime
) -> bool:
    pillar = getattr(thing, "pillar_id", None)
    if any(may(by, permission, transition, now=now, pillar_id=pillar) for permission in step.permissions):
        return True
    if step.override_by in roles_of(by, transition, now=now):
        return True
    return step.owner_may and lifecycle.is_owner(by, thing, now=now)


def may_record(by: Any, transition: Any, *, now: datetime) -> bool:
    return may(by, Permission.RECORD_FACT, transition, now=now)
