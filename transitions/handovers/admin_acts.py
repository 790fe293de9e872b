"""What people do to a handover from its page, beside its steps: write the text, accept, name another recipient."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from transitions.calendar.admin_foresight import redate_as_decided
from transitions.calendar.dated import NewDay
from transitions.missions.models import Office
from transitions.workflow import admin_acts
from transitions.workflow.engine import Fact

from .agreement import accept, accept_on_paper, write_text
from .follow_ups import answer
from .models import RecipientKind
from .plans import KEEP, plan
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
    change_recipient(
        thing, kind=given["kind"], office=office_of(thing, given.get("office", "")), name=given.get("name", ""),
        agreed_use=given.get("agreed_use", ""), by=by, now=now, reason=given.get("reason", ""),
    )  # fmt: skip
    return f"The recipient of {thing} is another one."


def office_of(thing: Any, code: str) -> Office | None:
    office: Office | None = Office.objects.filter(transition=thing.transition_id, code=code).first() if code else None
    if code and office is None:
        raise ValidationError({"office": f"There is no office “{code}” here."})
    return office


def planning(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    """The form shows both values: an empty one says that there is none, one that is not in the form is kept."""
    wanted = admin_acts.day(given, "planned_on") if given.get("planned_on") else None
    reason, version = given.get("reason", ""), admin_acts.version(given)
    office = office_of(thing, given["residual_office"]) if "residual_office" in given else KEEP

    def it() -> None:
        plan(
            thing, planned_on=wanted if "planned_on" in given else KEEP, residual_office=office, by=by, now=now,
            reason=reason, version=version,
        )  # fmt: skip

    if "planned_on" not in given or wanted == thing.planned_on:
        it()
        return f"{thing} is planned anew."
    move = NewDay(thing, wanted, reason, version=version)
    said = redate_as_decided(move, given, by=by, now=now, themselves=it)
    return " ".join([f"{thing} is planned anew.", *(f"{sentence}." for sentence in said)])


def follow_up(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    asked = thing.follow_ups.filter(pk=given["follow_up"]).first() if given.get("follow_up", "").isdigit() else None
    if asked is None:
        raise ValidationError({"follow_up": "Say which follow-up it is."})
    names = ("performed", "resources", "use_respected", "source", "note")
    seen_on = admin_acts.day(given, "seen_on") if given.get("seen_on") else None
    seen = Fact(source=given.get("source", ""), holds_from=seen_on) if seen_on else None
    answer(asked, **{name: given.get(name, "") for name in names}, by=by, now=now, fact=seen)
    return f"{asked} is answered."


ACTS: dict[str, Callable[..., str]] = {
    **admin_acts.ACTS, "step": step, "paper": paper, "text": text, "recipient": recipient, "plan": planning,
    "follow_up": follow_up,
}  # fmt: skip
