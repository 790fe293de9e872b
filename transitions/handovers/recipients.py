"""Who takes it over: named, changed with headquarters told, and how ready they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import may
from transitions.access.permissions import Marking, Permission
from transitions.clock.present import day
from transitions.workflow.checks import check_fact
from transitions.workflow.engine import Fact, StepRefused, begin, locked, take

from .models import (
    Dimension,
    Handover,
    HandoverPlan,
    Level,
    PackageItem,
    PackageTemplateItem,
    Readiness,
    RecipientChange,
    RecipientKind,
)
from .plans import plan_row, read_again
from .texts import what_is_void, write_version

STILL_TO_OFFER = ("proposed", "preparing")
AFTERWARDS = ("transferred", "completed", "lapsed", "ended")  # a change is a fact then, and the state stays


def propose(
    handovers: Iterable[Handover], *, by: Any, now: datetime, source: Fact | None = None, state: str | None = None
) -> list[Handover]:
    """Begin handovers, with the first rows of their recipient and plan and the package that its kind asks for."""
    handovers = list(handovers)
    for handover in handovers:
        handover.title = handover.task.title if handover.task else getattr(handover.site, "name", "")
        of = [one.marking for one in (handover.task, handover.site) if one]
        handover.marking = Marking.strictest([handover.marking, *of])
    with locked(*{handover.transition for handover in handovers}):
        begin(handovers, by=by, now=now, source=source, state=state)
        rows = [recipient_row(handover, by=by, now=now, fact=source, reason="") for handover in handovers]
        RecipientChange.objects.bulk_create(rows, batch_size=5000)
        plans = (plan_row(handover, by=by, now=now, fact=source) for handover in handovers)
        HandoverPlan.objects.bulk_create(plans, batch_size=5000)
        pack([handover for handover in handovers if handover.state in STILL_TO_OFFER])
    return handovers


def pack(handovers: Iterable[Handover]) -> None:
    """What the template of its recipient's kind asks for and is not in the package yet. Nothing is taken out."""
    wanted = defaultdict(list)
    for item in PackageTemplateItem.objects.all():
        wanted[item.recipient_kind].append(item.title)
    items = [
        PackageItem(handover=handover, title=title)
        for handover in handovers
        for title in wanted[handover.recipient_kind]
    ]
    PackageItem.objects.bulk_create(items, batch_size=5000, ignore_conflicts=True)


def change_recipient(
    handover: Handover, *, kind: str, by: Any, now: datetime, reason: str, office: Any = None, name: str = "",
    agreed_use: str = "", fact: Fact | None = None, version: int | None = None,
) -> RecipientChange:  # fmt: skip
    """Somebody else is to take it over. Before the transfer it goes back to preparing; after it the state stays.

    What was offered or accepted is void then, and both sides and headquarters are told. A fact recorded late, which a
    later change has overtaken already, is written down and changes nothing else.

    Raises:
        PermissionDenied, StepRefused: as `take` does.
        ValidationError: no reason, or nothing that changes.
    """
    with locked(handover.transition):
        read_again([handover])
        check_change(handover, by=by, now=now, reason=reason, fact=fact, version=version)
        present = {name: getattr(handover, name) for name in (*RECIPIENT, WHY_NOBODY)}
        wanted = {"recipient_kind": kind, "recipient_office": office, "recipient": name, "agreed_use": agreed_use}
        if all(present[field] == value for field, value in wanted.items()):
            raise ValidationError({"recipient": "That is the recipient already."})
        void = what_is_void(handover)
        to_nobody = kind == RecipientKind.NOBODY
        give(handover, wanted | {WHY_NOBODY: present[WHY_NOBODY] or reason.strip() if to_nobody else ""})
        check_recipient(handover)
        row = recipient_row(handover, by=by, now=now, fact=fact, reason=reason)
        row.save(force_insert=True)
        if handover.recipient_changes.filter(holds_from__gt=row.holds_from).exists():
            give(handover, present)
            return row
        handover.save(update_fields=[*RECIPIENT, WHY_NOBODY])
        if handover.state not in AFTERWARDS:
            renew_text(handover, used_for=present["agreed_use"], by=by, now=now)
            said = "; ".join([reason, void] if void else [reason])
            take(handover, "change_recipient", by=by, now=now, reason=said, despite=fact, version=version)
            pack([handover])
    return row


