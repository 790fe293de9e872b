"""Which acceptance stood on a day: of the offer that was accepted last, as long as nothing has voided it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count

from transitions.status.panels import View
from transitions.workflow.models import StateChange

from .models import Acceptance, Handover

STANDS_IN = ("accepted", "transferred", "completed", "lapsed")
ACCEPTING = ("accept", "accept_with_conditions")


def standing_answer(handover: Handover) -> Acceptance | None:
    """Of one handover at present, None where nothing was accepted or what was is void."""
    accepting = StateChange.objects.about(handover).filter(step__in=ACCEPTING).order_by("-version").first()
    if accepting is None or handover.state not in STANDS_IN:
        return None
    return handover.acceptances.filter(handover_version=accepting.version - 1).first()


def answers_at(transitions: Sequence[int], view: View) -> dict[int, dict[str, Any]]:
    """By handover, in two queries. What was accepted as a recorded fact, without an answer of its own, is not in it."""
    stood = {pk: one for pk, one in view.states(transitions, Handover).items() if one.state in STANDS_IN}
    accepting = StateChange.objects.filter(
        transition__in=transitions, thing_type=Handover._meta.label_lower, step__in=ACCEPTING,
        holds_from__lte=view.as_of, known_from__lte=view.known_at,
    )  # fmt: skip
    latest = dict(accepting.order_by("thing_id", "version").values_list("thing_id", "version"))
    rows = Acceptance.objects.filter(handover__transition__in=transitions).annotate(asked=Count("conditions"))
    return {
        row.handover_id: {
            "on_paper": row.on_paper, "signatory": row.signatory or None, "signed_on": row.signed_on,
            "text": row.text.number, "conditions": row.asked,
        }
        for row in rows.select_related("text").order_by("pk")
        if row.handover_id in stood and row.handover_version + 1 == latest.get(row.handover_id)
    }  # fmt: skip
