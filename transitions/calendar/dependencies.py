"""One dated thing waits for another, of whatever room: never in a circle."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.workflow.engine import locked
from transitions.workflow.keys import Key, key_of
from transitions.workflow.models import by_id
from transitions.workflow.veil import unseen

from .dated import Dated
from .graph import edges_of
from .models import Dependency

UNSEEN = "an item that you may not see"


def link(
    first: Any, then: Any, *, kind: str = Dependency.Kind.FINISH_TO_START, lag_days: int = 0, by: Any, now: datetime
) -> Dependency:
    """`then` waits for `first`, in one of the three ways, and for so many days.

    Raises:
        PermissionDenied: the person does not plan here.
        ValidationError: another transition, twice the same, or a circle, spelled out.
    """
    with locked(then.transition):
        check_planner(then, by=by, now=now)
        made = Dependency(transition=then.transition, kind=kind, lag_days=lag_days)
        made.first, made.then = first, then
        made.full_clean()
        if chain := path(then, first):
            spelled = " → ".join(codes([*chain, then], user=by, now=now))
            raise ValidationError({"first": f"That would be a circle: {spelled}."})
        made.save(force_insert=True)
    return made


def unlink(dependency: Dependency, *, by: Any, now: datetime) -> None:
    """Raises PermissionDenied for who does not plan here."""
    with locked(dependency.transition):
        check_planner(dependency.then, by=by, now=now)
        dependency.delete()


def check_planner(then: Any, *, by: Any, now: datetime) -> None:
    dated = Dated.all.get(then._meta.label_lower)
    pillar = dated.pillar_of(then) if dated and dated.waits else None
    if not may(by, Permission.PLAN, then.transition, now=now, pillar_id=pillar):
        raise PermissionDenied("a dependency is set and removed by a planner or by the lead of the pillar that waits")


def codes(things: Sequence[Any], *, user: Any, now: datetime) -> list[str]:
    """What things are called in a sentence for a person, who may not see all of them."""
    hidden = unseen([key_of(thing) for thing in things], user=user, now=now)
    return [UNSEEN if key_of(thing) in hidden else str(getattr(thing, "code", thing)) for thing in things]


def path(start: Any, goal: Any) -> list[Any]:
    """From `start` along what waits for it to `goal`, if there is such a way. One query where there is none."""
    onward: dict[Key, list[Key]] = defaultdict(list)
    for edge in edges_of(start.transition_id):
        onward[edge.first].append(edge.then)
    ways: list[list[Key]] = [[key] if (key := key_of(start)) else []]
    seen, end = set(ways[0]), key_of(goal)
    for way in ways:
        if way[-1] == end:
            return things_at(way)
        new = [key for key in onward[way[-1]] if key not in seen]
        seen.update(new)
        ways += [[*way, key] for key in new]
    return []


def things_at(keys: Sequence[Key]) -> list[Any]:
    """Things by their keys, in the same order, with one query for each kind."""
    found = found_at(keys)
    return [found[key] for key in keys]


def found_at(keys: Sequence[Key]) -> dict[Key, Any]:
    return {
        (label, pk): thing
        for label in {label for label, _ in keys}
        for pk, thing in by_id(apps.get_model(label), [pk for name, pk in keys if name == label]).items()
    }


def fill_ends(dependencies: Sequence[Dependency]) -> None:
    """Read the things at both ends of many dependencies together."""
    keys = [(getattr(one, f"{end}_type"), getattr(one, f"{end}_id")) for one in dependencies for end in ENDS]
    things = iter(things_at(keys))
    for one in dependencies:
        one.first, one.then = next(things), next(things)


ENDS = ("first", "then")
