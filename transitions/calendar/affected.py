"""What an instrument touches when it moves a date of the end: a list of work. It moves nothing by itself."""

from collections.abc import Iterator
from datetime import date, datetime

from transitions.missions.models import MandateInstrument, Transition
from transitions.workflow.keys import Key

from .dated import Dated
from .ends_moved import moves_left, moves_of
from .models import AffectedItem
from .resolution_lists import rows_of


def list_what_it_touches(instrument: MandateInstrument, *, now: datetime) -> Iterator[tuple[Transition, int]]:
    """One list for each transition of the mission in which something is touched, and how long it is.

    One recorded late, whose dates a later instrument has set already, touches nothing.
    """
    moves = moves_left(instrument)
    if not moves:
        return
    cut, kinds = min(one.cut for one in moves), {one.kind for one in moves}
    for transition in Transition.objects.filter(mission=instrument.mission_id):
        found = left_of_earlier_lists(transition, instrument, kinds, now=now) | open_after(transition, cut)
        AffectedItem.objects.bulk_create(
            AffectedItem(instrument=instrument, transition=transition, thing_type=kind, thing_id=pk, day=day,
                         recorded_at=now)
            for (kind, pk), day in sorted(found.items(), key=lambda one: (one[1], one[0]))
        )  # fmt: skip
        if found:
            yield transition, len(found)


def open_after(transition: Transition, cut: date) -> dict[Key, date]:
    """Whatever is open, can be moved, and lies after a day: of all rooms, in a query each."""
    found: dict[Key, date] = {}
    for kind, dated in Dated.all.items():
        if dated.waits:
            later = {"transition": transition, "state__in": dated.open, f"{dated.day}__gt": cut}
            rows = dated.model._base_manager.filter(**later).order_by(dated.day, "pk")
            found |= {(kind, pk): day for pk, day in rows.values_list("pk", dated.day)}
    return found


def left_of_earlier_lists(
    transition: Transition, instrument: MandateInstrument, kinds: set[str], *, now: datetime
) -> dict[Key, date]:
    """What earlier lists about the same ends have left undone: this list takes it over, so that there is one."""
    moves = moves_of(instrument.mission_id)
    earlier = [
        item
        for item in AffectedItem.objects.filter(transition=transition).select_related("instrument")
        if item.instrument.adopted_on <= instrument.adopted_on
        and kinds & {one.kind for one in moves.get(item.instrument_id, [])}
    ]
    left = [row for row in rows_of(earlier, now=now) if row.is_open]
    return {(row.item.thing_type, row.item.thing_id): row.day or row.item.day for row in left}
