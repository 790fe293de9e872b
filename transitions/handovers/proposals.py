"""What proposes a step: computed from what was seen, never stored. Somebody who may still has to take it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from transitions.workflow.models import StateChange

from .lifecycle import BEFORE
from .models import Answer, FollowUp, Handover, Incident

DECIDED = ("suspend", "resume")
IN_WORDS = {
    "performed": "the task is not performed", "resources": "the resources are not there",
    "use_respected": "the agreed use is not respected",
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """A step that something proposes: the sentence says why, and what to open."""

    step: str
    sentence: str
    because: Any


def proposals_for(handover: Handover, *, user: Any, now: datetime) -> list[Proposal]:
    """What is proposed for one handover, as far as the user may see the reasons."""
    if handover.state in ("transferred", "completed"):
        failed = [check for check in handover.follow_ups.all() if check.failed]
        return [Proposal("lapse", what_failed(check), check) for check in failed]
    if handover.state in BEFORE:
        incidents = undecided(handover).visible_to(user, now=now)
        return [Proposal("suspend", f"{one}: {one.text} [{one.source}]", one) for one in incidents]
    return []


def what_failed(check: FollowUp) -> str:
    seen = [words for name, words in IN_WORDS.items() if getattr(check, name) == Answer.NO]
    return f"The follow-up after {check.days} days failed on {check.answered_on}: {', '.join(seen)} [{check.source}]"


def undecided(handover: Handover) -> Any:
    """Incidents about it, its task or its site, recorded since it was proposed and after it was last decided on.

    What is recorded at the very instant of its beginning was not there to be thought of: it counts. What is recorded at
    the instant of a decision is what it was about.
    """
    about = Q(handover=handover)
    for name in ("task", "site"):
        if pk := getattr(handover, f"{name}_id"):
            about |= Q(**{name: pk}, handover=None)
    changes = StateChange.objects.about(handover).filter(Q(step__in=DECIDED) | Q(version=1))
    latest = changes.order_by("-version").first()
    if latest is None:
        return Incident.objects.none()
    since = {"recorded_at__gte" if latest.version == 1 else "recorded_at__gt": latest.recorded_at}
    return Incident.objects.filter(about, **since)
