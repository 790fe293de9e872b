"""What an instrument touches in the calendar when it changes a date of the end. It moves nothing by itself."""

from datetime import date, datetime, timedelta
from typing import Any

from transitions.missions.ends import ends_of
from transitions.missions.models import DATES_OF_THE_END, MandateInstrument

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
    """Over all dates of the end that it moves, the earliest day of the old and the new ones; None if it moves none."""
    before = instrument.adopted_on - timedelta(days=1)
    held = {end.kind: end.date for end in ends_of([instrument.mission_id], as_of=before, known_at=before)[
        instrument.mission_id].dates}  # fmt: skip
    moved = [
        min(effect.date, held.get(effect.kind, effect.date))
        for effect in instrument.effects.all()
        if effect.kind in DATES_OF_THE_END and effect.date is not None and effect.date != held.get(effect.kind)
    ]
    return min(moved, default=None)
