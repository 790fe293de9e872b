"""Messages of the calendar that no reminder rule makes."""

from collections import defaultdict
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
from .resolution_lists import Row, lists_of

WHO_DECIDES = (Role.PLANNER, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)
LISTED = 40  # items in a letter; the page has all of them


class InstrumentTouches(Kind):
    """To planners, coordinator and headquarters, at once and with the list: each is re-dated, kept or dropped by you.

    Source: domain catalogue, section N, first row.
    """

    name = "calendar.instrument_touches"
    title = "an instrument changes a date of the end"
    urgent = True

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        instruments = MandateInstrument.objects.in_bulk(wanted)
        found = open_rows(messages, now=now)
        return {
            message.pk: self.letter(message, instruments[message.thing_id], self.theirs(message, found[about(message)]))
            for message in messages
        }

    def theirs(self, message: Message, rows: Sequence[Row]) -> Sequence[Row]:
        return rows

    def letter(self, message: Message, instrument: MandateInstrument, rows: Sequence[Row]) -> Letter | NoLonger:
        moves = moves_left(instrument)
        if not moves:
            return NoLonger("a later instrument has set these dates of the end")
        count = message.payload["items"]
        return Letter(
            f"{instrument} changes a date of the end: {count} items to look at",
            f"{instrument} was recorded: {'; '.join(str(one) for one in moves)}.\n{count} open items lie after the "
            "earlier of the old and the new date. Nothing was moved: re-date, keep or drop each.\n"
            f"{listed(rows)}\nThe list of them:\n{page_of(message, instrument)}",
        )


class InstrumentTouchesYours(InstrumentTouches):
    """To the owner of items that it touches, or who stands in: what is theirs, before a planner decides of each."""

    name = "calendar.instrument_touches_yours"
    title = "an instrument touches what is yours"
    urgent = True

    def theirs(self, message: Message, rows: Sequence[Row]) -> Sequence[Row]:
        return [row for row in rows if row.tell == message.payload["owner"]]

    def letter(self, message: Message, instrument: MandateInstrument, rows: Sequence[Row]) -> Letter | NoLonger:
        if not rows:
            return NoLonger("nothing of theirs is open in its list any more")
        moves = "; ".join(str(one) for one in moves_left(instrument))
        return Letter(
            f"{instrument} changes a date of the end: {len(rows)} of your items lie after it",
            f"{instrument} was recorded: {moves}.\nThese are yours:\n{listed(rows)}\nNothing was moved. The planner "
            f"re-dates, keeps or drops each: say what you need.\n{page_of(message, instrument)}",
        )


def about(message: Message) -> tuple[int, int]:
    return message.thing_id or 0, message.transition_id or 0


def open_rows(messages: Sequence[Message], *, now: datetime) -> dict[tuple[int, int], list[Row]]:
    """Of each instrument and transition what is left of the list, whoever may see it: of what is marked codes are told.

    What a list of a later instrument has taken over is that one's.
    """
    found: dict[tuple[int, int], list[Row]] = {}
    for message in messages:
        if about(message) not in found:
            lists = lists_of(message.transition, user=None, now=now, instrument=message.thing_id)
            found[about(message)] = [row for one in lists for row in one.rows if row.is_open]
    return found


def listed(rows: Sequence[Row]) -> str:
    ordered = sorted(rows, key=lambda row: (row.day or row.item.day, row.code))
    more = [f"- and {len(rows) - LISTED} more"] * (len(rows) > LISTED)
    return "\n".join([*(f"- {row.words}" for row in ordered[:LISTED]), *more])


def page_of(message: Message, instrument: MandateInstrument) -> str:
    page = reverse("admin:resolution_list", args=[instrument.pk, message.transition.slug])  # type: ignore[union-attr]
    return f"{settings.SITE_URL}{page}"


@when_recorded
def tell_affected(instrument: MandateInstrument, *, now: datetime) -> None:
    """Make the lists, and queue a message for who decides of their transitions, and one for each owner of what is in
    them; none where no item is touched."""
    for transition, _ in list_what_it_touches(instrument, now=now):
        decide = set(
            holders(transition.pk, WHO_DECIDES, on=day(now, transition.time_zone)).values_list("pk", flat=True)
        )
        rows = [row for one in lists_of(transition, user=None, now=now, instrument=instrument.pk) for row in one.rows]
        owned: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            if row.tell and row.tell not in decide:
                owned[row.tell].append(row)
        everything = dict.fromkeys(sorted(decide), rows)
        told = [(InstrumentTouches, everything), (InstrumentTouchesYours, owned)]
        queue(
            (Message(
                kind=kind.name, transition=transition, thing_type=instrument._meta.label_lower,
                thing_id=instrument.pk, recipient_id=person, marking=strictest(its),
                payload={"items": len(its), "owner": person},
                dedupe_key=f"{kind.name}/{instrument.pk}/{transition.pk}/{person}",
            )
            for kind, people in told
            for person, its in people.items()),
            now=now,
        )  # fmt: skip


def strictest(rows: Sequence[Row]) -> str:
    """The highest of its items: whoever may not see them does not read the letter in the outbox."""
    return Marking.strictest(getattr(row.thing, "marking", Marking.UNCLASSIFIED) for row in rows)


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
    optional = True

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
