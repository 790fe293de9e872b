"""A mail server that says no, is slow and hangs up; workers killed at random; two beats. Nothing is lost.

`MESSAGES=10000` makes the long run of it; by default a shorter one.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.load.delivery import sink
from tests.outbox.conftest import note, of_the_test
from transitions.access.models import User
from transitions.outbox.models import Message

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = int(os.environ.get("MESSAGES", "150"))
WORKERS = 2
ROUND = """
import sys, django; django.setup()
import tests.outbox.conftest
from transitions.outbox import claims
claims.LEASE_SECONDS = 3
from transitions.outbox.delivery import deliver
from tests.outbox.conftest import NOW
deliver(now=NOW)
"""
pytestmark = pytest.mark.django_db(transaction=True)


def beat(port: int) -> "subprocess.Popen[bytes]":
    """A worker that one of two beats has started: it delivers until nothing is left that it may take."""
    environment = of_the_test(EMAIL_URL=f"smtp://127.0.0.1:{port}", PYTHONPATH=str(ROOT))
    return subprocess.Popen([sys.executable, "-c", ROUND], cwd=ROOT, env=environment)


def no_waiting() -> None:
    """Minutes of back-off are not waited for; a lease that still runs is."""
    Message.objects.waiting().filter(claimed_by=None).update(next_attempt_at=timezone.now())


class TestARunThroughChaos:
    def test_brings_every_message_at_least_once_and_a_second_time_only_where_nobody_could_know(self) -> None:
        dice = random.Random(3)
        people = User.objects.bulk_create(User(username=f"r{n}", email=f"r{n}@example.org") for n in range(MESSAGES))
        for person in people:
            note(person)
        kills = 0
        with sink(chaos=0.05) as (port, taken):
            workers: list[Any] = []
            deadline = time.monotonic() + 60 + MESSAGES / 10
            while Message.objects.waiting().exists():
                assert time.monotonic() < deadline, f"{Message.objects.waiting().count()} still wait"
                workers = [one for one in workers if one.poll() is None]
                while len(workers) < WORKERS:
                    workers.append(beat(port))
                time.sleep(dice.uniform(0.5, 2.5))
                no_waiting()
                if dice.random() < 0.3:
                    victim = dice.choice(workers)
                    victim.send_signal(signal.SIGKILL)
                    victim.wait()
                    kills += 1
            for one in workers:
                one.wait(60)
            lines = [line.split() for line in taken.read_text().splitlines()]
        arrived, cut = Counter(line[0] for line in lines), sum(line[-1] == "cut" for line in lines)
        assert set(arrived) == {person.email for person in people}
        twice = sum(number - 1 for number in arrived.values())
        print(f"{MESSAGES} messages, {kills} workers killed, {cut} answers cut off, {twice} second copies")
        assert Message.objects.filter(sent_at__isnull=False).count() == MESSAGES
        assert twice <= kills + cut
