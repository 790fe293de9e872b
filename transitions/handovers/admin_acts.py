"""What people do to a handover from its page, beside its steps: write the text, accept, name another recipient."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from transitions.missions.models import Office
from transitions.workflow import admin_acts

from .agreement import accept, accept_on_paper, write_text
from .models import RecipientKind
from .recipients import change_recipient

ACCEPTING = ("accept", "accept_with_conditions")


def step(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    """Accepting is answering the text that was offered: recorded and taken in one."""
    if given.get("step") not in ACCEPTING:
        return admin_acts.step(thing, given, files, by=by, now=now)
    with_conditions = given["step"] == "accept_with_conditions"
    accept(thing, by=by, now=now, version=admin_acts.version(given), with_conditions=with_conditions)
    return f"{thing} is accepted."


def paper(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    accept_on_paper(
        thing, signatory=given.get("signatory", ""), signed_on=admin_acts.day(given, "signed_on"),
        reference=given.get("reference", ""), by=by, now=now, version=admin_acts.version(given),
        with_conditions=bool(given.get("with_conditions")),
    )  # fmt: skip
    return f"{thing} is accepted, on paper."


def text(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    written = write_text(thing, given.get("text", ""), by=by, now=now, reason=given.get("reason", ""))
    return f"{written} of the text is written."


def recipient(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    if given.get("kind") not in RecipientKind.values:
        raise ValidationError({"kind": "Say what kind of recipient it is."})
    chosen = given.get("office", "")
    office = Office.objects.filter(transition=thing.transition_id, code=chosen).first() if chosen else None
    if chosen and office is None:
        raise ValidationError({"office": f"There is no office “{chosen}” here."})
    change_recipient(
        thing, kind=given["kind"], office=office, name=given.get("name", ""), agreed_use=given.get("agreed_use", ""),
        by=by, now=now, reason=given.get("reason", ""),
    )  # fmt: skip
    return f"The recipient of {thing} is another one."


ACTS: dict[str, Callable[..., str]] = {
    **admin_acts.ACTS, "step": step, "paper": paper, "text": text, "recipient": recipient,
}  # fmt: skip
