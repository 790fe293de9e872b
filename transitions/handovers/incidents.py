"""What happens to what was handed over, or is about to be: recorded in any state, with its source."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import holders, may
from transitions.access.permissions import Marking, Permission, Role
from transitions.clock.present import day
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue
from transitions.workflow.engine import locked

from .models import Incident


def record_incident(incident: Incident, *, by: Any, now: datetime, happened_on: date, known_from: date) -> Incident:
    """Record it and tell the heads, who decide whether, and how far, handovers are suspended: nothing stops by itself.

    Raises:
        PermissionDenied: only who may record facts.
        ValidationError: a field is wrong, no source, or it lies in the future.
    """
    transition = incident.transition
    with locked(transition):
        if not may(by, Permission.RECORD_FACT, transition, now=now):
            raise PermissionDenied("an incident is recorded by who may record facts")
        if happened_on > day(now, transition.time_zone):
            raise ValidationError({"holds_from": "It cannot have happened in the future."})
        if not incident.source.strip():
            raise ValidationError({"source": "Name the source."})
        incident.holds_from, incident.known_from, incident.recorded_at, incident.by = happened_on, known_from, now, by
        about = [one.marking for one in (incident.task, incident.handover, incident.site) if one]
        incident.marking = Marking.strictest([incident.marking, *about])
        incident.full_clean()
        incident.save(force_insert=True)
        tell_heads(incident, now=now)
    return incident


def tell_heads(incident: Incident, *, now: datetime) -> None:
    """The heads decide, planners and mission support have to act on it."""
    heads = (
        Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK, Role.PLANNER, Role.MISSION_SUPPORT,
    )  # fmt: skip
    queue(
        (Message(
            kind="handovers.incident", transition_id=incident.transition_id, thing_type="handovers.incident",
            thing_id=incident.pk, marking=incident.marking, recipient=person,
            dedupe_key=f"handovers.incident/{incident.pk}/{person.pk}",
        )
        for person in holders(incident.transition_id, heads, on=day(now, incident.transition.time_zone))),
        now=now,
    )  # fmt: skip
