"""Of many things at once, which wait for a step or a signature of one person.

Judged as the engine judges a single one, by state, permission and signatures. Guards are not run: they cost queries for
each thing, and are for its own page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from transitions.access.models import roles_of
from transitions.access.permissions import Role

from .checks import is_allowed, step_of
from .lifecycles import Lifecycle, Step
from .models import Signature, Stateful
from .signatures import stands_already


def may_take[T: Stateful](things: Iterable[T], name: str, *, by: Any, now: datetime) -> list[T]:
    """Those that have the step before them, and of which the person is one who takes it.

    Without a query where their transitions (and what says their pillar) are read with them.
    """
    return [thing for thing in things if may_take_it(thing, name, by=by, now=now)]


def may_take_it(thing: Stateful, name: str, *, by: Any, now: datetime) -> bool:
    lifecycle = Lifecycle.of_model[type(thing)]
    step, transition = step_of(lifecycle, name), lifecycle.transition_of(thing)
    return step.leads_from(thing) and is_allowed(lifecycle, step, thing, transition, by=by, now=now)


@dataclass(frozen=True)
class Signing:
    """A thing before a step that needs signatures, with those that were given for it as it stands."""

    thing: Any
    step: Step
    given: tuple[Signature, ...]

    @property
    def transition(self) -> Any:
        return Lifecycle.of_model[type(self.thing)].transition_of(self.thing)

    @property
    def missing(self) -> list[Role]:
        signed = {one.role for one in self.given}
        return [role for role in self.step.signers(self.thing) if role not in signed]

    def own(self, by: Any) -> Signature | None:
        """The one that this person gave."""
        return next((one for one in self.given if one.by_id == by.pk), None)

    def asked_of(self, by: Any, *, now: datetime) -> Role | None:
        """The role as which this person may sign now."""
        held = roles_of(by, self.transition, now=now)
        open_ = (role for role in self.missing if not stands_already(role, by=by, given=self.given))
        return next((role for role in open_ if role in held), None)


def signings(*, by: Any, now: datetime) -> list[Signing]:
    """Of all that the person may see: one query for each lifecycle with such steps, and one for the signatures."""
    found = [pair for lifecycle in Lifecycle.of_model.values() for pair in to_be_signed(lifecycle, by=by, now=now)]
    given = Signature.objects.filter(
        thing_type__in={thing._meta.label_lower for thing, _ in found}, thing_id__in={thing.pk for thing, _ in found}
    )
    signed: dict[Any, list[Signature]] = {}
    for one in given.select_related("by").order_by("pk"):
        signed.setdefault((one.thing_type, one.thing_id, one.thing_version, one.step), []).append(one)
    return [
        Signing(thing, step, tuple(signed.get((thing._meta.label_lower, thing.pk, thing.version, step.name), ())))
        for thing, step in found
    ]


def to_be_signed(lifecycle: type[Lifecycle], *, by: Any, now: datetime) -> list[tuple[Any, Step]]:
    steps = [step for step in lifecycle.steps if step.signatures]
    if not steps:
        return []
    seen = lifecycle.model.objects.all().visible_to(by, now=now)
    things = seen.filter(state__in={source for step in steps for source in step.sources})
    if lifecycle.belongs_to:
        things = things.select_related(lifecycle.belongs_to.replace(".", "__"))
    return [(thing, step) for thing in things for step in steps if step.leads_from(thing) and step.signers(thing)]
