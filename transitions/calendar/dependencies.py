"""One milestone waits for another: never in a circle."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.workflow.engine import locked

from .models import Dependency, Milestone


def link(first: Milestone, then: Milestone, *, lag_days: int = 0, by: Any, now: datetime) -> Dependency:
    """`then` waits until `first` is done, and `lag_days` have gone by.

    Raises:
        PermissionDenied: the person does not plan here.
        ValidationError: another transition, twice the same, or a circle, spelled out.
    """
    with locked(then.transition):
        if not may(by, Permission.PLAN, then.transition, now=now, pillar_id=then.pillar_id):
            raise PermissionDenied("a dependency is set by a planner or the pillar's lead")
        made = Dependency(transition=then.transition, first=first, then=then, lag_days=lag_days)
        made.full_clean()
        if chain := path(then, first):
            spelled = " → ".join([*(one.code for one in chain), then.code])
            raise ValidationError({"first": f"That would be a circle: {spelled}."})
        made.save(force_insert=True)
    return made


def unlink(dependency: Dependency, *, by: Any, now: datetime) -> None:
    """Raises PermissionDenied for who does not plan here."""
    then = dependency.then
    with locked(then.transition):
        if not may(by, Permission.PLAN, then.transition, now=now, pillar_id=then.pillar_id):
            raise PermissionDenied("a dependency is removed by a planner or the pillar's lead")
        dependency.delete()


def path(start: Milestone, goal: Milestone) -> list[Milestone]:
    """From `start` along what waits for it to `goal`, if there is such a way. One query, whatever the length."""
    followers: dict[int, list[Milestone]] = defaultdict(list)
    for one in Dependency.objects.filter(transition=start.transition_id).select_related("then"):
        followers[one.first_id].append(one.then)
    ways: list[list[Milestone]] = [[start]]
    seen = {start.pk}
    for way in ways:
        if way[-1].pk == goal.pk:
            return way
        onward = [one for one in followers[way[-1].pk] if one.pk not in seen]
        seen.update(one.pk for one in onward)
        ways += [[*way, one] for one in onward]
    return []
