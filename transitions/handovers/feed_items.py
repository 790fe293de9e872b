"""What handovers bring to calendar feeds: the planned day, the answer to an offer, conditions and follow-ups.

An answer, a condition and a follow-up are marked as their handover is, and open its page.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q
from django.db.models.functions import Greatest

from transitions.calendar.feed_items import whose
from transitions.calendar.feed_revisions import changes_of, counted
from transitions.calendar.feeds import KEPT, Fed, Reader
from transitions.reminders.rules import Rule

from .dated_items import DatedHandovers
from .models import Condition, FollowUp, Handover, MandatedTask
from .reminders import AnswerDue, ConditionDue, FollowUpDue, HandoverDue


class FedHandovers(Fed):
    name, model, day, rows = "handovers.handover", Handover, "planned_on", "plans"
    shown = Q(state__in=DatedHandovers.open)
    gone: ClassVar[tuple[str, ...]] = DatedHandovers.gone
    rule: ClassVar[type[Rule] | None] = HandoverDue
    related = ("transition", "task__pillar", "site", "owner", "owner_office", "recipient_office")

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        return reader.owns() | reader.works_in("recipient_office")

    @classmethod
    def certain(cls, thing: Handover) -> bool:
        return thing.state != "suspended"

    @classmethod
    def pillar(cls, thing: Handover) -> Any:
        return thing.task and thing.task.pillar

    @classmethod
    def words(cls, thing: Handover) -> str:
        return f"Handover: {thing}"

    @classmethod
    def lines(cls, thing: Handover) -> Sequence[str]:
        to = thing.recipient_office or thing.recipient
        return str(thing.transition), *whose(thing), f"To: {to}" * bool(to), "Suspended." * (thing.state == "suspended")


class FedAnswers(FedHandovers):
    """What the recipient's side owes while an offer stands. Each offer gives it a day anew."""

    name, day, rule = "handovers.answer", "answer_owed_on", AnswerDue
    shown = Q(state="offered")
    gone = ()

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        return reader.works_in("recipient_office")

    @classmethod
    def words(cls, thing: Handover) -> str:
        return f"Answer to the offer: {thing}"

    @classmethod
    def sequence(cls) -> Any:
        return Greatest(counted(changes_of(Handover).filter(step="offer")) - 1, 0)


class OfAHandover(Fed):
    """Marked, coded and opened as the handover that it belongs to."""

    related: ClassVar[tuple[str, ...]] = ("handover__transition", "handover__task__pillar", "handover__site")

    @classmethod
    def code(cls, thing: Any) -> str:
        return str(thing.handover.code)

    @classmethod
    def marking(cls, thing: Any) -> str:
        return str(thing.handover.marking)

    @classmethod
    def pillar(cls, thing: Any) -> Any:
        return thing.handover.task and thing.handover.task.pillar

    @classmethod
    def page_model(cls) -> Any:
        return Handover

    @classmethod
    def opens(cls, thing: Any) -> Any:
        return thing.handover


class FedConditions(OfAHandover):
    """Its owner's; where nobody is named, the side's that hands over."""

    name, model, rule = "handovers.condition", Condition, ConditionDue
    shown = Q(met_on=None, void_on=None)
    related = (*OfAHandover.related, "owner", "owner_office")

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        theirs = reader.owns(person="handover__owner", office="handover__owner_office")
        return reader.owns() | Q(owner=None, owner_office=None) & theirs

    @classmethod
    def ended(cls, reader: Reader) -> Q:
        return Q(met_on=None, void_on__gt=(reader.now - KEPT).date())

    @classmethod
    def cancelled(cls, thing: Condition) -> bool:
        return thing.void_on is not None

    @classmethod
    def words(cls, thing: Condition) -> str:
        return f"Condition of {thing.handover}"

    @classmethod
    def lines(cls, thing: Condition) -> Sequence[str]:
        return str(thing.handover.transition), thing.sentence, *whose(thing)


class FedFollowUps(OfAHandover):
    name, model, rule = "handovers.followup", FollowUp, FollowUpDue
    shown = Q(answered_on=None)
    related = (*OfAHandover.related, "handover__recipient_office")

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        return reader.works_in("handover__recipient_office")

    @classmethod
    def lines(cls, thing: FollowUp) -> Sequence[str]:
        office = thing.handover.recipient_office
        return str(thing.handover.transition), f"Asked of: {office}" * bool(office)


class FedNamings(Fed):
    """Until when a recipient of a task is to be named: shown while it has none."""

    name, model, day = "handovers.naming", MandatedTask, "naming_due_on"
    shown = ~Q(continues="no") & ~Q(handovers__recipient_kind__gt="")
    related = ("transition", "pillar", "naming_office", "naming_owner")

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        return reader.owns(person="naming_owner", office="naming_office")

    @classmethod
    def words(cls, thing: MandatedTask) -> str:
        return f"Name a recipient: {thing}"

    @classmethod
    def pillar(cls, thing: MandatedTask) -> Any:
        return thing.pillar

    @classmethod
    def lines(cls, thing: MandatedTask) -> Sequence[str]:
        office = thing.naming_office
        return str(thing.transition), f"Office: {office}" * bool(office)
