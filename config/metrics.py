"""/metrics in the form that Prometheus reads: figures of messages and sweeps, from the database and without names.

Not open to the world: it takes the token of an account that reads messages in all transitions, an auditor's say.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from rest_framework.exceptions import AuthenticationFailed

from transitions.access.models import grants_of
from transitions.access.permissions import Permission
from transitions.access.tokens import BearerToken
from transitions.clock import present

MESSAGES = """
SELECT m.channel, CASE WHEN m.sent_at IS NOT NULL THEN 'sent' WHEN m.failed_at IS NOT NULL THEN 'failed'
        WHEN m.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN m.suppressed_at IS NOT NULL THEN 'suppressed'
        WHEN h.sweep IS NOT NULL AND NOT m.urgent THEN 'held' ELSE 'queued' END AS delivery,
    count(*), extract(epoch FROM %s - min(m.due_at))
FROM outbox_message m LEFT JOIN outbox_held h
    ON h.sweep = m.sweep AND h.transition_id = m.transition_id AND h.released_at IS NULL
GROUP BY 1, 2"""
LAST_SWEEP = "SELECT extract(epoch FROM max(ended_at)) FROM reminders_sweep"
DELIVERIES = ("queued", "held", "sent", "failed", "withdrawn", "suppressed")
CHANNELS = ("email", "chat", "webhook")


class Figures(Collector):
    """Read when they are asked for: whichever process answers says the same."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with connection.cursor() as cursor:
            cursor.execute(MESSAGES, [self.now])
            found = {(channel, delivery): (number, age) for channel, delivery, number, age in cursor.fetchall()}
            cursor.execute(LAST_SWEEP)
            [last_sweep] = cursor.fetchone()
        yield messages(found)
        yield oldest(found)
        if last_sweep is not None:  # none yet is no figure: not zero, which would be the year 1970
            yield GaugeMetricFamily("transitions_last_sweep_timestamp_seconds", "Its end.", last_sweep)


def messages(found: dict[tuple[str, str], tuple[int, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "transitions_messages", "Messages by channel and by what became of them.", labels=["channel", "delivery"]
    )
    for channel in CHANNELS:
        for delivery in DELIVERIES:
            family.add_metric([channel, delivery], found.get((channel, delivery), (0, 0.0))[0])
    return family


def oldest(found: dict[tuple[str, str], tuple[int, float]]) -> GaugeMetricFamily:
    """How long the one that has waited longest could have left already; zero where all that is due has left."""
    family = GaugeMetricFamily(
        "transitions_oldest_undelivered_seconds", "Age of the oldest message that is due and has not left.",
        labels=["channel"],
    )  # fmt: skip
    for channel in CHANNELS:
        family.add_metric([channel], max(0.0, float(found.get((channel, "queued"), (0, 0.0))[1])))
    return family


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    now = present.asked_at(request)
    if not may_read(request, now=now):
        return HttpResponse("A token is needed that reads messages in all transitions.\n", status=401,
                            headers={"WWW-Authenticate": "Bearer"}, content_type="text/plain")  # fmt: skip
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(now))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest, *, now: datetime) -> bool:
    try:
        found = BearerToken().authenticate(request)
    except AuthenticationFailed:
        return False
    everywhere = [grant for grant in grants_of(found[0], now=now) if grant.transition_id is None] if found else []
    return any(Permission.READ_MESSAGES in grant.post.permissions for grant in everywhere)
