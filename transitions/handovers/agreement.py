"""What is agreed, and the answer of the recipient's side."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.engine import Fact, StepRefused, locked, take
from transitions.workflow.evidence import add_evidence
from transitions.workflow.models import Evidence, StateChange

from .acceptances import for_the_recipient, record_acceptance
from .conditions import Asked, ask, on_condition
from .lifecycle import HandoverLifecycle, offered_by
from .models import Acceptance, AgreedText, Handover
from .plans import KEEP, read_again
from .recipients import AFTERWARDS, recipient_row
from .texts import what_is_void, write_version

SCOPE = ("track", "area", "part", "agreed_use")


def write_text(
    handover: Handover, text: str, *, by: Any, now: datetime, reason: str = "", version: int | None = None
) -> AgreedText:
    """A new version of the words. Raises as `change_agreed` does."""
    return change_agreed(handover, text=text, by=by, now=now, reason=reason, version=version)


def change_agreed(
    handover: Handover, *, by: Any, now: datetime, reason: str = "", version: int | None = None, text: Any = KEEP,
    track: Any = KEEP, area: Any = KEEP, part: Any = KEEP, agreed_use: Any = KEEP,
) -> AgreedText:  # fmt: skip
    """A new version of what is agreed: words, track, area, part, agreed use. What is not given stays.

    If it was offered or accepted already, that is void: it goes back to preparing and both sides are told what is void.

    Raises:
        PermissionDenied: only the handing-over side writes it.
        StepRefused: a stale page, or it was handed over as agreed already.
        ValidationError: no words, nothing that changes, or a field that is wrong.
    """
    with locked(handover.transition):
        read_again([handover])
        check_change(handover, by=by, now=now, version=version)
        latest = handover.texts.last()
        words = (latest.text if latest else "") if text is KEEP else text
        given = {"track": track, "area": area, "part": part, "agreed_use": agreed_use}
        wanted = {name: value for name, value in given.items() if value is not KEEP}
        moved = [name for name, value in wanted.items() if getattr(handover, name) != value]
        if not words.strip() or (latest and latest.text == words and not moved):
            raise ValidationError({"text": "Write what is agreed: it is empty, or the same as before."})
        void, said = what_is_void(handover), reason.strip() or in_words(moved, latest, words)
        set_scope(handover, {name: wanted[name] for name in moved}, by=by, now=now, reason=said)
        written = write_version(handover, words, by=by, now=now)
        if void:
            take(handover, "reword", by=by, now=now, reason=f"{said}; {void}")
    return written


def check_change(handover: Handover, *, by: Any, now: datetime, version: int | None) -> None:
    allowed = may(by, Permission.PLAN, handover.transition, now=now, pillar_id=handover.pillar_id)
    if not (allowed or HandoverLifecycle.is_owner(by, handover, now=now)):
        raise PermissionDenied("what is agreed is written by a planner or the office that hands over")
    if version is not None and version != handover.version:
        refuse_stale(handover)
    if handover.state in AFTERWARDS:
        sentence = f"{handover} is {handover.state}: what was agreed for it stays as it is"
        raise StepRefused("wrong-state", sentence)


def set_scope(handover: Handover, moved: dict[str, Any], *, by: Any, now: datetime, reason: str) -> None:
    if not moved:
        return
    for name, value in moved.items():
        setattr(handover, name, value)
    handover.full_clean(exclude=["state", "version"])
    handover.save(update_fields=list(moved))
    if "agreed_use" in moved:  # a dated value, like the recipient whose use it is
        recipient_row(handover, by=by, now=now, fact=None, reason=reason).save(force_insert=True)


def in_words(moved: Sequence[str], latest: AgreedText | None, words: str) -> str:
    changed = ["text"] if latest is None or latest.text != words else []
    return f"changed: {', '.join([*changed, *(name.replace('_', ' ') for name in moved)])}"


def accept(
    handover: Handover, *, by: Any, now: datetime, version: int | None = None, with_conditions: bool = False,
    conditions: Sequence[Asked] = (),
) -> StateChange:  # fmt: skip
    """The recipient's own office accepts what was offered, with the conditions that it asks for, in one.

    Raises:
        PermissionDenied: somebody of another office.
        ValidationError: a condition without its sentence, or one for an office of another transition.
        StepRefused, Blocked: as `take` does; nothing is recorded.
    """
    with locked(handover.transition):
        read_again([handover])
        check_offer(handover, version)
        if not for_the_recipient(by, handover, now=now):
            raise PermissionDenied("only the recipient's own office accepts")
        given = record_acceptance(handover, signed_on=day(now, handover.transition.time_zone), by=by, now=now)
        return take_answer(given, conditions, with_conditions, by=by, now=now, version=version)


def accept_on_paper(
    handover: Handover, *, signatory: str, signed_on: date, by: Any, now: datetime, reference: str = "",
    file: Any = None, version: int | None = None, with_conditions: bool = False, conditions: Sequence[Asked] = (),
    fact: Fact | None = None,
) -> StateChange:  # fmt: skip
    """An acceptance taken from a signed paper, recorded by somebody else than who offered.

    Args:
        reference: of the paper, or `file`: its scan, kept among the evidence with its SHA-256.
        fact: where the acceptance is itself a fact that is recorded late.
    Raises:
        PermissionDenied: the person who offered it, or one who may not record facts.
        ValidationError: no signatory, neither reference nor file, or signed in the future.
    """
    with locked(handover.transition):
        read_again([handover])
        check_offer(handover, version)
        if by.pk == offered_by(handover) or not may(by, Permission.RECORD_FACT, handover.transition, now=now):
            raise PermissionDenied("a paper is entered by someone who may record facts and has not made the offer")
        if signed_on > day(now, handover.transition.time_zone):
            raise ValidationError({"signed_on": "It cannot have been signed in the future."})
        given = record_acceptance(
            handover, signed_on=signed_on, by=by, now=now, on_paper=True, signatory=signatory.strip(),
            reference=reference.strip(), evidence=scan(handover, signatory, file, by=by, now=now),
        )  # fmt: skip
        return take_answer(given, conditions, with_conditions, by=by, now=now, version=version, despite=fact)


def take_answer(
    given: Acceptance, conditions: Sequence[Asked], with_conditions: bool, *, by: Any, now: datetime,
    version: int | None, despite: Fact | None = None,
) -> StateChange:  # fmt: skip
    """Args: with_conditions: on those that were written down before, beside what is asked for here."""
    asked = ask(given, conditions)
    name = "accept_with_conditions" if with_conditions or conditions else "accept"
    return take(given.handover, name, by=by, now=now, version=version, reason=on_condition(asked), despite=despite)


def scan(handover: Handover, signatory: str, file: Any, *, by: Any, now: datetime) -> Evidence | None:
    if not file:
        return None
    return add_evidence(handover, title=f"Acceptance signed by {signatory}"[:200], file=file, by=by, now=now)


def check_offer(handover: Handover, version: int | None) -> None:
    if version is not None and version != handover.version:
        refuse_stale(handover)
    if handover.state != "offered":
        raise StepRefused("wrong-state", f"{handover} is {handover.state}; only what is offered can be accepted")


def refuse_stale(handover: Handover) -> None:
    raise StepRefused("stale", f"{handover} has changed since this page was opened: open it again and look")
