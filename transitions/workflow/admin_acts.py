"""What a person can do to a thing from its admin page: each parses a form and makes one call inward."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from transitions.access.permissions import Role

from .engine import Fact, Override, sign, take
from .evidence import add_evidence


def version(given: Mapping[str, str]) -> int:
    """A button without the version of its page could be pressed on a stale one."""
    try:
        return int(given.get("version", ""))
    except ValueError:
        raise ValidationError({"version": "The page did not say which version it showed: open it again."})


def step(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    take(
        thing, given.get("step", ""), by=by, now=now, reason=given.get("reason", ""),
        on_request_of=given.get("on_request_of", ""), version=version(given),
    )  # fmt: skip
    return f"{thing} is {thing.state.replace('_', ' ')}."


def override(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    reason = given.get("reason", "")
    take(thing, given.get("step", ""), by=by, now=now, reason=reason, version=version(given), despite=Override(reason))
    return f"{thing} is {thing.state.replace('_', ' ')}. Headquarters has been told of the override."


def fact(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    recorded = Fact(
        source=given.get("source", "").strip(),
        holds_from=day(given, "holds_from"),
        known_from=day(given, "known_from") if given.get("known_from") else None,
        approximate=bool(given.get("approximate")),
    )
    reason = given.get("reason", "")
    take(thing, given.get("step", ""), by=by, now=now, reason=reason, version=version(given), despite=recorded)
    return f"Recorded: {thing} is {thing.state.replace('_', ' ')}."


def day(given: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(given.get(name, ""))
    except ValueError:
        raise ValidationError({name: f"{name.replace('_', ' ')}: give a day such as 2020-10-01."})


def signature(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    if given.get("role") not in Role.values:
        raise ValidationError({"role": "Say as which role you sign."})
    signed = sign(thing, given.get("step", ""), Role(given["role"]), by=by, now=now, version=version(given))
    return f"Signed: {signed}."


def evidence(thing: Any, given: Any, files: Any, *, by: Any, now: datetime) -> str:
    names = ("title", "text", "reference", "registry", "holder", "marking")
    fields = {name: given.get(name, "") for name in names}
    added = add_evidence(thing, **fields, file=files.get("file"), by=by, now=now)
    return f"Evidence added: {added}."


ACTS: dict[str, Callable[..., str]] = {
    "step": step, "override": override, "fact": fact, "signature": signature, "evidence": evidence,
}  # fmt: skip
