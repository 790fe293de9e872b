"""The items that reminders are about, by name: what is marked by its code, what a person may not see not at all."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps

from transitions.access.permissions import Marking

from .rules import Rule

type Key = tuple[str, int]


def named(keys: Iterable[tuple[Key, str]], *, user: Any = None, now: datetime) -> dict[Key, str]:
    """Of (thing, marking), the name of each; without a user of all. One query for each sort of thing."""
    of_type: dict[str, dict[int, str]] = defaultdict(dict)
    for (label, pk), marking in keys:
        of_type[label][pk] = marking
    read_by = {rule.items.model._meta.label_lower: rule.related for rule in Rule.all.values()}
    names: dict[Key, str] = {}
    for label, markings in of_type.items():
        rows: Any = apps.get_model(label)._default_manager.all()
        seen = rows.visible_to(user, now=now) if user is not None else rows
        for thing in seen.filter(pk__in=markings).select_related(*read_by.get(label, ())):
            names[label, thing.pk] = name_of(thing, markings[thing.pk])
    return names


def name_of(thing: Any, marking: str) -> str:
    if marking == Marking.UNCLASSIFIED:
        return str(thing)
    return getattr(thing, "code", None) or f"{thing._meta.verbose_name} {thing.pk}"
