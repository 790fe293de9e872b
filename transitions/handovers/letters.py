"""Messages about handovers that no step sends by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message

from .models import Incident


class IncidentRecorded(Kind):
    """To the heads: whether handovers are suspended, and how far, is theirs to decide."""

    name = "handovers.incident"

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.thing_id for message in messages]
        found = Incident.objects.select_related("task", "site", "handover", "transition").in_bulk(wanted)
        return {message.pk: self.letter(message, found[message.thing_id]) for message in messages}

    def letter(self, message: Message, incident: Incident) -> Letter:
        about = incident.handover or incident.site or incident.task
        if message.marking != "unclassified":
            return Letter(f"{incident.transition}: incident {incident.code}", f"Incident {incident.code} was recorded.")
        return Letter(
            f"{incident.transition}: {incident.get_kind_display()}, {about}",
            f"{incident.holds_from}: {incident.text}\nSource: {incident.source}\n"
            "Nothing was suspended: decide whether handovers are, and how far.",
        )
