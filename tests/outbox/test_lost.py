"""Workers are killed and brokers come back empty: a letter may go out twice, none is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from config.broker import for_celery
from config.celery import app
from config.valkey import Valkey
from tests import world
from tests.outbox.conftest import NOW, lease_runs_out
from transitions.calendar.models import Milestone
from transitions.clock import present
from transitions.outbox.delivery import Outcome, deliver
from transitions.outbox.models import Message, Preference
from transitions.reminders.models import Sweep
from transitions.reminders.sweep import sweep

ROOT = Path(__file__).resolve().parents[2]
DELIVER = "import django; django.setup(); from transitions.outbox.tasks import deliver; deliver()"
pytestmark = pytest.mark.django_db(transaction=True)


def reminded() -> Milestone:
    """Of which somebody is told at the next sweep, at once, on whatever day and at whatever hour this runs."""
    owner = world.person()
    Preference.objects.create(person=owner, pace="at_once")
    return world.milestone(world.transition("under_way"), owner=owner, hard=True)


def until(is_so: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


class TestAWorkerKilledBetweenSendAndMark:
    def test_has_its_letter_sent_again_and_loses_none(self, mail: Any, environment: Any) -> None:
        items = [reminded() for _ in range(3)]
        sweep(now=NOW)
        worker = subprocess.Popen([sys.executable, "-c", DELIVER], cwd=ROOT, env=environment())
        mail.on_letter = lambda: os.kill(worker.pid, signal.SIGKILL)  # it has the letter, the worker not yet the answer
        assert worker.wait(30) == -signal.SIGKILL
        mail.on_letter = None
        assert Message.objects.waiting().count() == 3
        assert deliver(now=NOW) == Outcome()  # its lease still runs
        lease_runs_out()
        assert deliver(now=NOW) == Outcome(sent=3)
        first, *_ = addresses = [item.owner.email for item in items]
        assert mail.reached == [first, *addresses]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey.at(tmp_path)
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def worker(broker: Valkey, environment: Any) -> Iterator[Any]:
    program = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo", "--loglevel", "error",
               "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip
    process = subprocess.Popen(program, cwd=ROOT, env=environment(REDIS_URL=broker.url), stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


def rounds(broker: Valkey, *, beats: int = 1) -> None:
    """What beat sends, as it stands in the schedule; twice where two beats run. To a worker that is there: a slow one
    would need the round after, as what is sent expires.
    """
    with redis.Redis.from_url(broker.url) as client:
        until(lambda: any(one["cmd"] == "brpop" for one in client.client_list()))
    with app.connection(for_celery(broker.url)) as connection:
        for _ in range(beats):
            for entry in app.conf.beat_schedule.values():
                app.send_task(entry["task"], args=entry.get("args"), connection=connection, **entry["options"])


class TestABrokerRestartedEmpty:
    def test_is_made_good_by_the_next_round_even_of_two_beats(self, mail: Any, broker: Valkey, worker: Any) -> None:
        items = [reminded()]
        rounds(broker)
        until(lambda: mail.letters)

        items += [reminded() for _ in range(2)]
        sweep(now=present.now())
        broker.stop()
        broker.start()
        items.append(reminded())
        rounds(broker, beats=2)
        until(lambda: Sweep.objects.count() == 4 and not Message.objects.waiting().exists())
        assert sorted(mail.reached) == sorted(item.owner.email for item in items)
        assert Message.objects.filter(sent_at__isnull=False).count() == len(items)
