"""What an instrument touches in the calendar when it changes a date of the end. It moves nothing by itself."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from transitions.access.models import holders
from transitions.access.permissions import Role
from transitions.missions.ends import ends_of
from transitions.missions.models import DATES_OF_THE_END, MandateInstrument, Transition
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message

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


class InstrumentTouches(Kind):
    """To the planners of the mission's transitions: look at these items, each is re-dated, kept or dropped by you."""

    name = "calendar.instrument_touches"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        instruments = MandateInstrument.objects.prefetch_related("effects").in_bulk(wanted)
        return {message.pk: self.letter(message, instruments[message.thing_id]) for message in messages}

    def letter(self, message: Message, instrument: MandateInstrument) -> Letter:
        ends = "; ".join(str(effect) for effect in instrument.effects.all() if effect.kind in DATES_OF_THE_END)
        count = message.payload["items"]
        return Letter(
            f"{instrument} changes a date of the end: {count} items to look at",
            f"{instrument} was recorded: {ends}.\n{count} open items of the calendar lie after the earlier of the old "
            "and the new date. Nothing was moved: re-date, keep or drop each. They are listed on the instrument's page.",
        )


def tell_affected(instrument: MandateInstrument, *, now: datetime) -> None:
    """Queue one message for each planner of the mission's transitions; none where no item is touched."""
    cut = earliest_change(instrument)
    if cut is None:
        return
    for transition in Transition.objects.filter(mission=instrument.mission_id):
        count = transition.milestones.filter(state__in=OPEN, due_on__gt=cut).count()
        if not count:
            continue
        Message.objects.bulk_create(
            Message(
                kind=InstrumentTouches.name, transition=transition, thing_type=instrument._meta.label_lower,
                thing_id=instrument.pk, recipient=person, payload={"items": count}, due_at=now,
                dedupe_key=f"{InstrumentTouches.name}/{instrument.pk}/{transition.pk}/{person.pk}",
            )
            for person in holders(transition.pk, [Role.PLANNER], on=now.date())
        )  # fmt: skip
