"""Who hears of follow-ups, conditions and planned handovers. Source: domain catalogue, sections F and N."""

from datetime import date

from django.conf import settings
from django.urls import reverse

from transitions.access.permissions import Marking, Role
from transitions.outbox.kinds import Letter
from transitions.reminders.before import Before
from transitions.reminders.people import holder, officer_in_charge, person
from transitions.reminders.rules import Rule, Tell

from .models import Condition, FollowUp, Handover

IN_TRANSITION = {"transition": "handover__transition"}
LAST = (
    holder(Role.RESIDENT_COORDINATOR, **IN_TRANSITION), holder(Role.PLANNER, **IN_TRANSITION),
    holder(Role.HEADQUARTERS_DESK, **IN_TRANSITION),
)  # fmt: skip


class FollowUpDue(Rule):
    """The recipient's side is asked first, then who remains."""

    name = "handovers.follow_up_due"
    items = FollowUp.objects.filter(owed_on__isnull=False)
    transition = "handover__transition"
    marking = "handover__marking"
    related = ("handover__task", "handover__site", "handover__transition")
    forgets_after = 60  # days: the last rung, and time for an outage; an old case that is entered reminds of nothing
    tells = (
        Tell(on=(-7, 0, 7), to=(person("handover__recipient_office__head", transition="handover__transition"),
                                officer_in_charge("handover__recipient_office"), *LAST)),
        Tell(on=(14,), to=LAST),
    )  # fmt: skip

    def letter(self, item: FollowUp, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(item.handover, f"Follow-up after {item.days} days", due, late)


class ConditionDue(Rule):
    """Overdue, it is told to both sides: its owner, and who hands over."""

    name = "handovers.condition_due"
    items = Condition.objects.filter(owed_on__isnull=False)
    transition = "handover__transition"
    marking = "handover__marking"
    related = ("handover__task", "handover__site", "handover__transition")
    tells = (
        Tell(on=(-7, 0, 1), to=(person("owner", transition="handover__transition"), officer_in_charge("owner_office"),
                                *LAST)),
        Tell(on=(1,), to=(person("handover__owner", transition="handover__transition"), *LAST)),
        Tell(on=(1,), to=(person("handover__recipient_office__head", transition="handover__transition"), *LAST)),
    )  # fmt: skip

    def letter(self, item: Condition, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(item.handover, "A condition of the recipient", due, late)


def letter_about(handover: Handover, what: str, due: date, late: int) -> Letter:
    named = str(handover) if handover.marking == Marking.UNCLASSIFIED else handover.code
    when = f"is due on {due}" if late <= 0 else f"was due on {due}"
    link = settings.SITE_URL + reverse("admin:handovers_handover_change", args=[handover.pk])
    return Letter(f"{what} {when}: {named}", f"{what} of {named} {when}.\nAnswer it here:\n{link}")
