"""Messages of the calendar that no reminder rule makes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from transitions.access.models import holders
from transitions.access.permissions import Role
from transitions.clock.present import day
from transitions.missions.instruments import when_recorded
from transitions.missions.models import MandateInstrument
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message

from .affected import list_what_it_touches
from .ends_moved import moves_left


class InstrumentTouches(Kind):
    """To the planners of the mission's transitions: look at these items, each is re-dated, kept or dropped by you."""

    name = "calendar.instrument_touches"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        instruments = MandateInstrument.objects.in_bulk(wanted)
        return {message.pk: self.letter(message, instruments[message.thing_id]) for message in messages}

    def letter(self, message: Message, instrument: MandateInstrument) -> Letter | NoLonger:
        moves = moves_left(instrument)
        if not moves:
            return NoLonger("a later instrument has set these dates of the end")
        count = message.payload["items"]
        return Letter(
            f"{instrument} changes a date of the end: {count} items to look at",
            f"{instrument} was recorded: {'; '.join(str(one) for one in moves)}.\n{count} open items lie after the "
            "earlier of the old and the new date. Nothing was moved: re-date, keep or drop each. The list of them:\n"
            f"{settings.SITE_URL}{reverse('admin:resolution_list', args=[instrument.pk, message.transition.slug])}",  # type: ignore[union-attr]
        )


@when_recorded
def tell_affected(instrument: MandateInstrument, *, now: datetime) -> None:
    """Make the lists, and queue one message for each planner of their transitions; none where no item is touched."""
    for transition, count in list_what_it_touches(instrument, now=now):
        Message.objects.bulk_create(
            Message(
                kind=InstrumentTouches.name, transition=transition, thing_type=instrument._meta.label_lower,
                thing_id=instrument.pk, recipient=person, payload={"items": count}, due_at=now,
                dedupe_key=f"{InstrumentTouches.name}/{instrument.pk}/{transition.pk}/{person.pk}",
            )
            for person in holders(transition.pk, [Role.PLANNER], on=day(now, transition.time_zone))
        )  # fmt: skip


class OwnerNote(Kind):
    """To the owner of items that an instrument has touched: in the words of the planner who sent it."""

    name = "calendar.owner_note"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        return {one.pk: Letter(one.payload["subject"], one.payload["text"]) for one in messages}
