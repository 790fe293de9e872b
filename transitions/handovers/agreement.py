"""The text of a handover and the answer of the recipient's side."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.engine import Fact, StepRefused, locked, take
from transitions.workflow.models import StateChange

from .lifecycle import HandoverLifecycle, for_the_recipient, offered_by
from .models import Acceptance, AgreedText, Handover


def write_text(handover: Handover, text: str, *, by: Any, now: datetime, reason: str = "") -> AgreedText:
    """A new version of what is agreed. If it was offered or accepted already, that is void and both sides are told.

    Raises:
        PermissionDenied: only the handing-over side writes the text.
        ValidationError: an empty text, or the one that is there already.
    """
    with locked(handover.transition):
        handover.refresh_from_db()
        may_write(handover, by=by, now=now)
        latest = handover.texts.last()
        if not text.strip() or (latest and latest.text == text):
            raise ValidationError({"text": "Write what is agreed: it is empty, or the same as before."})
        number = latest.number + 1 if latest else 1
        written = AgreedText.objects.create(handover=handover, number=number, text=text, written_at=now, written_by=by)
        if handover.state in ("offered", "accepted"):
            take(handover, "reword", by=by, now=now, reason=reason or "the text was changed: what was accepted is void")
    return written


def may_write(handover: Handover, *, by: Any, now: datetime) -> None:
    pillar = handover.task.pillar_id if handover.task else None
    allowed = may(by, Permission.PLAN, handover.transition, now=now, pillar_id=pillar)
    if not (allowed or HandoverLifecycle.is_owner(by, handover, now=now)):
        raise PermissionDenied("the text is written by a planner or the office that hands over")


def accept(
    handover: Handover, *, by: Any, now: datetime, version: int | None = None, with_conditions: bool = False
) -> StateChange:
    """The recipient's own office accepts the text as offered.

    Raises:
        PermissionDenied: somebody of another office.
        StepRefused, Blocked: as `take` does; nothing is recorded.
    """
    with locked(handover.transition):
        handover.refresh_from_db()
        if handover.state != "offered" or (version is not None and version != handover.version):
            refuse_stale(handover, version)
        if not for_the_recipient(by, handover, now=now):
            raise PermissionDenied("only the recipient's own office accepts")
        record(handover, signed_on=day(now, handover.transition.time_zone), by=by, now=now)
        name = "accept_with_conditions" if with_conditions else "accept"
        return take(handover, name, by=by, now=now, version=version)


def accept_on_paper(
    handover: Handover, *, signatory: str, signed_on: date, reference: str, by: Any, now: datetime,
    version: int | None = None, with_conditions: bool = False, fact: Fact | None = None,
) -> StateChange:  # fmt: skip
    """An acceptance taken from a signed paper, recorded by somebody else than who offered.

    Args:
        fact: the source, where the acceptance holds from another day than today.
    Raises:
        PermissionDenied: the person who offered it, or one who may not record facts.
        ValidationError: no signatory, no reference, or signed in the future.
    """
    with locked(handover.transition):
        handover.refresh_from_db()
        if handover.state != "offered" or (version is not None and version != handover.version):
            refuse_stale(handover, version)
        if by.pk == offered_by(handover) or not may(by, Permission.RECORD_FACT, handover.transition, now=now):
            raise PermissionDenied("a paper is entered by someone who may record facts and has not made the offer")
        if signed_on > day(now, handover.transition.time_zone):
            raise ValidationError({"signed_on": "It cannot have been signed in the future."})
        record(handover, signed_on=signed_on, by=by, now=now, on_paper=True, signatory=signatory, reference=reference)
        name = "accept_with_conditions" if with_conditions else "accept"
        return take(handover, name, by=by, now=now, version=version, despite=fact)


def record(handover: Handover, *, signed_on: date, by: Any, now: datetime, **paper: Any) -> Acceptance:
    given = Acceptance(
        handover=handover, handover_version=handover.version, text=handover.texts.last(), signed_on=signed_on,
        recorded_at=now, recorded_by=by, **paper,
    )  # fmt: skip
    given.full_clean()
    given.save(force_insert=True)
    return given


def refuse_stale(handover: Handover, version: int | None) -> None:
    if version is not None and version != handover.version:
        raise StepRefused("stale", f"{handover} has changed since this page was opened: open it again and look")
    raise StepRefused("wrong-state", f"{handover} is {handover.state}; only what is offered can be accepted")