RECIPIENT = ("recipient_kind", "recipient_office", "recipient", "agreed_use")
WHY_NOBODY = "no_recipient_reason"  # why it changes to nobody says it, and it goes once there is somebody again


def check_recipient(handover: Handover) -> None:
    """Only what changes, and the constraints that read it: the rest of the row stands as it did."""
    unchanged = {field.name for field in handover._meta.fields} - {*RECIPIENT}
    handover.clean_fields(exclude=unchanged)
    handover.validate_constraints(exclude=unchanged - {WHY_NOBODY})


def check_change(
    handover: Handover, *, by: Any, now: datetime, reason: str, fact: Fact | None, version: int | None
) -> None:
    if not may(by, Permission.PLAN, handover.transition, now=now, pillar_id=handover.pillar_id):
        raise PermissionDenied("the recipient is changed by a planner or the pillar lead")
    if version is not None and version != handover.version:
        raise StepRefused("stale", f"{handover} has changed since this page was opened: open it again and look")
    if not reason.strip():
        raise ValidationError({"reason": "Say why the recipient changes."})
    if fact:
        check_fact(fact, handover.transition, by=by, now=now)


def give(handover: Handover, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(handover, name, value)


def renew_text(handover: Handover, *, used_for: str, by: Any, now: datetime) -> None:
    """What it is to be used for is part of what is agreed: another use is another version of it."""
    latest = handover.texts.last()
    if latest and used_for != handover.agreed_use:
        write_version(handover, latest.text, by=by, now=now)


def recipient_row(handover: Handover, *, by: Any, now: datetime, fact: Fact | None, reason: str) -> RecipientChange:
    today = day(now, handover.transition.time_zone)
    return RecipientChange(
        handover=handover, handover_version=handover.version, recipient_kind=handover.recipient_kind,
        recipient_office_id=handover.recipient_office_id, recipient=handover.recipient,
        agreed_use=handover.agreed_use, reason=reason, by=by, recorded_at=now,
        holds_from=fact.holds_from if fact else today, known_from=(fact and fact.known_from) or today,
        source=fact.source if fact else "", approximate=bool(fact and fact.approximate),
    )  # fmt: skip


def assess(
    handover: Handover, dimension: str, level: str, *, evidence: str, by: Any, now: datetime,
    money_until: date | None = None, fact: Fact | None = None,
) -> Readiness:  # fmt: skip
    """How ready the recipient is in one dimension, on some evidence. A later row replaces it, none is edited."""
    today = day(now, handover.transition.time_zone)
    with locked(handover.transition):
        if not may(by, Permission.PLAN, handover.transition, now=now):
            raise PermissionDenied("readiness is assessed by a planner")
        row = Readiness(
            handover=handover, dimension=dimension, level=level, evidence=evidence, money_until=money_until, by=by,
            recorded_at=now, holds_from=fact.holds_from if fact else today,
            known_from=(fact and fact.known_from) or today, source=fact.source if fact else "",
        )  # fmt: skip
        row.full_clean()
        row.save(force_insert=True)
    return row


def weakest(levels: Mapping[str, str]) -> str | None:
    """Readiness is the weakest dimension; None, unknown, while one of the seven was never looked at.

    A dimension known to be not ready decides even then: nothing that is still unknown can make it better.
    """
    known = levels.values()
    if Level.NOT_READY in known:
        return Level.NOT_READY
    if len(known) < len(Dimension):
        return None
    return Level.PARTLY if Level.PARTLY in known else Level.READY
