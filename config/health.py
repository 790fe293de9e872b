"""/healthz and /readyz, answered before host names, HTTPS and sessions are looked at: who asks is a probe.

`healthz` says that the process is alive, `readyz` that everything it needs is there, and otherwise what is not.
"""

from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone

from transitions.reminders.models import Sweep

OK = "ok"
STARTED = timezone.now()
TOO_LONG = timedelta(minutes=15)  # three rounds of the sweep


class Probes:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = {"/healthz": healthz, "/readyz": readyz}.get(request.path)
        return probe() if probe else self.get_response(request)


def healthz() -> HttpResponse:
    return JsonResponse({"status": OK})


def readyz() -> HttpResponse:
    found = {name: check() for name, check in CHECKS.items()}
    ready = all(answer.startswith(OK) for answer in found.values())
    return JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503)


def database() -> str:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer: {type(error).__name__}"
    return OK


class Migrations:
    """Asked until there is nothing left to apply; then it stays so for as long as this process runs."""

    complete = False

    def __call__(self) -> str:
        try:
            return OK if self.complete or self.look() else "not all are applied: run manage.py migrate"
        except DatabaseError:
            return "unknown while the database does not answer"

    def look(self) -> bool:
        executor = MigrationExecutor(connection)
        self.complete = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self.complete


def broker() -> str:
    wait = {"socket_connect_timeout": 2, "socket_timeout": 2}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **wait) as client:
            client.ping()
    except redis.RedisError as error:
        return f"does not answer: {type(error).__name__}"
    return OK


def last_sweep() -> str:
    try:
        ended_at = Sweep.objects.aggregate(latest=Max("ended_at"))["latest"]
    except DatabaseError:
        return "unknown while the database does not answer"
    if timezone.now() - max(filter(None, [ended_at, STARTED])) < TOO_LONG:
        return OK if ended_at else f"{OK}, none yet"
    return f"none since {ended_at:%Y-%m-%dT%H:%M:%SZ}: is beat running?" if ended_at else "none yet: is beat running?"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "migrations": Migrations(),
    "broker": broker,
    "last_sweep": last_sweep,
}
