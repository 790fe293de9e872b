"""Who hears of what is due of a handover: its planned day, its answer, its conditions, its follow-ups.

Source: domain catalogue, sections F and N. One person a rung and tell, and never nobody.
"""

from datetime import date

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from transitions.access.models import Grant
from transitions.access.permissions import Marking, Permission, Role, roles_with
from transitions.missions.models import Side, Transition
from transitions.missions.pauses import pause_over
from transitions.outbox.kinds import Letter
from transitions.reminders.before import Before
from transitions.reminders.people import REACHABLE, Path, holder, officer_in_charge, person, standing
from transitions.reminders.rules import Rule, Tell

from .models import Condition, FollowUp, Handover

ANSWERING = roles_with(Permission.ACCEPT_HANDOVER)
LEFT = Q(transition__kind=Transition.Kind.WITHDRAWAL,
         transition__state__in=("liquidating", "following_up", "closed"))  # fmt: skip
OURS = Q(owner_office__side=Side.MISSION) | Q(owner_office=None)


def last(transition: str) -> tuple[Path, ...]:
    """Who remains: the coordinator, then whoever plans, then headquarters."""
    order = (Role.RESIDENT_COORDINATOR, Role.PLANNER, Role.HEADQUARTERS_DESK)
    return tuple(holder(role, transition=transition) for role in order)


def planner(transition: str) -> tuple[Path, ...]:
    return (holder(Role.PLANNER, transition=transition), *last(transition))


def of_office(office: str, *, transition: str) -> tuple[Path, ...]:
    """Who acts for an office, its head, or whoever may answer for it."""
    held = Grant.objects.filter(*standing(), REACHABLE, office=OuterRef(office), role__in=ANSWERING)
    return (
        officer_in_charge(office), person(f"{office}__head", transition=transition),
        Path("focal point", Subquery(held.order_by("-acting", "pk").values("user")[:1])),
    )  # fmt: skip


def handing_over(path: str = "") -> tuple[Path, ...]:
    """The owner, then their office."""
    transition = f"{path}transition"
    return (person(f"{path}owner", transition=transition),
            *of_office(f"{path}owner_office", transition=transition))  # fmt: skip


def receiving(path: str = "") -> tuple[Path, ...]:
    return of_office(f"{path}recipient_office", transition=f"{path}transition")


def paused(path: str = "") -> Subquery:
    """Of a handover: the pause over its task, its site or itself."""
    areas = [f"{path}{of_what}area" for of_what in ("", "task__", "site__")]
    return pause_over(transition=f"{path}transition", pillar=f"{path}task__pillar", areas=areas)


LAST = last("transition")
IN_HANDOVER = "handover__transition"
PILLAR_LEAD = (holder(Role.PILLAR_LEAD, pillar=OuterRef("task__pillar")), holder(Role.PILLAR_LEAD, pillar=None))


class HandoverDue(Rule):
    """The planned day: to who hands over, then to the pillar's lead; once the mission has left, to who remains.

    No further up: only a day that somebody outside has set goes to the heads, and theirs is the weekly list.
    """

    name = "handovers.handover_due"
    title = "a handover is due"
    items = Handover.objects.filter(owed_on__isnull=False)
    related = ("transition", "recipient_office", "task", "site")
    quiet = paused()
    office = "owner_office"
    tells = (
        Tell(on=(-30, -14, -7, -1, 0, 1), to=(*handing_over(), *planner("transition"))),
        Tell(on=(7,), to=(*PILLAR_LEAD, *planner("transition")), where=OURS & ~LEFT,
             about="the mission's, while it is there"),
        Tell(on=(7,), to=LAST, where=~OURS | LEFT, about="of other sides, and of a mission that has left"),
    )  # fmt: skip

    def letter(self, item: Handover, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(item, "The handover", due, late, then="Hand it over, or plan it anew and say why")


class AnswerDue(Rule):
    """Offered, and not answered after ten days: to the recipient's side, and to the planner."""

    name = "handovers.answer_due"
    title = "an offer waits for its answer"
    items = Handover.objects.filter(answer_owed_on__isnull=False)
    owed = "answer_owed_on"
    related = ("transition", "recipient_office", "task", "site")
    quiet = paused()
    office = "recipient_office"
    tells = (
        Tell(on=(-3, 0, 7), to=(*receiving(), *LAST)),
        Tell(on=(0, 7), to=planner("transition")),
        Tell(on=(14,), to=LAST),
    )

    def letter(self, item: Handover, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(
            item, "The answer to the offer", due, late, then="Accept, accept with conditions, or refuse"
        )


class ConditionDue(Rule):
    """Overdue, it is told to both sides: its owner, who hands over, and the recipient."""

    name = "handovers.condition_due"
    title = "a condition is due"
    items = Condition.objects.filter(owed_on__isnull=False)
    transition = IN_HANDOVER
    marking = "handover__marking"
    related = ("handover__transition", "handover__task", "handover__site")
    quiet = paused("handover__")
    office = "owner_office"
    tells = (
        Tell(on=(-7, 0, 1), to=(person("owner", transition=IN_HANDOVER),
                                *of_office("owner_office", transition=IN_HANDOVER),
                                *handing_over("handover__"), *planner(IN_HANDOVER))),
        Tell(on=(1, 7), to=(*handing_over("handover__"), *planner(IN_HANDOVER))),
        Tell(on=(1, 7), to=(*receiving("handover__"), *last(IN_HANDOVER))),
    )  # fmt: skip

    def letter(self, item: Condition, *, due: date, late: int, before: Before) -> Letter:
        said = f"Meet it, and say on whose word it is met: {item}" if shown(item.handover) else "Meet it, and say so"
        return letter_about(item.handover, "A condition", due, late, then=said)


class FollowUpDue(Rule):
    """The recipient's side, the coordinator and the planner a week before; missed, it is the coordinator's.

    No pause of ours moves it, and no planner switches it off.
    """

    name = "handovers.follow_up_due"
    title = "a follow-up is due"
    items = FollowUp.objects.filter(owed_on__isnull=False)
    transition = IN_HANDOVER
    marking = "handover__marking"
    related = ("handover__transition", "handover__task", "handover__site")
    forgets_after = 60  # days: the last rung, and time for an outage; an old case that is entered reminds of nothing
    switchable = False
    office = "handover__recipient_office"
    tells = (
        Tell(on=(-7, 0, 7), to=(*receiving("handover__"), *last(IN_HANDOVER))),
        Tell(on=(-7, 1, 14), to=last(IN_HANDOVER)),
        Tell(on=(-7,), to=planner(IN_HANDOVER)),
    )

    def letter(self, item: FollowUp, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(item.handover, f"Follow-up {item.after}", due, late, then="Answer it")


def shown(handover: Handover) -> bool:
    return handover.marking == Marking.UNCLASSIFIED


def letter_about(handover: Handover, what: str, due: date, late: int, *, then: str) -> Letter:
    link = settings.SITE_URL + reverse("admin:handovers_handover_change", args=[handover.pk])
    if not shown(handover):
        return Letter(f"Reminder: {handover.code}", f"{handover.code}\n{link}")
    when = f"is due on {due}" if late <= 0 else f"was due on {due}"
    return Letter(f"{what} {when}: {handover}", f"{what} of {handover} {when}.\n{then}:\n{link}")
