"""Which state a thing was in on a day, as known on a day: the change with the greatest version that counts."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import models

from .models import StateChange


def changes_at(
    model: type[models.Model], *, transitions: Iterable[int], as_of: date, known_at: date
) -> models.QuerySet[StateChange, Any]:
    """The last change of each thing, by version: a fact recorded late overtakes what was assumed before it."""
    counted = StateChange.objects.filter(
        transition__in=list(transitions),
        thing_type=model._meta.label_lower,
        holds_from__lte=as_of,
        known_from__lte=known_at,
    )
    return counted.order_by("thing_id", "-version").distinct("thing_id")
