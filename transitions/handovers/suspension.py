"""Handovers are suspended, and resumed, over a scope that the head of mission decides: all of it, or nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from transitions.missions.models import Area
from transitions.workflow.engine import Fact, StepRefused, locked, take
from transitions.workflow.models import StateChange

from .lifecycle import HandoverLifecycle
from .models import FollowUpSchedule, Handover, Incident

KINDS = FollowUpSchedule.Kind


def in_scope(
    transition: Any, step: str = "suspend", *, kind: str = "", area: Area | None = None, recipient_office: Any = None,
    recipient_kind: str = "", incident: Incident | None = None,
) -> list[Handover]:  # fmt: skip
    """The handovers of a scope of which a step can be taken now: what is to be seen before it is.

    Args:
        kind: "task" or "site", empty for both.
        area: with all that lies inside it; a handover without an area of its own lies where its task or site does.
        incident: only what it is about.
    """
    found = Handover.objects.filter(transition=transition, state__in=HandoverLifecycle.by_name[step].sources)
    if kind:
        found = found.filter(**{f"{KINDS(kind)}__isnull": False})
    if area:
        lies_in = found.annotate(lies_in=Coalesce("area", "task__area", "site__area"))
        found = lies_in.filter(lies_in__in=with_parts(area))
    if recipient_office:
        found = found.filter(recipient_office=recipient_office)
    if recipient_kind:
        found = found.filter(recipient_kind=recipient_kind)
    if incident:
        found = found.filter(touched_by(incident))
    return list(found.select_related("transition", "task", "site", "area", "recipient_office").order_by("code"))


def with_parts(area: Area) -> set[int]:
    """The area and everything inside it, whatever the depth."""
    parents = Area.objects.filter(transition=area.transition_id).values_list("pk", "parent")
    inside, found = {area.pk}, set()
    while inside:
        found |= inside
        inside = {pk for pk, parent in parents if parent in inside} - found
    return found


def touched_by(incident: Incident) -> Q:
    """What an incident is about: the handover itself, or every handover of its task or site."""
    if incident.handover_id:
        return Q(pk=incident.handover_id)
    about = Q(pk__in=[])
    for name in ("task", "site"):
        if pk := getattr(incident, f"{name}_id"):
            about |= Q(**{name: pk})
    return about


def suspend_in_scope(
    transition: Any, *, by: Any, now: datetime, reason: str, kind: str = "", area: Area | None = None,
    recipient_office: Any = None, recipient_kind: str = "", incident: Incident | None = None, fact: Fact | None = None,
    shown: str = "",
) -> list[StateChange]:  # fmt: skip
    """Suspend every handover of a scope that can be. Raises as `take` does, and StepRefused where there is none.

    Args:
        shown: the `fingerprint` of the list that was shown before; another one by now is refused as stale.
    """
    scope = {"kind": kind, "area": area, "recipient_office": recipient_office, "recipient_kind": recipient_kind,
             "incident": incident}  # fmt: skip
    return take_all(transition, "suspend", scope, by=by, now=now, reason=reason, fact=fact, shown=shown)


def resume_in_scope(
    transition: Any, *, by: Any, now: datetime, reason: str, kind: str = "", area: Area | None = None,
    recipient_office: Any = None, recipient_kind: str = "", incident: Incident | None = None, fact: Fact | None = None,
    shown: str = "",
) -> list[StateChange]:  # fmt: skip
    """Resume every suspended handover of a scope: each is prepared and offered anew. As `suspend_in_scope`."""
    scope = {"kind": kind, "area": area, "recipient_office": recipient_office, "recipient_kind": recipient_kind,
             "incident": incident}  # fmt: skip
    return take_all(transition, "resume", scope, by=by, now=now, reason=reason, fact=fact, shown=shown)


def take_all(
    transition: Any, step: str, scope: dict[str, Any], *, by: Any, now: datetime, reason: str, fact: Fact | None,
    shown: str,
) -> list[StateChange]:  # fmt: skip
    with locked(transition):
        found: Sequence[Handover] = in_scope(transition, step, **scope)
        if shown and shown != fingerprint(found):
            raise StepRefused("stale", "The handovers of this scope have changed since they were shown: look again")
        if not found:
            raise StepRefused("wrong-state", f"There is no handover in this scope to {step}")
        return [take(handover, step, by=by, now=now, reason=reason, despite=fact) for handover in found]


def fingerprint(handovers: Iterable[Handover]) -> str:
    """Of a list that is shown before it is decided on: each handover and its version."""
    return "-".join(f"{handover.pk}.{handover.version}" for handover in handovers)
