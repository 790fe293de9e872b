"""Evidence that something was done. Guards read it, so it is recorded behind the lock like every step."""

import hashlib
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction

from transitions.access.models import may
from transitions.access.permissions import Marking, Permission

from .checks import may_record
from .lifecycles import Lifecycle
from .locks import hold
from .models import Evidence, Stateful


def add_evidence(
    thing: Stateful, *, title: str, by: Any, now: datetime, text: str = "", file: "File[bytes] | None" = None,
    reference: str = "", registry: str = "", holder: str = "", marking: str = "", illustrative: bool = False,
) -> Evidence:  # fmt: skip
    """Record what shows that a thing was done: a file (kept with its SHA-256), a text, or a reference to a document.

    Args:
        marking: at least that of the thing; the thing's own where none is given.
    Raises:
        PermissionDenied: `by` may neither plan nor record facts here, and the thing is not theirs.
        ValidationError: names the field that is missing or wrong.
        StepRefused: the thing was deleted or moved to another transition meanwhile.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    held = lifecycle.transition_of(thing)
    with transaction.atomic():
        hold(lifecycle, held, thing)
        if not may_add_evidence(thing, by=by, now=now):
            raise PermissionDenied("evidence is added by a planner, the pillar lead, the owner or who records facts")
        evidence = Evidence(
            transition_id=held.pk, thing_type=thing._meta.label_lower, thing_id=thing.pk, title=title.strip(), by=by,
            recorded_at=now, text=text.strip(), reference=reference.strip(), registry=registry.strip(),
            holder=holder.strip(), marking=marking or marking_of(thing), illustrative=illustrative,
        )  # fmt: skip
        if file:
            evidence.file, evidence.sha256 = file, sha256_of(file)
        check(evidence, thing)
        evidence.save(force_insert=True)
    return evidence


def may_add_evidence(thing: Stateful, *, by: Any, now: datetime) -> bool:
    lifecycle = Lifecycle.of_model[type(thing)]
    held, pillar = lifecycle.transition_of(thing), getattr(thing, "pillar_id", None)
    if may(by, Permission.PLAN, held, now=now, pillar_id=pillar) or may_record(by, held, now=now):
        return True
    return lifecycle.is_owner(by, thing, now=now)


def check(evidence: Evidence, thing: Stateful) -> None:
    evidence.clean_fields(exclude=["transition", "by"])
    if not (evidence.file or evidence.text or evidence.reference):
        raise ValidationError({"text": "Evidence is a file, a text or a reference: give one of them."})
    if Marking(marking_of(thing)) not in Marking.up_to(Marking(evidence.marking)):
        lowest = Marking(marking_of(thing)).label
        raise ValidationError({"marking": f"{thing} is {lowest}: its evidence is marked so too, or higher."})


def marking_of(thing: Stateful) -> str:
    return str(getattr(thing, "marking", Marking.UNCLASSIFIED))


def sha256_of(file: "File[bytes]") -> str:
    total = hashlib.sha256()
    for chunk in file.chunks():
        total.update(chunk)
    file.seek(0)
    return total.hexdigest()
