from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from prometheus_client.parser import text_string_to_metric_families

from tests import world
from tests.outbox.conftest import note
from transitions.access.permissions import Role
from transitions.clock import present
from transitions.outbox.models import Held
from transitions.reminders.models import Sweep

pytestmark = pytest.mark.django_db


def asked(user: Any) -> Any:
    _, token = AuthToken.objects.create(user)
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def figures(response: Any) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(response.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


class TestMetrics:
    def test_are_for_accounts_that_read_messages_everywhere(self) -> None:
        here = world.transition()
        assert Client().get("/metrics").status_code == 401
        assert Client().get("/metrics", headers={"Authorization": "Bearer nonsense"}).status_code == 401
        assert asked(world.person(Role.AUDITOR, here)).status_code == 401
        assert asked(world.person(Role.VERIFIER)).status_code == 401
        assert asked(world.person(Role.AUDITOR)).status_code == 200

    def test_count_messages_by_what_became_of_them(self) -> None:
        now, storm = present.now(), uuid4()
        note(due_at=now - timedelta(hours=2))
        note(due_at=now + timedelta(hours=2))
        note(due_at=now, sent_at=timezone.now())
        note(due_at=now, failed_at=timezone.now())
        first, second = world.transition(), world.transition()
        for here in (first, second):
            Held.objects.create(sweep=storm, transition=here, now=now, items=600, usual=1)
        note(due_at=now, sweep=storm, transition=first)
        found = figures(asked(world.person(Role.AUDITOR)))
        told = {
            delivery: found["transitions_messages", "email", delivery]
            for delivery in ("queued", "sent", "failed", "held", "withdrawn")
        }
        assert told == {"queued": 2, "sent": 1, "failed": 1, "held": 1, "withdrawn": 0}
        assert found["transitions_messages", "webhook", "failed"] == 0
        assert found["transitions_oldest_undelivered_seconds", "email"] == pytest.approx(7200, abs=60)
        assert found["transitions_oldest_undelivered_seconds", "chat"] == 0

    def test_say_when_the_last_sweep_was_and_nothing_before_the_first(self) -> None:
        reader = world.person(Role.AUDITOR)
        assert ("transitions_last_sweep_timestamp_seconds",) not in figures(asked(reader))
        ended = timezone.now()
        Sweep.objects.create(id=uuid4(), now=ended, ended_at=ended, queued=0)
        assert figures(asked(reader))["transitions_last_sweep_timestamp_seconds",] == pytest.approx(ended.timestamp())
