"""Messages of the calendar that no reminder rule makes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from transitions.access.models import holders
from transitions.access.permissions import Role
from transitions.clock.present import day
from transitions.missions.instruments import when_recorded
from transitions.missions.models import DATES_OF_THE_END, MandateInstrument, Transition
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message
from transitions.workflow.links import link_to

from .affected import OPEN, earliest_change


class InstrumentTouches(Kind):
    """To the planners of the mission's transitions: look at these items, each is re-dated, kept or dropped by you."""

    name = "calendar.instrument_touches"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        instruments = MandateInstrument.objects.prefetch_related("effects").in_bulk(wanted)
        return {message.pk: self.letter(message, instruments[message.thing_id]) for message in messages}

    def letter(self, message: Message, instrument: MandateInstrument) -> Letter | NoLonger:
        if earliest_change(instrument) is None:
            return NoLonger("a later instrument has set these dates of the end")
        ends = "; ".join(
            f"{effect}, {effect.get_basis_display().lower()}"
            for effect in instrument.effects.all() if effect.kind in DATES_OF_THE_END
        )  # fmt: skip
        count = message.payload["items"]
        return Letter(
            f"{instrument} changes a date of the end: {count} items to look at",
            f"{instrument} was recorded: {ends}.\n{count} open items of the calendar lie after the earlier of the old "
            "and the new date. Nothing was moved: re-date, keep or drop each. The instrument's page lists them:\n"
            f"{settings.SITE_URL}{link_to(instrument)}",
        )


@when_recorded
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
            for person in holders(transition.pk, [Role.PLANNER], on=day(now, transition.time_zone))
        )  # fmt: skip
