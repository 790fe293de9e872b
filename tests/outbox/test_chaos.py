"""A mail server that says no, is slow and hangs up; workers killed at random; two beats. Nothing is lost.

The whole way: what is due is found by sweeps, which are killed too. `MESSAGES=10000` makes the long run of it; by
default a shorter one.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests import world
from tests.load.delivery import sink
from tests.outbox.conftest import NOW, of_the_test
from tests.reminders.many import items_of
from transitions.access.models import User
from transitions.outbox.models import Held, Message
from transitions.reminders.storm import FEWEST

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = int(os.environ.get("MESSAGES", "150"))
PORTION = min(MESSAGES // 3, FEWEST)  # no more than the storm brake lets pass, and so that many sweeps find some
BEATS = 2
BEAT = """
import time, django; django.setup()
from tests.outbox.conftest import NOW
from transitions.outbox import claims
from transitions.outbox.delivery import deliver
from transitions.reminders.sweep import sweep
claims.LEASE_SECONDS = 3
while True:
    print("sweep", flush=True)
    sweep(now=NOW)
    print("deliver", flush=True)
    deliver(now=NOW)
    print("rest", flush=True)
    time.sleep(0.2)
"""
pytestmark = pytest.mark.django_db(transaction=True)


class Beat:
    """It sweeps and delivers, over and over, at the one instant; in a process, so that it can be killed."""

    def __init__(self, port: int, says: Path) -> None:
        self.says = says
        environment = of_the_test(EMAIL_URL=f"smtp://127.0.0.1:{port}", PYTHONPATH=str(ROOT))
        with says.open("w") as out:
            self.process = subprocess.Popen([sys.executable, "-c", BEAT], cwd=ROOT, env=environment, stdout=out)

    @property
    def is_at(self) -> str:
        return ["start", *self.says.read_text().split()][-1]

    def kill(self) -> str:
        """Returns what it was at."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return self.is_at


def caught(beats: list[Beat], what: str, taken: Path) -> Beat | None:
    """One of them in a sweep, or in a delivery while letters leave; none, if that does not come about."""
    size, deadline = taken.stat().st_size, time.monotonic() + 2
    while time.monotonic() < deadline:
        for one in beats:
            if one.is_at == what and (what == "sweep" or taken.stat().st_size > size):
                return one
        time.sleep(0.01)
    return None


def enter(here: Any, number: int) -> None:
    """Items due today, each with an owner of its own."""
    names = [f"r{next(world.number)}" for _ in range(number)]
    for owner in User.objects.bulk_create(User(username=name, email=f"{name}@example.org") for name in names):
        items_of(here, 1, owner=owner, due_on=NOW.date())


def no_waiting() -> None:
    """Minutes of back-off are not waited for; a lease that still runs is."""
    with transaction.atomic():  # what a beat has in its hands is left to it: neither waits for the other
        free = Message.objects.waiting().filter(claimed_by=None).select_for_update(skip_locked=True)
        Message.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(next_attempt_at=timezone.now())


class TestARunThroughChaos:
    def test_brings_every_message_at_least_once_and_a_second_time_only_where_nobody_could_know(
        self, tmp_path: Path
    ) -> None:
        dice, here, number = random.Random(3), world.transition("under_way"), count()
        entered, killed, aims = 0, Counter[str](), cycle(["sweep", "deliver"])
        beats: list[Beat] = []
        with sink(chaos=0.05) as (port, taken), ExitStack() as stack:
            stack.callback(lambda: [one.kill() for one in beats])
            deadline = time.monotonic() + 60 + MESSAGES / 5
            while entered < MESSAGES or Message.objects.count() < entered or Message.objects.waiting().exists():
                assert time.monotonic() < deadline, f"{Message.objects.waiting().count()} still wait"
                if Message.objects.count() == entered < MESSAGES:
                    enter(here, PORTION)
                    entered += PORTION
                while len(beats) < BEATS:
                    beats.append(Beat(port, tmp_path / f"beat {next(number)}"))
                no_waiting()
                if dice.random() < 0.7:
                    time.sleep(dice.uniform(0.5, 1.5))
                elif victim := caught(dice.sample(beats, BEATS), next(aims), taken):
                    time.sleep(dice.uniform(0, 0.1))
                    killed[victim.kill()] += 1
                    beats.remove(victim)
            lines = [line.split() for line in taken.read_text().splitlines()]
        arrived, cut = Counter(line[0] for line in lines), sum(line[-1] == "cut" for line in lines)
        twice = sum(number - 1 for number in arrived.values())
        print(f"{len(arrived)} messages, {killed.total()} workers killed {dict(killed)}, {cut} answers cut off, "
              f"{twice} second copies")  # fmt: skip
        assert not Held.objects.exists()
        assert set(arrived) == set(User.objects.filter(username__startswith="r").values_list("email", flat=True))
        assert len(arrived) == Message.objects.filter(sent_at__isnull=False).count() == Message.objects.count()
        assert twice <= killed["deliver"] + cut
