"""One refusal form everywhere: problem details (RFC 9457) for the API, and the same blockers for pages and the admin."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from transitions.access.permissions import Role

from .engine import Blocked, StepRefused
from .lifecycles import Blocker

TYPE = "https://transitions.invalid/problems"  # names a kind of refusal; there is nothing to fetch (RFC 9457, 3.1.1)


def link_to(thing: Any) -> str | None:
    """Where a person opens a thing: its page in the admin."""
    if thing is None:
        return None
    try:
        return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])
    except NoReverseMatch:
        return None


def named(who: Any) -> str | None:
    """Who can clear it, for people: a person, a role, or several."""
    if who is None or who == "":
        return None
    if isinstance(who, Role):
        return str(who.label)
    if isinstance(who, (list, tuple, set)):
        return ", ".join(name for one in who if (name := named(one)))
    return str(who)


def as_dict(blocker: Blocker) -> dict[str, str | None]:
    """`{"code", "sentence", "open", "who"}`: what blocks, where to clear it, and who can."""
    return {
        "code": blocker.code,
        "sentence": blocker.sentence,
        "open": link_to(blocker.open),
        "who": named(blocker.who),
    }


def as_dicts(blockers: Iterable[Blocker]) -> list[dict[str, str | None]]:
    return [as_dict(blocker) for blocker in blockers]


def problem(status: int, kind: str, title: str, **more: Any) -> Response:
    body = {"type": f"{TYPE}/{kind}", "title": title, "status": status, **more}
    return Response(body, status=status, content_type="application/problem+json")


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal of the API, and only refusals: anything else stays an error that is logged."""
    match error:
        case Blocked():
            return problem(409, "blocked", str(error), blockers=as_dicts(error.blockers))
        case StepRefused(code="reason-missing"):
            return problem(400, "invalid", error.sentence, errors={"reason": [error.sentence]})
        case StepRefused(code="unknown-step"):
            return problem(400, "invalid", error.sentence, errors={"step": [error.sentence]})
        case StepRefused():
            return problem(409, error.code, error.sentence)
        case ValidationError():
            errors = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
            return problem(400, "invalid", "; ".join(error.messages), errors=errors)
        case exceptions.ValidationError():
            return problem(400, "invalid", "Some fields are missing or wrong", errors=error.detail)
        case PermissionDenied():
            return problem(403, "forbidden", str(error) or "This is not for you to do")
        case Http404():
            return problem(404, "not-found", "There is nothing here that you may see")
    answer = exception_handler(error, context)
    if answer is not None and isinstance(error, exceptions.APIException):
        kind = {401: "unauthenticated", 403: "forbidden", 404: "not-found"}.get(answer.status_code, error.default_code)
        plain = problem(answer.status_code, kind, str(getattr(error, "detail", error)))
        for name, value in answer.headers.items():
            if name.lower() != "content-type":
                plain.headers[name] = value
        return plain
    return answer
