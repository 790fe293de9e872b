"""Of a person's week: handovers, answers to offers, conditions, follow-ups, names to find, and what is proposed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from transitions.access.models import grants_of
from transitions.access.permissions import Role
from transitions.status.panels import MOST
from transitions.status.weeks import Change, Mine, Row, Week
from transitions.workflow.asked import may_take
from transitions.workflow.links import link_to
from transitions.workflow.models import StateChange

from .acceptances import for_the_recipient
from .lifecycle import BEFORE, offers_of, without_recipient
from .models import Condition, FollowUp, Handover, HandoverPlan, Incident, MandatedTask, RecipientKind
from .proposals import proposals_among
from .reminders import FollowUpDue
from .told import plan

NEXT = {
    "proposed": "Prepare it", "preparing": "Offer it", "offered": "Offered: see that it is answered",
    "accepted": "Hand it over",
}  # fmt: skip
NOT_SOMEBODY = ("", RecipientKind.NOBODY)
FORGOTTEN = FollowUpDue.forgets_after or 0
OFFER = ("transition", "task", "recipient_office", "owner_office")


class HandoversWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        theirs = mine.seen(Handover).filter(mine.own(), owed_on__lte=mine.until)
        for one in theirs.select_related("transition", "owner_office"):
            whose = mine.whose(one.owner_id, one.owner_office)
            yield mine.of_thing(one, NEXT[one.state], one.transition, "#tr-steps", day=one.owed_on, whose=whose)

    def asked(self, mine: Mine) -> Iterator[Row]:
        yield from offers_to_answer(mine)
        unowned = Q(owner=None, owner_office=None)
        theirs = mine.seen(Handover).filter(mine.own() | unowned).select_related(*OFFER)
        yield from back_again(mine, theirs.filter(state="refused"), "change_recipient", "#ho-recipient",
                              "Refused: name another recipient, or end it")  # fmt: skip
        again = theirs.filter(Exists(OFFERED_BEFORE), state="preparing").exclude(recipient_kind__in=NOT_SOMEBODY)
        not_owed = again.filter(unowned | Q(owed_on=None) | Q(owed_on__gt=mine.until))  # each row stands once
        yield from back_again(mine, not_owed, "offer", "#tr-steps", "It came back: offer it again")

    def standing(self, mine: Mine) -> Iterator[Row]:
        """What they hand over, or have offered, until it is answered."""
        made = StateChange.objects.filter(thing_type=Handover._meta.label_lower, step="offer", by=mine.user)
        theirs = mine.seen(Handover).filter(mine.own() | Q(pk__in=made.values("thing_id")), state="offered")
        offered = list(theirs.annotate(own_=Q(pk__in=mine_of(mine))).select_related(*OFFER))
        offers = offers_of(offered)
        for one in offered:
            offer = offers.get(one.pk)
            if one.own_ or (offer and offer.by_id == mine.user.pk):
                yield mine.of_thing(
                    one, "Answer to the offer", one.transition, day=one.answer_due_on,
                    whose=str(one.recipient_office or one.recipient or "the recipient"),
                    since=offer.holds_from if offer else None,
                )  # fmt: skip

    def own(self, mine: Mine) -> dict[Any, Any]:
        received = Q(recipient_office__in=mine.offices)
        return {Handover: mine.seen(Handover).filter(mine.own() | received)}

    def changed(self, mine: Mine, since: datetime) -> Iterator[Change]:
        moved = mine.seen(HandoverPlan).filter(mine.own("handover__"), recorded_at__gt=since).exclude(reason="")
        latest = moved.exclude(by=mine.user).order_by("-pk")[:MOST]
        for row in latest.select_related("handover__transition", "residual_office", "by"):
            yield Change(
                row.recorded_at, f"{row.holds_from}: {plan(row)}", row.handover.transition, link_to(row.handover)
            )


OFFERED_BEFORE = StateChange.objects.filter(
    thing_type=Handover._meta.label_lower, thing_id=OuterRef("pk"), step="offer"
)


def back_again(mine: Mine, handovers: Any, step: str, place: str, ask: str) -> Iterator[Row]:
    """What has come back from the recipient's side to whoever hands over."""
    for one in may_take(handovers, step, by=mine.user, now=mine.now):
        yield mine.of_thing(one, ask, one.transition, place, whose=mine.whose(one.owner_id, one.owner_office))


def mine_of(mine: Mine) -> Any:
    return Handover.objects.filter(mine.own()).values("pk")


def offers_to_answer(mine: Mine) -> Iterator[Row]:
    """Those made to their office, and not by themselves."""
    offered = mine.seen(Handover).filter(recipient_office__in=mine.offices, state="offered").select_related(*OFFER)
    found = [
        one
        for one in may_take(offered, "accept", by=mine.user, now=mine.now)
        if for_the_recipient(mine.user, one, now=mine.now)
    ]
    offers = offers_of(found)
    for one in found:
        made = offers.get(one.pk)
        if made is None or made.by_id != mine.user.pk:
            yield mine.of_thing(
                one, "Answer the offer", one.transition, "#ho-answer", day=one.answer_due_on,
                whose=f"for {one.recipient_office}", since=made.holds_from if made else None,
            )  # fmt: skip


class ConditionsWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        """Whose is nobody's is the handing-over side's."""
        nobody = Q(owner=None, owner_office=None)
        theirs = mine.seen(Condition).filter(mine.own() | (nobody & mine.own("handover__")), owed_on__lte=mine.until)
        for one in theirs.select_related("handover__transition", "owner_office"):
            yield of_condition(mine, one, whose=mine.whose(one.owner_id, one.owner_office))

    def standing(self, mine: Mine) -> Iterator[Row]:
        """Conditions of what they hand over that others are to meet."""
        somebody = ~Q(owner=None, owner_office=None)
        left = mine.seen(Condition).filter(mine.own("handover__"), somebody, owed_on__isnull=False)
        others = left.exclude(pk__in=Condition.objects.filter(mine.own()).values("pk"))
        for one in others.select_related("handover__transition", "owner", "owner_office"):
            yield of_condition(mine, one, whose=str(one.owner or one.owner_office))


def of_condition(mine: Mine, one: Condition, *, whose: str) -> Row:
    handover: Any = one.handover
    place = f"{link_to(handover)}#ho-text"
    ask = f"Condition: {one.sentence}"
    return mine.row(handover, ask, handover.transition, place=place, day=one.owed_on, whose=whose)


class FollowUpsWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        """The recipient's office is asked; the coordinator, where there is none, or once it is missed."""
        received = Q(handover__recipient_office__in=mine.offices)
        coordinated = Q(handover__transition__in=coordinated_by(mine))
        asked = mine.seen(FollowUp).filter(received | coordinated, owed_on__lte=mine.until).order_by("due_on", "pk")
        forgotten: dict[Any, list[Row]] = {}
        for one in asked.select_related("handover__transition", "handover__recipient_office"):
            row, office = of_follow_up(mine, one), one.handover.recipient_office
            if row.left is not None and row.left < -FORGOTTEN:
                forgotten.setdefault(row.transition, []).append(row)
            elif row.late or office is None or office.pk in mine.offices:
                yield row
        for transition, rows in forgotten.items():
            yield together(mine, transition, rows)


def of_follow_up(mine: Mine, one: FollowUp) -> Row:
    handover: Any = one.handover
    return mine.row(
        handover, f"Follow-up after {one.days} days: answer it", handover.transition,
        place=f"{link_to(handover)}#ho-after", day=one.owed_on,
        whose=str(handover.recipient_office or "nobody's office"),
    )  # fmt: skip


def together(mine: Mine, transition: Any, rows: list[Row]) -> Row:
    """What nobody is reminded of any more is one row: they would bury what is late since yesterday."""
    page = reverse("admin:handovers_followup_changelist")
    count = f"{len(rows)} follow-up{'s' * (len(rows) > 1)} never answered"
    place = f"{page}?handover__transition__id__exact={transition.pk}&answered_on__isempty=1"
    return mine.row(count, "Answer them, the oldest first", transition, place=place, day=rows[0].day)


def coordinated_by(mine: Mine) -> list[int]:
    grants = grants_of(mine.user, now=mine.now)
    return [one.transition_id for one in grants if one.role == Role.RESIDENT_COORDINATOR and one.transition_id]


class NamingWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        theirs = mine.own(owner="naming_owner", office="naming_office")
        for one in without_recipient(
            mine.seen(MandatedTask).filter(theirs, naming_due_on__lte=mine.until)
        ).select_related("transition", "naming_office"):
            whose = mine.whose(one.naming_owner_id, one.naming_office)
            yield mine.of_thing(one, "Name who takes it over", one.transition, day=one.naming_due_on, whose=whose)


class ProposalsWeek(Week):
    """What was seen proposes a step; whoever may take it decides."""

    def asked(self, mine: Mine) -> Iterator[Row]:
        yield from suspensions(mine)
        failed = mine.seen(FollowUp).filter(handover__state__in=("transferred", "completed"), answered_on__isnull=False)
        handovers = {one.handover_id: one.handover for one in failed.select_related(
            "handover__transition", "handover__task") if one.failed}  # fmt: skip
        for one in may_take(handovers.values(), "lapse", by=mine.user, now=mine.now):
            yield mine.of_thing(one, "A follow-up failed: has it lapsed?", one.transition, "#ho-proposed")


def suspensions(mine: Mine) -> Iterator[Row]:
    """One row for each incident that proposes to suspend something."""
    incidents = mine.seen(Incident)
    touched = Q(pk__in=incidents.values("handover"))
    for name in ("task", "site"):
        touched |= Q(**{f"{name}__in": incidents.filter(handover=None).values(name)})
    before = mine.seen(Handover).filter(touched, state__in=BEFORE).select_related("transition", "task")
    found = may_take(before, "suspend", by=mine.user, now=mine.now)
    counts: dict[Any, int] = {}
    for proposals in proposals_among(found, user=mine.user, now=mine.now).values():
        for one in proposals:
            counts[one.because] = counts.get(one.because, 0) + 1
    transitions = {one.transition_id: one.transition for one in found}
    for incident, count in counts.items():
        transition = transitions[incident.transition_id]
        page = reverse("admin:handovers_suspension", args=[transition.pk])
        yield mine.row(
            incident, f"Decide: suspend {count} handover{'s' * (count > 1)}?", transition,
            place=f"{page}?step=suspend&incident={incident.pk}", since=incident.holds_from,
        )  # fmt: skip
