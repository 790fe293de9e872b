"""What the page of a thing shows beside its fields: steps with their blockers, signatures, evidence, history."""

from datetime import datetime
from typing import Any

from pghistory.models import Events

from transitions.access.models import User, may, roles_of
from transitions.access.permissions import Marking, Permission, Role

from .engine import available
from .evidence import may_add_evidence
from .lifecycles import Lifecycle, Step
from .models import Evidence, OpenItem, Signature, StateChange
from .problems import as_dicts
from .veil import about_of, told, unseen


def panels_of(thing: Any, *, by: Any, now: datetime) -> dict[str, Any]:
    """Everything for the template, in a fixed number of queries."""
    lifecycle = Lifecycle.of_model[type(thing)]
    transition = lifecycle.transition_of(thing)
    roles = roles_of(by, transition, now=now)
    given = list(Signature.objects.about(thing).filter(thing_version=thing.version).select_related("by"))
    steps = [
        step_panel(step, blockers, thing, roles=roles, given=given)
        for step, blockers in available(thing, by=by, now=now)
    ]
    return {
        "steps": steps,
        "facts": steps,
        "may_record": may(by, Permission.RECORD_FACT, transition, now=now) and steps,
        "may_add_evidence": may_add_evidence(thing, by=by, now=now),
        "markings": Marking.choices,
        "evidence": list(Evidence.objects.visible_to(by, now=now).about(thing).select_related("by").order_by("pk")),
        "open_items": list(OpenItem.objects.visible_to(by, now=now).filter(change__in=changes_of(thing))),
        "history": history(thing, by=by, now=now),
    }


def step_panel(step: Step, blockers: Any, thing: Any, *, roles: Any, given: list[Signature]) -> dict[str, Any]:
    signed = {signature.role: signature for signature in given if signature.step == step.name}
    blocked = as_dicts(blockers)
    permitted = all(blocker["code"] != "not_permitted" for blocker in blocked)
    return {
        "name": step.name,
        "words": step.name.replace("_", " "),
        "target": step.target.replace("_", " "),
        "blockers": blocked,
        "needs_reason": step.needs_reason,
        "may_override": bool(blocked) and bool(step.overridable) and step.override_by in roles and permitted,
        "signatures": [
            {"role": role, "label": role.label, "by": signed.get(role), "mine": role in roles and role not in signed}
            for role in step.signers(thing)
        ],
    }


def changes_of(thing: Any) -> Any:
    return StateChange.objects.about(thing).values("pk")


def history(thing: Any, *, by: Any, now: datetime) -> list[dict[str, Any]]:
    """Steps (and, from a room, other facts) and changed fields, newest first."""
    rows = list(StateChange.objects.about(thing).select_related("by").order_by("-version"))
    hidden = unseen((about_of(one) for row in rows for one in row.passed_over), user=by, now=now)
    steps = [
        {
            "at": row.recorded_at, "holds_from": row.holds_from, "who": row.by, "role": called(row.role),
            "what": f"{row.step.replace('_', ' ') or 'began'}: {row.was.replace('_', ' ') or '–'} → "
            f"{row.state.replace('_', ' ')}",
            "why": row.reason, "source": row.source, "asked_by": row.on_request_of,
            "passed_over": told(row.passed_over, hidden), "approximate": row.approximate,
        }
        for row in rows
    ]  # fmt: skip
    return sorted([*steps, *field_changes(thing)], key=lambda row: row["at"], reverse=True)


def called(role: str) -> str:
    """As people call it: the country team's focal point, and not a code."""
    return str(Role(role).label) if role in Role.values else role.replace("_", " ")


def field_changes(thing: Any) -> list[dict[str, Any]]:
    """The audit by triggers: on the machine's clock, with the actor where there was a request."""
    every: Any = Events.objects
    events = list(every.tracks(thing).filter(pgh_label="update").order_by("-pgh_created_at")[:50])
    people = User.objects.in_bulk([who for event in events if (who := (event.pgh_context or {}).get("user"))])
    return [
        {
            "at": event.pgh_created_at, "who": people.get((event.pgh_context or {}).get("user"), "the program"),
            "what": "; ".join(f"{name}: {was} → {now}" for name, (was, now) in (event.pgh_diff or {}).items()),
            "machine_clock": True,
        }
        for event in events
    ]  # fmt: skip
