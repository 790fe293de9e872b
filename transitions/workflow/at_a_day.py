"""Which state a thing was in on a day, as known on a day: the change with the greatest version that counts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from .models import StateChange


class Stood(NamedTuple):
    """How one thing stood: its state, the version that it had, and the day from which that state holds."""

    state: str
    version: int
    since: date


def states_at(transitions: Iterable[int], *, as_of: date, known_at: date) -> dict[str, dict[int, Stood]]:
    """Of everything in these transitions, by its type and id, in one query.

    The last change by version: a fact recorded late overtakes what was assumed before it.
    """
    counted = StateChange.objects.filter(
        transition__in=list(transitions), holds_from__lte=as_of, known_from__lte=known_at
    )
    numbers_first = ("thing_id", "thing_type")  # sorting thousands of equal words takes longer than finding them
    latest = counted.order_by(*numbers_first, "-version").distinct(*numbers_first)
    found: dict[str, dict[int, Stood]] = defaultdict(dict)
    columns = ("thing_type", "thing_id", "state", "version", "holds_from")
    for kind, pk, state, version, since in latest.values_list(*columns):
        found[kind][pk] = Stood(state, version, since)
    return found
