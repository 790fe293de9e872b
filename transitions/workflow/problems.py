"""One refusal form everywhere: problem details (RFC 9457) for the API, the same blockers for pages and the admin."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from transitions.access.permissions import Role

from .engine import Blocked, StepRefused
from .lifecycles import Blocker
from .links import links_to

TYPE = "https://transitions.invalid/problems"  # names a kind of refusal; there is nothing to fetch (RFC 9457, 3.1.1)


def named(who: Any) -> str | None:
    """Who can clear it, for people: a person, a role, or several."""
    if who is None or who == "":
        return None
    if isinstance(who, Role):
        return str(who.label)
    if isinstance(who, (list, tuple, set)):
        return ", ".join(name for one in who if (name := named(one)))
    return str(who)


def as_dicts(blockers: Sequence[Blocker]) -> list[dict[str, str | None]]:
    """Each as `{"code", "sentence", "open", "who"}`: what blocks, where to clear it, and who can."""
    links = links_to([blocker.open for blocker in blockers])
    return [
        {"code": one.code, "sentence": one.sentence, "open": link, "who": named(one.who)}
        for one, link in zip(blockers, links, strict=True)
    ]


class Problem(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    vars()["errors"] = serializers.DictField(required=False, help_text="of a 400: what is wrong, by field")
    blockers = serializers.ListField(required=False, help_text="of a 409 …/blocked: all of them")


PROBLEMS: dict[Any, Any] = {
    (status, "application/problem+json"): Problem for status in (400, 401, 403, 404, 405, 406, 409, 415)
}


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


def problem(status: int, kind: str, title: str, **more: Any) -> Response:
    body = {"type": f"{TYPE}/{kind}", "title": title, "status": status, **more}
    return Response(body, status=status, content_type=ProblemRenderer.media_type)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal of the API, and only refusals: anything else stays an error that is logged."""
    if isinstance(error, Blocked):
        return problem(409, "blocked", str(error), blockers=as_dicts(error.blockers))
    if isinstance(error, StepRefused):
        return refused(error)
    if isinstance(error, ValidationError):
        errors = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
        return problem(400, "invalid", "; ".join(error.messages), errors=errors)
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid", "Some fields are missing or wrong", errors=error.detail)
    return told_by_the_framework(error, context)


def refused(error: StepRefused) -> Response:
    """A step that is missing, or misses its reason, is a wrong request; all else is a conflict with what is there."""
    field = {"reason-missing": "reason", "unknown-step": "step"}.get(error.code)
    if field:
        return problem(400, "invalid", error.sentence, errors={field: [error.sentence]})
    return problem(409, error.code, error.sentence)


KINDS = {401: "unauthenticated", 403: "forbidden", 404: "not-found"}


def told_by_the_framework(error: Exception, context: dict[str, Any]) -> Response | None:
    answer = exception_handler(error, context)
    if answer is None:
        return None
    detail = getattr(error, "detail", None) or str(error)
    if answer.status_code == 404:
        detail = "There is nothing here that you may see"
    kind = KINDS.get(answer.status_code, str(getattr(error, "default_code", "refused")).replace("_", "-"))
    plain = problem(answer.status_code, kind, str(detail))
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in answer.headers:
            plain.headers[name] = answer.headers[name]
    return plain
