"""Signatures that a step needs: each role by another person, for the thing as it stands."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from transitions.access.models import grants_in
from transitions.access.permissions import Role

from .checks import check_state, step_of
from .lifecycles import Blocker, Lifecycle, Step
from .locks import hold
from .models import Signature, Stateful
from .refusals import StepRefused


def unsigned(step: Step, thing: Stateful) -> Iterator[Blocker]:
    signers = step.signers(thing)
    if not signers:
        return
    signed = {given.role for given in given_for(step, thing)}
    for role in signers:
        if role not in signed:
            sentence = f"The {role.label} has not signed for “{step.name.replace('_', ' ')}”"
            yield Blocker("not_signed", sentence, thing, who=role)


def given_for(step: Step, thing: Stateful) -> Iterable[Signature]:
    """For the thing as it stands."""
    found: Iterable[Signature] = Signature.objects.about(thing).filter(thing_version=thing.version, step=step.name)
    return found


def stands_already(role: str, *, by: Any, given: Iterable[Signature]) -> bool:
    """Each role is signed once, and by another person."""
    return any(one.role == role or one.by_id == by.pk for one in given)


def sign(thing: Stateful, name: str, role: Role, *, by: Any, now: datetime, version: int | None = None) -> Signature:
    """Sign for a step of a thing as it stands.

    Raises:
        StepRefused: a stale page, a step that needs no such signature, or a person who has signed for it already.
        PermissionDenied: the person does not hold the role.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    step, transition = step_of(lifecycle, name), lifecycle.transition_of(thing)
    with transaction.atomic():
        hold(lifecycle, transition, thing)
        check_state(step, thing, version)
        if role not in step.signers(thing):
            raise StepRefused("wrong-state", f"“{name}” needs no signature of the {role.label}")
        held = [grant for grant in grants_in(by, transition, now=now) if grant.role == role]
        if not held:
            raise PermissionDenied(f"only the {role.label} signs as such")
        if stands_already(role, by=by, given=given_for(step, thing)):
            raise StepRefused("wrong-state", "this signature is there already; each role is signed by another person")
        return Signature.objects.create(
            transition_id=transition.pk, thing_type=thing._meta.label_lower, thing_id=thing.pk, role=role, by=by,
            thing_version=thing.version, step=name, signed_at=now, acting=all(grant.acting for grant in held),
        )  # fmt: skip
