"""What people do to a handover from its page, beside its steps: write the text, accept, name another recipient."""

from collections.abc import Callable
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.core.exceptions import ValidationError

from transitions.calendar.admin_foresight import redate_as_decided
from transitions.calendar.dated import NewDay
from transitions.missions.models import Area, Office
from transitions.workflow import admin_acts
from transitions.workflow.engine import Fact

from .agreement import accept, accept_on_paper, change_agreed
from .conditions import Asked, mark_met
from .follow_ups import answer
from .models import RecipientKind
from .plans import KEEP, plan
from .recipients import change_recipient

ACCEPTING = ("accept", "accept_with_conditions")


def step(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    """Accepting is answering the text that was offered: recorded and taken in one, with what is asked for."""
    if given.get("step") not in ACCEPTING:
        return admin_acts.step(thing, given, files, by=by, now=now)
    with_conditions = given["step"] == "accept_with_conditions"
    accept(
        thing, by=by, now=now, version=admin_acts.version(given), with_conditions=with_conditions,
        conditions=asked(thing, given) if with_conditions else [],
    )  # fmt: skip
    return f"{thing} is accepted{', with conditions' * with_conditions}."


def asked(thing: Any, given: Any) -> list[Asked]:
    """Rows of the form: what is asked for, until when, by which office. Empty rows are none."""
    columns = (given.getlist(name) for name in ("condition", "condition_due_on", "condition_office"))
    rows = [row for row in zip_longest(*columns, fillvalue="") if row[0].strip() or row[1]]
    return [
        Asked(sentence, admin_acts.day({"due_on": due_on}, "due_on"), office_of(thing, office))
        for sentence, due_on, office in rows
    ]


def paper(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    accept_on_paper(
        thing, signatory=given.get("signatory", ""), signed_on=admin_acts.day(given, "signed_on"),
        reference=given.get("reference", ""), file=files.get("file"), by=by, now=now,
        version=admin_acts.version(given), conditions=asked(thing, given),
        with_conditions=bool(given.get("with_conditions")),
    )  # fmt: skip
    return f"{thing} is accepted, on paper."


def text(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    """What is agreed: words and scope. What is not in the form is kept."""
    scope: dict[str, Any] = {name: given[name].strip() for name in ("part", "agreed_use") if name in given}
    if "track" in given:
        scope["track"] = given["track"]
    if "area" in given:
        scope["area"] = area_of(thing, given["area"])
    written = change_agreed(
        thing, text=given.get("text", KEEP), **scope, by=by, now=now, reason=given.get("reason", ""),
        version=admin_acts.version(given) if "version" in given else None,
    )  # fmt: skip
    return f"{written} of what is agreed is written."


def area_of(thing: Any, code: str) -> Area | None:
    area: Area | None = Area.objects.filter(transition=thing.transition_id, code=code).first() if code else None
    if code and area is None:
        raise ValidationError({"area": f"There is no area “{code}” here."})
    return area


def condition(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    """A condition is met, or it is not after all."""
    pk = given.get("condition", "")
    found = thing.conditions.filter(pk=pk).first() if pk.isdigit() else None
    if found is None:
        raise ValidationError({"condition": "Say which condition it is."})
    met, source = given.get("met", "yes") == "yes", given.get("source", "")
    mark_met(found, met=met, source=source, by=by, now=now, fact=seen_on(given))
    return f"“{found}” is {'met' if met else 'not met'}."


def seen_on(given: Any) -> Fact | None:
    """Another day than today."""
    if not given.get("seen_on"):
        return None
    return Fact(source=given.get("source", ""), holds_from=admin_acts.day(given, "seen_on"))


def recipient(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    if given.get("kind") not in RecipientKind.values:
        raise ValidationError({"kind": "Say what kind of recipient it is."})
    change_recipient(
        thing, kind=given["kind"], office=office_of(thing, given.get("office", "")), name=given.get("name", ""),
        agreed_use=given.get("agreed_use", ""), by=by, now=now, reason=given.get("reason", ""),
        version=admin_acts.version(given) if "version" in given else None,
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
    looked_at = thing.follow_ups.filter(pk=given["follow_up"]).first() if given.get("follow_up", "").isdigit() else None
    if looked_at is None:
        raise ValidationError({"follow_up": "Say which follow-up it is."})
    names = ("performed", "resources", "use_respected", "source", "note")
    answer(looked_at, **{name: given.get(name, "") for name in names}, by=by, now=now, fact=seen_on(given))
    return f"{looked_at} is answered."


ACTS: dict[str, Callable[..., str]] = {
    **admin_acts.ACTS, "step": step, "paper": paper, "text": text, "recipient": recipient, "plan": planning,
    "follow_up": follow_up, "condition": condition,
}  # fmt: skip
