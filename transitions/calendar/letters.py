"""Messages of the calendar that no reminder rule makes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from transitions.access.models import holders
from transitions.access.permissions import Marking, Role
from transitions.clock.present import day
from transitions.missions.instruments import when_recorded
from transitions.missions.models import MandateInstrument
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue
from transitions.workflow.links import link_to

from .affected import list_what_it_touches
from .dated import Dated, NewDay
from .dependencies import found_at
from .ends_moved import moves_left
from .foresight import Preview


class InstrumentTouches(Kind):
    """To the planners of the mission's transitions: look at these items, each is re-dated, kept or dropped by you."""

    name = "calendar.instrument_touches"
    title = "an instrument changes a date of the end"
    urgent = True

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
        queue(
            (Message(
                kind=InstrumentTouches.name, transition=transition, thing_type=instrument._meta.label_lower,
                thing_id=instrument.pk, recipient=person, payload={"items": count},
                dedupe_key=f"{InstrumentTouches.name}/{instrument.pk}/{transition.pk}/{person.pk}",
            )
            for person in holders(transition.pk, [Role.PLANNER], on=day(now, transition.time_zone))),
            now=now,
        )  # fmt: skip


class OwnerNote(Kind):
    """To the owner of items that an instrument has touched: in the words of the planner who sent it."""

    name = "calendar.owner_note"
    title = "a note of the planner"
    urgent = True

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        return {one.pk: Letter(one.payload["subject"], one.payload["text"]) for one in messages}


class MovedAlong(Kind):
    """To the owner of what was given another day because something else moved."""

    name = "calendar.moved_along"
    title = "moved because something else moved"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        things = found_at([(message.thing_type, message.thing_id or 0) for message in messages])
        found = ((message, things.get((message.thing_type, message.thing_id or 0))) for message in messages)
        return {message.pk: self.letter(message, thing) for message, thing in found if thing}

    def letter(self, message: Message, thing: Any) -> Letter | NoLonger:
        told = message.payload
        if str(getattr(thing, Dated.all[message.thing_type].day)) != told["to"]:
            return NoLonger("it has been given yet another day")
        page = f"{settings.SITE_URL}{link_to(thing)}"
        if thing.marking != Marking.UNCLASSIFIED:
            return Letter(f"Moved: {thing.code}", f"{thing.code}\n{page}")
        lines = [f"{told['who']} moved {thing} from {told['from']} to {told['to']}: {told['why']}.", page]
        return Letter(f"{thing.code} was moved to {told['to']}", "\n".join(lines))


def tell_moved_along(moves: Sequence[NewDay], found: Preview, *, by: Any, now: datetime) -> None:
    """One message an item, to its owner, unless they have done it themselves."""
    was = {push.item.key: push.item.day for push in found.follows}
    queue(
        (Message(
            kind=MovedAlong.name, transition=move.thing.transition, thing_type=move.key[0], thing_id=move.key[1],
            marking=move.thing.marking, recipient_id=move.thing.owner_id,
            payload={"from": str(was[move.key]), "to": str(move.day), "why": move.reason, "who": str(by)},
            dedupe_key=f"{MovedAlong.name}/{move.key[0]}/{move.key[1]}/{move.day}/{now.isoformat()}",
        )
        for move in moves
        if move.thing.owner_id and move.thing.owner_id != by.pk),
        now=now,
    )  # fmt: skip
