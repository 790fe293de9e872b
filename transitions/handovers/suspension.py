"""Handovers are suspended, and resumed, over a scope that the head of mission decides: all of it, or nothing."""

from collections.abc import Sequence
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
) -> list[StateChange]:  # fmt: skip
    """Suspend every handover of a scope that can be. Raises as `take` does, and StepRefused where there is none."""
    scope = {"kind": kind, "area": area, "recipient_office": recipient_office, "recipient_kind": recipient_kind,
             "incident": incident}  # fmt: skip
    return take_all(transition, "suspend", scope, by=by, now=now, reason=reason, fact=fact)


def resume_in_scope(
    transition: Any, *, by: Any, now: datetime, reason: str, kind: str = "", area: Area | None = None,
    recipient_office: Any = None, recipient_kind: str = "", incident: Incident | None = None, fact: Fact | None = None,
) -> list[StateChange]:  # fmt: skip
    """Resume every suspended handover of a scope: each is prepared, offered and accepted anew. Raises as `take`."""
    scope = {"kind": kind, "area": area, "recipient_office": recipient_office, "recipient_kind": recipient_kind,
             "incident": incident}  # fmt: skip
    return take_all(transition, "resume", scope, by=by, now=now, reason=reason, fact=fact)


def take_all(
    transition: Any, step: str, scope: dict[str, Any], *, by: Any, now: datetime, reason: str, fact: Fact | None
) -> list[StateChange]:
    with locked(transition):
        found: Sequence[Handover] = in_scope(transition, step, **scope)
        if not found:
            raise StepRefused("wrong-state", f"There is no handover in this scope to {step}")
        return [take(handover, step, by=by, now=now, reason=reason, despite=fact) for handover in found]
