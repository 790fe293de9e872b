"""Messages about handovers that no step sends by itself: each proposes, and somebody decides."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from transitions.access.permissions import Marking
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message

from .models import FollowUp, Handover, Incident
from .proposals import what_failed
from .suspension import in_scope


class IncidentRecorded(Kind):
    """To the heads: whether handovers are suspended, and how far, is theirs to decide."""

    name = "handovers.incident"
    title = "an incident"
    urgent = True

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        found = Incident.objects.select_related("task", "site", "handover", "transition").in_bulk(wanted)
        return {message.pk: self.letter(message, found[message.thing_id]) for message in messages}

    def letter(self, message: Message, incident: Incident) -> Letter:
        about = incident.handover or incident.site or incident.task
        page = settings.SITE_URL + reverse("admin:handovers_incident_change", args=[incident.pk])
        if message.marking != Marking.UNCLASSIFIED or getattr(about, "marking", "") != Marking.UNCLASSIFIED:
            return Letter(f"{incident.transition}: incident {incident.code}", f"Incident {incident.code}\n{page}")
        touched = in_scope(incident.transition, incident=incident)
        lines = [f"{incident.holds_from}: {incident.text}", f"Source: {incident.source}", ""]
        if touched:
            lines += ["It proposes to suspend these open handovers:", *(f"- {called(one)}" for one in touched)]
        lines += ["Nothing was suspended: decide whether handovers are, and how far.", page]
        return Letter(f"{incident.transition}: {incident.get_kind_display()}, {about}", "\n".join(lines))


class FollowUpFailed(Kind):
    """To planners and heads: what was handed over may have lapsed."""

    name = "handovers.follow_up_failed"
    title = "a follow-up has failed"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        found = FollowUp.objects.select_related("handover__transition").in_bulk(wanted)
        return {message.pk: self.letter(found[message.thing_id]) for message in messages}

    def letter(self, check: FollowUp) -> Letter | NoLonger:
        handover = check.handover
        if not check.failed:
            return NoLonger("the answer was corrected")
        if handover.state not in ("transferred", "completed"):
            return NoLonger(f"{handover.code} is {handover.state}")
        page = settings.SITE_URL + reverse("admin:handovers_handover_change", args=[handover.pk])
        subject = f"{handover.transition}: a follow-up of {called(handover)} failed"
        if handover.marking != Marking.UNCLASSIFIED:
            return Letter(subject, page)
        return Letter(
            subject, f"{what_failed(check)}.\nIt proposes the step “lapse”: take it, or answer why not.\n{page}"
        )


def called(handover: Handover) -> str:
    return str(handover) if handover.marking == Marking.UNCLASSIFIED else handover.code
