"""What an instrument touches in the calendar when it changes a date of the end. It moves nothing by itself."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from transitions.missions.ends import ends_of
from transitions.missions.models import DATES_OF_THE_END, Effect, MandateInstrument

from .models import Milestone

OPEN = ("planned", "under_way", "suspended")


def affected_by(instrument: MandateInstrument, *, user: Any, now: datetime) -> list[Milestone]:
    """The open milestones that lie after the earlier of the old and the new date of an end that it changes."""
    cut = earliest_change(instrument)
    if cut is None:
        return []
    seen = Milestone.objects.visible_to(user, now=now).filter(transition__mission=instrument.mission_id)
    return list(seen.filter(state__in=OPEN, due_on__gt=cut).select_related("owner", "owner_office", "pillar"))


def earliest_change(instrument: MandateInstrument) -> date | None:
    """Over all dates of the end that it moves, the earliest day of the old and the new ones; None if it moves none.

    What a later instrument has set already is no longer moved by this one.
    """
    before = instrument.adopted_on - timedelta(days=1)
    [ends] = ends_of([instrument.mission_id], as_of=before, known_at=before).values()
    held = {end.kind: end.date for end in ends.dates}
    overtaken = set(later_ends(instrument).values_list("kind", flat=True))
    moved = [
        min(effect.date, held.get(effect.kind, effect.date))
        for effect in instrument.effects.all()
        if effect.kind in DATES_OF_THE_END and effect.kind not in overtaken
        and effect.date is not None and effect.date != held.get(effect.kind)
    ]  # fmt: skip
    return min(moved, default=None)


def later_ends(instrument: MandateInstrument) -> QuerySet[Effect, Any]:
    """The confirmed dates of the end that instruments adopted later have set."""
    later: QuerySet[Effect, Any] = Effect.objects.filter(
        instrument__mission=instrument.mission_id, instrument__adopted_on__gt=instrument.adopted_on,
        kind__in=DATES_OF_THE_END,
    )  # fmt: skip
    return later.exclude(basis=Effect.Basis.UNCONFIRMED)
