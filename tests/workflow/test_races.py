"""Two at once, against the real lock. Each test fails when FOR NO KEY UPDATE is taken out of the engine's reading."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from tests import world
from transitions.calendar.lifecycle import MilestoneLifecycle
from transitions.calendar.models import Milestone
from transitions.workflow.engine import Blocked, StepRefused, take
from transitions.workflow.evidence import add_evidence
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 10_000  # looks at the database before a test gives up


class Race:
    """Holds the first thread inside its step until the second has either met the lock or run past its own guards."""

    def __init__(self) -> None:
        self.first_is_inside, self.second_is_past = threading.Event(), threading.Event()
        self.second_waited = False

    def guard(self, thing: Any, *, by: Any, now: Any) -> Iterator[Any]:
        if self.first_is_inside.is_set():
            self.second_is_past.set()
        else:
            self.first_is_inside.set()
            assert any(self.second_is_past.is_set() or self.is_waited_for() for _ in range(PATIENCE))
        yield from ()

    def is_waited_for(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
            self.second_waited = cursor.fetchone()[0]
        return self.second_waited

    def run(self, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Future[Any], Future[Any]]:
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(on_a_connection_of_its_own, first)
            assert self.first_is_inside.wait(10), one.exception()
            other = pool.submit(on_a_connection_of_its_own, second)
        return one, other


def on_a_connection_of_its_own(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connection.close()


@contextmanager
def race_in(*steps: str) -> Iterator[Race]:
    race = Race()
    for step in steps:
        MilestoneLifecycle.contributed[step].append(race.guard)
    yield race
    for step in steps:
        MilestoneLifecycle.contributed[step].remove(race.guard)


def taking(item: Milestone, step: str) -> Callable[[], StateChange]:
    by = world.founder()
    return lambda: take(Milestone.objects.get(pk=item.pk), step, by=by, now=world.NOW)


class TestTwoAtOnce:
    def test_taking_the_same_step_one_wins_and_the_other_is_refused(self):
        item = world.milestone(world.transition("under_way"))
        with race_in("start") as race:
            winner, loser = race.run(taking(item, "start"), taking(item, "start"))

        assert winner.result().version == 2
        assert isinstance(loser.exception(), StepRefused)
        assert loser.exception().code == "wrong-state"
        assert StateChange.objects.about(item).count() == 2

    def test_on_different_things_a_guard_is_not_outrun_by_what_it_reads(self):
        here = world.transition("under_way")
        first, then = world.milestone(here), world.milestone(here)
        world.wait(then, first)
        taking(first, "finish")()
        with race_in("reopen", "finish") as race:
            reopened, finished = race.run(taking(first, "reopen"), taking(then, "finish"))

        assert reopened.result().state == "under_way"
        assert isinstance(finished.exception(), Blocked)
        assert [blocker.code for blocker in finished.exception().blockers] == ["predecessor_not_done"]
        then.refresh_from_db()
        assert (then.state, then.version) == ("planned", 1)

    def test_on_different_transitions_neither_waits(self):
        one, other = (world.milestone(world.transition("under_way")) for _ in range(2))
        with race_in("start") as race:
            results = race.run(taking(one, "start"), taking(other, "start"))
        assert not race.second_waited
        assert [result.result().version for result in results] == [2, 2]

    def test_evidence_waits_for_a_step_under_way(self):
        item = world.milestone(world.transition("under_way"))
        by = world.founder()
        with race_in("start") as race:
            started, added = race.run(
                taking(item, "start"), lambda: add_evidence(item, title="Minutes", text="Signed.", by=by, now=world.NOW)
            )
        assert started.result().version == 2
        assert added.result().thing.version == 2
        assert item.version == 2  # read behind the lock, not before it
