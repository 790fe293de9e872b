"""What the page of a handover shows beside its fields and steps: the offer, its answer, the plan, what came after."""

from datetime import datetime
from typing import Any

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.missions.models import Area, Office
from transitions.status.reader import view_of

from .acceptances import for_the_recipient
from .answers_at import standing_answer
from .conditions import may_mark
from .follow_ups import may_answer
from .lifecycle import HandoverLifecycle, offered_by
from .marks import marks_of
from .models import Acceptance, Answer, Handover, Readiness, RecipientKind
from .proposals import proposals_for
from .readiness import in_order, of_who_stands
from .recipients import AFTERWARDS, STILL_TO_OFFER

BESIDE = ("accept", "accept_with_conditions", "refuse", "reword", "change_recipient")  # steps with a form of their own
ROWS_OF_CONDITIONS = range(3)  # that the form offers; over REST there may be more


def shown_of(handover: Handover, *, user: Any, now: datetime) -> dict[str, Any]:
    """Everything for the template, in a fixed number of queries."""
    transition = handover.transition
    plans = may(user, Permission.PLAN, transition, now=now, pillar_id=handover.pillar_id)
    texts = list(handover.texts.select_related("written_by", "area"))
    conditions = list(handover.conditions.select_related("owner", "owner_office").order_by("due_on", "pk"))
    for one in conditions:
        one.handover, one.acceptance_given = handover, one.acceptance_id is not None
        one.markable = one.void_on is None and may_mark(user, one, now=now)
    return {
        "agreed": texts[-1] if texts else None, "texts": texts[:-1],
        "acceptances": answers(handover),
        "conditions": conditions, "condition_rows": ROWS_OF_CONDITIONS,
        "recipients": list(handover.recipient_changes.select_related("recipient_office", "by")),
        "levels": levels(handover),
        "plans": list(handover.plans.select_related("residual_office", "by")),
        "checks": list(handover.follow_ups.select_related("answered_by")),
        "proposals": proposals_for(handover, user=user, now=now),
        "offices": list(Office.objects.filter(transition=transition)),
        "areas": list(Area.objects.filter(transition=transition)),
        "kinds": RecipientKind.choices, "tracks": Handover.Track.choices, "answers": Answer.choices,
        "may_plan": plans, "may_look": may_answer(user, handover, now=now),
        "may_write": handover.state not in AFTERWARDS
        and (plans or HandoverLifecycle.is_owner(user, handover, now=now)),
        "may_answer": handover.state == "offered" and for_the_recipient(user, handover, now=now),
        "may_suspend": may(user, Permission.DIRECT, transition, now=now),
        "marks": marks_of(transition, view_of(transition, user=user, now=now)).get(handover.pk, []),
        "still_to_offer": handover.state in STILL_TO_OFFER,
        **paper_form(handover, user=user, now=now),
    }  # fmt: skip


def answers(handover: Handover) -> list[Acceptance]:
    """All that were given; what a later change has made void says so."""
    found = list(handover.acceptances.select_related("recorded_by", "text", "evidence").order_by("pk"))
    stands = standing_answer(handover) if found else None
    for given in found:
        given.void = given != stands
    return found


def levels(handover: Handover) -> list[Readiness]:
    """All that was seen; what is of an earlier recipient is marked."""
    rows = handover.readiness_rows.order_by("dimension", "holds_from", "pk")
    counts = set(of_who_stands(rows, in_order(handover.recipient_changes.all())).values_list("pk", flat=True))
    found = list(rows)
    for row in found:
        row.of_an_earlier_recipient = row.pk not in counts
    return found


def paper_form(handover: Handover, *, user: Any, now: datetime) -> dict[str, bool]:
    """A paper is entered by who may record facts, and has not made the offer: who has is told so."""
    if handover.state != "offered" or not may(user, Permission.RECORD_FACT, handover.transition, now=now):
        return {"may_enter_paper": False, "offered_by_me": False}
    mine = offered_by(handover) == user.pk
    return {"may_enter_paper": not mine, "offered_by_me": mine}
