"""Steps per second with four clients: our `take` beside begin, lock, read, write, commit in bare psycopg.

The step is one whose guards ask the database nothing, so that both sides do the same work.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

CLIENTS = 4
SECONDS = 4.0
NEXT = {"planned": "start", "under_way": "suspend", "suspended": "resume"}
TARGET = {"planned": "under_way", "under_way": "suspended", "suspended": "under_way"}


def measure() -> list[str]:
    """Needs Django to be set up on a migrated database: an empty one, or one filled by this process."""
    who, apart, together = make_things()
    ways: dict[str, tuple[Callable[..., int], list[int]]] = {
        "bare psycopg, different transitions": (bare, apart),
        "take(), different transitions": (ours, apart),
        "bare psycopg, one transition": (bare, together),
        "take(), one transition": (ours, together),
    }
    rates = {name: rate(work, who, things) for name, (work, things) in ways.items()}
    figures = [f"{name}: {per_second:,.0f} steps/s" for name, per_second in rates.items()]
    bare_apart, ours_apart, bare_together, ours_together = rates.values()
    return [
        *figures,
        f"ratio on different transitions: {ours_apart / bare_apart:.2f} (aim 0.60 or better)",
        f"ratio on one transition: {ours_together / bare_together:.2f}",
    ]


def make_things() -> tuple[int, list[int], list[int]]:
    """A planner, and milestones for each client: in transitions of their own, then all in one."""
    from tests import world
    from transitions.access.permissions import Role

    planner = world.person(Role.PLANNER)
    apart = [world.milestone(world.transition("under_way")).pk for _ in range(CLIENTS)]
    here = world.transition("under_way")
    return planner.pk, apart, [world.milestone(here).pk for _ in range(CLIENTS)]


def rate(work: Callable[..., int], who: int, things: list[int]) -> float:
    """Clients are processes of their own, which begin together once all of them are warm."""
    context = multiprocessing.get_context("spawn")
    start, counts = context.Barrier(len(things)), context.Queue()
    clients = [context.Process(target=client, args=(work, who, thing, start, counts)) for thing in things]
    for one in clients:
        one.start()
    done = [counts.get(timeout=60) for _ in clients]
    for one in clients:
        one.join()
    return sum(done) / SECONDS


def client(work: Callable[..., int], who: int, thing: int, start: Any, counts: Any) -> None:
    counts.put(work(who, thing, start))


def until_time_is_up(step: Callable[[], None], start: Any) -> int:
    step()
    start.wait(60)
    count, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        step()
        count += 1
    return count


def ours(who: int, thing: int, start: Any) -> int:
    import django

    django.setup()
    from transitions.access.models import User
    from transitions.calendar.models import Milestone
    from transitions.workflow.engine import take

    by = User.objects.get(pk=who)
    milestone = Milestone.objects.select_related("transition").get(pk=thing)

    def step() -> None:
        take(milestone, NEXT[milestone.state], by=by, now=datetime.now(UTC), reason="Rains")

    return until_time_is_up(step, start)


def bare(who: int, thing: int, start: Any) -> int:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        cursor = server.cursor()
        found = cursor.execute("SELECT transition_id FROM calendar_milestone WHERE id = %s", [thing]).fetchone()
        server.commit()
        assert found is not None
        [transition] = found

        def step() -> None:
            now = datetime.now(UTC)
            cursor.execute("SELECT id FROM missions_transition WHERE id = %s FOR NO KEY UPDATE", [transition])
            cursor.fetchone()
            cursor.execute("SELECT state, version FROM calendar_milestone WHERE id = %s", [thing])
            was, version = cursor.fetchone() or ("", 0)
            state = TARGET[was]
            cursor.execute(
                "UPDATE calendar_milestone SET state = %s, version = %s WHERE id = %s", [state, version + 1, thing]
            )
            cursor.execute(
                """INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role,
                       holds_from, known_from, recorded_at, by_id, source, approximate, reason, on_request_of, passed_over)
                   VALUES (%s, 'calendar.milestone', %s, %s, %s, %s, %s, 'planner', %s, %s, %s, %s, '', false, 'Rains',
                       '', '[]')""",
                [transition, thing, version + 1, NEXT[was], was, state, now.date(), now.date(), now, who],
            )
            server.commit()

        return until_time_is_up(step, start)
