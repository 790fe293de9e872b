"""Structured logs: one JSON line a request or task, and everything logged meanwhile carries its id.

No query strings and no headers: they may hold what nobody should read in a log. Nor the secret of a feed's address.
"""

import json
import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
SECRET = re.compile(r"(?<=/feeds/)\S+")
SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
carried: ContextVar[dict[str, str] | None] = ContextVar("carried", default=None)


class Context(logging.Filter):
    """Gives each record the ids of the request or task that it was made in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.carried = carried.get() or {}
        return True


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            **getattr(record, "carried", {}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def request_id(request: HttpRequest) -> str:
    """The caller's, so that both sides can be read together, unless it could do harm in a log."""
    given = request.headers.get("X-Request-ID", "")
    return given if SANE.fullmatch(given) else uuid4().hex


class RequestLog:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own_id, began = request_id(request), time.perf_counter()
        token = carried.set({"request_id": own_id})
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = own_id
            logger.info("request", extra={"facts": request_facts(request, response, began)})
            return response
        finally:
            carried.reset(token)


def request_facts(request: HttpRequest, response: HttpResponse, began: float) -> dict[str, Any]:
    return {
        "method": request.method,
        "path": without_secrets(request.path),
        "status": response.status_code,
        "ms": milliseconds(began),
    }


def without_secrets(text: str) -> str:
    return SECRET.sub("…", text)


def milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def task_begins(task_id: str, task: Any, **_: Any) -> None:
    carried.set({"task_id": task_id, "task": task.name})
    task.request.began = time.perf_counter()


def task_ends(task: Any, state: str | None = None, **_: Any) -> None:
    facts = {"state": (state or "unknown").lower(), "ms": milliseconds(task.request.began)}
    logger.info("task", extra={"facts": facts})
    carried.set(None)
