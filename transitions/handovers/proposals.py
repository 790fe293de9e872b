"""What proposes a step: computed from what was seen, never stored. Somebody who may still has to take it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
    return proposals_among([handover], user=user, now=now)[handover.pk]


def proposals_among(handovers: Iterable[Handover], *, user: Any, now: datetime) -> dict[int, list[Proposal]]:
    """Of each, in a fixed number of queries."""
    found: dict[int, list[Proposal]] = {one.pk: [] for one in handovers}
    transferred = [one.pk for one in handovers if one.state in ("transferred", "completed")]
    for check in FollowUp.objects.filter(handover__in=transferred, answered_on__isnull=False):
        if check.failed:
            found[check.handover_id].append(Proposal("lapse", what_failed(check), check))
    for pk, one in undecided([one for one in handovers if one.state in BEFORE], user=user, now=now):
        found[pk].append(Proposal("suspend", f"{one}: {one.text} [{one.source}]", one))
    return found


def what_failed(check: FollowUp) -> str:
    seen = [words for name, words in IN_WORDS.items() if getattr(check, name) == Answer.NO]
    return f"The follow-up after {check.days} days failed on {check.answered_on}: {', '.join(seen)} [{check.source}]"


def undecided(handovers: Sequence[Handover], *, user: Any, now: datetime) -> Iterator[tuple[int, Incident]]:
    """Incidents about each, its task or its site, recorded since it was proposed and after it was last decided on.

    What is recorded at the very instant of its beginning was not there to be thought of: it counts. What is recorded at
    the instant of a decision is what it was about.
    """
    about = {(name, pk) for one in handovers for name, pk in named_by(one)}
    touched = incidents_about(about, user=user, now=now)
    decided = latest_decisions(handovers) if touched else {}
    for handover in handovers:
        latest = decided.get(handover.pk)
        for incident in (one for key in named_by(handover) for one in touched.get(key, ())):
            at = incident.recorded_at
            if latest and (at > latest.recorded_at or (latest.version == 1 and at == latest.recorded_at)):
                yield handover.pk, incident


type Named = tuple[str, int]  # ("task", 7): what an incident is about


def named_by(handover: Handover) -> list[Named]:
    named = {"handover": handover.pk, "task": handover.task_id, "site": handover.site_id}
    return [(name, pk) for name, pk in named.items() if pk]


def incidents_about(wanted: Iterable[Named], *, user: Any, now: datetime) -> dict[Named, list[Incident]]:
    """One that names a handover is about that one alone, whatever its task and its site."""
    of_task_or_site = {name: [pk for kind, pk in wanted if kind == name] for name in ("task", "site")}
    about = Q(handover__in=[pk for kind, pk in wanted if kind == "handover"])
    for name, pks in of_task_or_site.items():
        about |= Q(**{f"{name}__in": pks}, handover=None)
    found: dict[Named, list[Incident]] = defaultdict(list)
    for one in Incident.objects.visible_to(user, now=now).filter(about):
        names = ("handover",) if one.handover_id else ("task", "site")
        for name in names:
            if pk := getattr(one, f"{name}_id"):
                found[name, pk].append(one)
    return found


def latest_decisions(handovers: Iterable[Handover]) -> dict[int, StateChange]:
    """Of each the last step that decided on it, else its beginning."""
    changes = StateChange.objects.filter(
        Q(step__in=DECIDED) | Q(version=1), thing_type=Handover._meta.label_lower,
        thing_id__in=[one.pk for one in handovers],
    )  # fmt: skip
    latest = changes.order_by("thing_id", "-version").distinct("thing_id")
    return {change.thing_id: change for change in latest}
