"""What calendar, missions and history bring to feeds: milestones, national events, dates of the end, what remains."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse

from transitions.clock.present import day
from transitions.missions.ends import ends_of
from transitions.missions.models import Effect, FollowUpCheck, ResidualObligation
from transitions.workflow.models import OpenItem

from .dated_items import DatedMilestones
from .feeds import EVERYBODY_S, NOBODY_S, Entry, Fed, Reader
from .models import Milestone, NationalEvent
from .reminders import MilestoneDue


class FedMilestones(Fed):
    name, model, rows = "calendar.milestone", Milestone, "redatings"
    shown = Q(state__in=DatedMilestones.open)
    gone = DatedMilestones.gone
    rule = MilestoneDue
    related = ("transition", "pillar", "owner", "owner_office")

    @classmethod
    def certain(cls, thing: Milestone) -> bool:
        return not thing.approximate and thing.state != "suspended"

    @classmethod
    def pillar(cls, thing: Milestone) -> Any:
        return thing.pillar

    @classmethod
    def lines(cls, thing: Milestone) -> Sequence[str]:
        return (
            str(thing.transition), *whose(thing), "The day is not certain." * thing.approximate,
            "Suspended." * (thing.state == "suspended"),
            "Hard: somebody outside has set the day." * thing.hard,
        )  # fmt: skip


class FedEvents(Fed):
    """Nobody's own: in the feed of a transition."""

    name, model, day = "calendar.nationalevent", NationalEvent, "from_date"
    shown = EVERYBODY_S
    related = ("transition", "area")

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        return NOBODY_S

    @classmethod
    def until(cls, thing: NationalEvent) -> date:
        return thing.until

    @classmethod
    def certain(cls, thing: NationalEvent) -> bool:
        return not thing.approximate

    @classmethod
    def lines(cls, thing: NationalEvent) -> Sequence[str]:
        blackout = "Nothing is closed or handed over in these days." * thing.blackout
        return str(thing.transition), str(thing.area or ""), thing.get_kind_display(), blackout


class FedOwed(Fed):
    """What remains to be done after the mission."""

    shown = Q(done_on=None)
    related = ("transition", "owner", "owner_office")

    @classmethod
    def lines(cls, thing: Any) -> Sequence[str]:
        return str(thing.transition), *whose(thing)


class FedObligations(FedOwed):
    name, model = "missions.residualobligation", ResidualObligation


class FedChecks(FedOwed):
    name, model = "missions.followupcheck", FollowUpCheck


class FedOpenItems(Fed):
    """Its sentence may name what is marked: its code alone is said."""

    name, model = "workflow.openitem", OpenItem
    shown = Q(closed_at=None)
    related = ("transition",)

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        return reader.owns(person="residual_owner", office="residual_office")

    @classmethod
    def words(cls, thing: OpenItem) -> str:
        return f"Still open: {thing.code.replace('_', ' ')}"

    @classmethod
    def lines(cls, thing: OpenItem) -> Sequence[str]:
        return (str(thing.transition),)


class FedEnds(Fed):
    """The dates of the end, in the feed of a transition. Each kind is one entry, which a later instrument moves."""

    name, model = "missions.end", Effect

    @classmethod
    def entries(cls, reader: Reader) -> list[Entry]:
        transition = reader.transition
        if transition is None or transition.mission_id is None:
            return []
        today = day(reader.now, transition.time_zone)
        ends = ends_of([transition.mission_id], as_of=today, known_at=today)[transition.mission_id].dates
        effects = Effect.objects.filter(instrument__mission=transition.mission_id, date__isnull=False).order_by()
        of_kind = {
            kind: (number, at)
            for kind, number, at in effects.values_list("kind").annotate(Count("pk"), Max("instrument__recorded_at"))
        }
        page = reverse("status:transition", args=[transition.slug])
        return [entry_of(end, of_kind[end.kind], page, transition) for end in ends]


def entry_of(end: Any, revised: tuple[int, Any], page: str, transition: Any) -> Entry:
    number, changed_at = revised
    name = str(Effect.Kind(end.kind).label)
    basis = str(Effect.Basis(end.basis).label)
    return Entry(
        uid=f"missions.end.{end.kind}-{end.mission_id}", code=name, name=f"{transition}: {name}", day=end.date,
        until=end.date, changed_at=changed_at, sequence=number - 1, certain=end.confirmed, page=page,
        says=(str(transition), f"Set by {end.instrument} ({end.body}): {basis}"),
    )  # fmt: skip


def whose(thing: Any) -> Sequence[str]:
    office, owner = thing.owner_office, thing.owner
    return f"Office: {office}" * bool(office), f"Owner: {owner}" * bool(owner)
