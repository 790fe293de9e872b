"""Steps per second with four clients: our `take` beside begin, lock, read, write, commit in bare psycopg.

The step is one whose guards ask the database nothing, and both sides read both rows whole: guards need all of them.
Every client goes from one way to the other in short slices, so that whatever else the machine does weighs on both.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

CLIENTS = 4
SECONDS = 4.0  # for each way
SLICES = 16
NEXT = {"planned": "start", "under_way": "suspend", "suspended": "resume"}
TARGET = {"planned": "under_way", "under_way": "suspended", "suspended": "under_way"}

UPDATE = "UPDATE calendar_milestone SET state = %s, version = %s WHERE id = %s"
INSERT = """
INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role, holds_from,
    known_from, recorded_at, by_id, source, approximate, reason, on_request_of, passed_over)
VALUES (%s, 'calendar.milestone', %s, %s, %s, %s, %s, 'planner', %s, %s, %s, %s, '', false, 'Rains', '', '[]')"""


def measure() -> list[str]:
    """Needs Django to be set up on a migrated database: an empty one, or one filled by this process."""
    who, apart, together = make_things()
    lines = []
    for named, things in (("different transitions", apart), ("one transition", together)):
        bare, ours = rates(who, things)
        aim = ", aim 0.60 or better" if things is apart else ""
        lines.append(f"{CLIENTS} clients, {named}: bare psycopg {bare:,.0f}/s, take() {ours:,.0f}/s")
        lines.append(f"  ratio {ours / bare:.2f}{aim}")
    return lines


def make_things() -> tuple[int, list[list[int]], list[list[int]]]:
    """A planner, and for each client a milestone for each way: in transitions of their own, then all in one."""
    from tests import world
    from transitions.access.permissions import Role

    def pair(here: Any) -> list[int]:
        return [world.milestone(here).pk for _ in ("bare", "ours")]

    here = world.transition("under_way")
    apart = [pair(world.transition("under_way")) for _ in range(CLIENTS)]
    return world.person(Role.PLANNER).pk, apart, [pair(here) for _ in range(CLIENTS)]


def rates(who: int, things: list[list[int]]) -> list[float]:
    """Clients are processes of their own, which begin each slice together."""
    context = multiprocessing.get_context("spawn")
    together, counts = context.Barrier(len(things)), context.Queue()
    clients = [context.Process(target=client, args=(who, *pair, together, counts)) for pair in things]
    for one in clients:
        one.start()
    done = [counts.get(timeout=120) for _ in clients]
    for one in clients:
        one.join()
    return [sum(steps) / SECONDS for steps in zip(*done, strict=True)]


def client(who: int, for_bare: int, for_ours: int, together: Any, counts: Any) -> None:
    ways = [bare(who, for_bare), ours(who, for_ours)]
    for step in ways:
        step()
    done = [0, 0]
    for _ in range(SLICES):
        for way, step in enumerate(ways):
            together.wait(60)
            done[way] += slice_of(step)
    counts.put(done)


def slice_of(step: Callable[[], None]) -> int:
    count, end = 0, time.monotonic() + SECONDS / SLICES
    while time.monotonic() < end:
        step()
        count += 1
    return count


def ours(who: int, thing: int) -> Callable[[], None]:
    import django

    django.setup()
    from transitions.access.models import User
    from transitions.calendar.models import Milestone
    from transitions.workflow.engine import take

    by = User.objects.get(pk=who)
    milestone = Milestone.objects.select_related("transition").get(pk=thing)

    def step() -> None:
        take(milestone, NEXT[milestone.state], by=by, now=datetime.now(UTC), reason="Rains")

    return step


def bare(who: int, thing: int) -> Callable[[], None]:
    import psycopg

    server = psycopg.connect(os.environ["DATABASE_URL"])
    cursor = server.cursor()
    cursor.execute("SELECT transition_id FROM calendar_milestone WHERE id = %s", [thing])
    [transition] = cursor.fetchone() or [0]
    server.commit()

    def step() -> None:
        now = datetime.now(UTC)
        cursor.execute("SELECT * FROM missions_transition WHERE id = %s FOR NO KEY UPDATE", [transition])
        cursor.fetchone()
        cursor.execute("SELECT state, version, * FROM calendar_milestone WHERE id = %s", [thing])
        was, version, *_ = cursor.fetchone() or ("", 0)
        cursor.execute(UPDATE, [TARGET[was], version + 1, thing])
        today, state = now.date(), TARGET[was]
        cursor.execute(INSERT, [transition, thing, version + 1, NEXT[was], was, state, today, today, now, who])
        server.commit()

    return step
