"""A thing by its model and its number: what is enough to name it, to open it and to ask whether it may be seen."""

from collections.abc import Iterable
from typing import Any

from django.db.models.expressions import RawSQL

type Key = tuple[str, int]  # as Django names models: ("calendar.milestone", 7)


def key_of(thing: Any) -> Key | None:
    """A key is its own: where thousands are listed, none of them is read as a model."""
    if thing is None or isinstance(thing, tuple):
        return thing
    return (thing._meta.label_lower, thing.pk)


def among(pks: Iterable[int]) -> RawSQL:
    """For `pk__in`: one parameter, however many there are, where each of thousands would be one of its own."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(pks)])
