"""One lock for everything of a transition: whatever a guard reads is written behind it, so no guard is outrun."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from . import rows
from .lifecycles import Lifecycle
from .models import Stateful
from .refusals import StepRefused


@contextmanager
def locked(*transitions: Any) -> Iterator[None]:
    """Hold transitions (in one order, so that two holders never wait for each other).

    Whatever a guard reads is written in here: evidence, dates, dependencies, signatures, offices, instruments.
    A lock on the row that inserts of child rows do not wait for (FOR NO KEY UPDATE).
    """
    with transaction.atomic():
        if transitions:
            keys = sorted({held.pk for held in transitions})
            held = type(transitions[0])._base_manager.select_for_update(no_key=True).filter(pk__in=keys)
            list(held.order_by("pk").values_list("pk"))
        yield


def hold(lifecycle: type[Lifecycle], transition: Any, thing: Stateful) -> None:
    """Lock and read anew; the thing must still belong to the transition that was locked."""
    try:
        rows.hold(transition, thing)
    except rows.Gone as gone:
        raise StepRefused("stale", f"{gone}: it was deleted since this page was opened")
    path = lifecycle.belongs_to
    if path and "." not in path and getattr(thing, f"{path}_id") == transition.pk:
        setattr(thing, path, transition)  # the row that was read behind the lock, not one read before
    if lifecycle.transition_of(thing).pk != transition.pk:
        raise StepRefused("stale", f"{thing} has moved to another transition since this page was opened")
