import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config import health
from transitions.reminders.models import Sweep

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import django, json
django.setup()
from django.test import Client
response = Client().get("/readyz")
print(json.dumps([response.status_code, response.json()["checks"]]))
"""
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def started_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STARTED", timezone.now() - timedelta(hours=1))


@pytest.fixture
def sweep_ended() -> Any:
    def end(minutes_ago: int) -> None:
        ended_at = timezone.now() - timedelta(minutes=minutes_ago)
        Sweep.objects.create(id=uuid4(), now=ended_at, ended_at=ended_at, queued=0)

    return end


def readyz(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get("/readyz")
    body = response.json()
    assert body["ready"] is (response.status_code == 200)
    return response.status_code, body["checks"]


class TestHealthz:
    def test_needs_no_host_name_and_no_https(self, client: Client, settings: Any) -> None:
        settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = [], True
        assert client.get("/healthz", headers={"host": "10.1.2.3"}).status_code == 200


class TestReadyz:
    def test_is_ready_while_sweeps_are_recent(self, client: Client, sweep_ended: Any) -> None:
        sweep_ended(minutes_ago=14)
        assert readyz(client) == (
            200,
            {"database": "ok", "migrations": "ok", "broker": "ok", "last_sweep": "ok"},
        )

    def test_says_since_when_no_sweep_has_ended(self, client: Client, sweep_ended: Any) -> None:
        sweep_ended(minutes_ago=16)
        status, checks = readyz(client)
        assert status == 503
        assert "is beat running?" in checks["last_sweep"]

    def test_no_sweep_yet_is_fine_only_for_a_while(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        assert readyz(client)[0] == 503
        monkeypatch.setattr(health, "STARTED", timezone.now() - timedelta(minutes=14))
        assert readyz(client)[0] == 200

    def test_says_that_migrations_are_missing(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health.CHECKS["migrations"], "complete", False)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        status, checks = readyz(client)
        assert status == 503
        assert "manage.py migrate" in checks["migrations"]

    def test_says_that_the_broker_does_not_answer(self, client: Client, settings: Any) -> None:
        settings.REDIS_URL = "unix:///nowhere/valkey.sock"
        status, checks = readyz(client)
        assert status == 503
        assert checks["broker"].startswith("does not answer")

    def test_says_that_the_database_does_not_answer(self) -> None:
        environment = os.environ | {"DATABASE_URL": "postgres:///nowhere?host=/nowhere"}
        asked = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True)
        status, checks = json.loads(asked.stdout)
        assert status == 503
        assert checks == {
            "database": "does not answer: OperationalError",
            "migrations": "unknown while the database does not answer",
            "broker": "ok",
            "last_sweep": "unknown while the database does not answer",
        }
