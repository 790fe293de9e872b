"""A version of what is agreed: the words, with the scope that the handover has as they are written."""

from datetime import datetime
from typing import Any

from .models import AgreedText, Handover


def write_version(handover: Handover, text: str, *, by: Any, now: datetime) -> AgreedText:
    latest = handover.texts.last()
    written: AgreedText = AgreedText.objects.create(
        handover=handover, number=latest.number + 1 if latest else 1, handover_version=handover.version, text=text,
        track=handover.track, area_id=handover.area_id, part=handover.part, agreed_use=handover.agreed_use,
        written_at=now, written_by=by,
    )  # fmt: skip
    return written


def what_is_void(handover: Handover) -> str:
    """What a change of what is agreed takes back, in words for both sides; empty where nothing was offered."""
    if handover.state not in ("offered", "accepted"):
        return ""
    latest = handover.texts.last()
    version = f"version {latest.number} of the text" if latest else "the text"
    given = handover.acceptances.select_related("recorded_by").last() if handover.state == "accepted" else None
    if given is None:
        return f"what was {handover.state} is void: {version}"
    paper = f" on paper, signed by {given.signatory}" if given.on_paper else f" by {given.recorded_by}"
    return f"what was accepted is void: {version}, accepted{paper} on {given.signed_on}"
