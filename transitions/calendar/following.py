"""A new day together with what follows from it: looked at first, then done exactly so, or not at all."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from transitions.access.models import may
from transitions.access.permissions import Marking, Permission
from transitions.clock.present import day
from transitions.missions.ends import End, ends_of
from transitions.missions.models import DATES_OF_THE_END
from transitions.workflow.engine import StepRefused, locked
from transitions.workflow.keys import Key
from transitions.workflow.links import link_to
from transitions.workflow.veil import unseen

from .blackouts import blackouts_of
from .dated import Dated, NewDay
from .dependencies import UNSEEN, things_at
from .foresight import Concern, Preview, Push, preview
from .graph import graph_of
from .letters import tell_moved_along

ORDER = list(Marking)


def foresee(moves: Sequence[NewDay], *, now: datetime) -> Preview:
    """What would follow from these new days, all of one transition, in a fixed number of queries.

    Raises StepRefused where one of the things is gone.
    """
    transition = moves[0].thing.transition
    graph = graph_of(transition, now=now, around=[move.key for move in moves])
    if gone := [move.thing for move in moves if move.key not in graph.items]:
        raise StepRefused("stale", f"{gone[0]} was deleted since this page was opened")
    for move in moves:
        if not graph.items[move.key].open:
            raise StepRefused(
                "wrong-state", f"{move.thing} is {move.thing.state}: it is given no new date as it stands"
            )
    return preview(graph, {move.key: move.day for move in moves}, blackouts_of(transition), ends_for(transition, now))


def ends_for(transition: Any, now: datetime) -> list[End]:
    """The dates of the end, as they stand today."""
    if transition.mission_id is None:
        return []
    today = day(now, transition.time_zone)
    [ends] = ends_of([transition.mission_id], as_of=today, known_at=today).values()
    return [end for end in ends.dates if end.kind in DATES_OF_THE_END]


def redate_with_what_follows(
    moves: Sequence[NewDay], *, by: Any, now: datetime, expected: str, themselves: Callable[[], Any] | None = None
) -> Preview:
    """Give things their new days, and what follows from it, by each room's own door: all or nothing.

    Args:
        expected: the digest of the preview that the person has seen.
        themselves: how the things that were asked for are moved, where their room does more with them than that.
    Raises:
        StepRefused: the plan has changed since; or as the rooms' doors do.
        PermissionDenied: something follows that the person may not see, or not move.
    """
    with locked(moves[0].thing.transition):
        found = foresee(moves, now=now)
        if found.digest != expected:
            raise StepRefused("stale", "The plan has changed since you looked at what follows: look again")
        check_all_theirs(found, moves[0].thing.transition, by=by, now=now)
        if themselves:
            themselves()
        else:
            move_each(moves, by=by, now=now)
        along = moves_of(found, moves)
        move_each(along, by=by, now=now)
        tell_moved_along(along, found, by=by, now=now)
    return found


def check_all_theirs(found: Preview, transition: Any, *, by: Any, now: datetime) -> None:
    if not theirs(found, transition, by=by, now=now):
        sentence = "something follows from it that you may not see or may not move: ask the planner"
        raise PermissionDenied(sentence)


def theirs(found: Preview, transition: Any, *, by: Any, now: datetime) -> bool:
    """Whether a person sees all that follows, and may move it."""
    if unseen([push.item.key for push in found.follows], user=by, now=now):
        return False
    pillars = {push.item.pillar_id for push in found.follows}
    return all(may(by, Permission.PLAN, transition, now=now, pillar_id=pillar) for pillar in pillars)


def move_each(moves: Sequence[NewDay], *, by: Any, now: datetime) -> None:
    of_kind: dict[str, list[NewDay]] = defaultdict(list)
    for move in moves:
        of_kind[move.key[0]].append(move)
    for label, its in of_kind.items():
        Dated.all[label].move(its, by=by, now=now)


def moves_of(found: Preview, moves: Sequence[NewDay]) -> list[NewDay]:
    reasons = {move.key: move.reason for move in moves}
    things = things_at([push.item.key for push in found.follows])
    for thing in things:
        thing.transition = moves[0].thing.transition
    return [
        NewDay(thing, push.day, why(push, found, reasons))
        for thing, push in zip(things, found.follows, strict=True)
    ]  # fmt: skip


def why(push: Push, found: Preview, reasons: dict[Key, str]) -> str:
    """For the history of what was moved along. What is marked higher than that is not named in it."""
    cause = push.cause or push.because
    assert cause is not None
    item = found.items[cause]
    if ORDER.index(Marking(item.marking)) > ORDER.index(Marking(push.item.marking)):
        return "follows from an item that is marked"
    if cause in reasons:
        return f"follows from {item.code}: {reasons[cause]}"
    return f"lay too early for {item.code}"


# --- as a person is told of it


def told(found: Preview, transition: Any, *, by: Any, now: datetime) -> dict[str, Any]:
    """A preview for one person, for page and API alike: what they may not see is not named, nor when it is."""
    pushes = [*found.moves, *found.follows]
    named = {key for push in pushes for key in (push.item.key, push.because, *(c.about for c in push.concerns)) if key}
    hidden = unseen([*named, *(item.key for item in found.undated)], user=by, now=now)
    return {
        "moves": [row_of(push, found, hidden) for push in found.moves],
        "follows": [row_of(push, found, hidden) for push in found.follows],
        "undated": [name_of(item.key, found, hidden) for item in found.undated],
        "may_move_all": theirs(found, transition, by=by, now=now),
        "expected": found.digest,
    }


def name_of(key: Key, found: Preview, hidden: set[Key]) -> str:
    return UNSEEN if key in hidden else found.items[key].code


def row_of(push: Push, found: Preview, hidden: set[Key]) -> dict[str, Any]:
    item = push.item
    if item.key in hidden:
        return {"type": None, "id": None, "code": None, "title": UNSEEN, "from": None, "to": None, "because": None,
                "warnings": [], "open": None}  # fmt: skip
    return {
        "type": item.key[0],
        "id": item.key[1],
        "code": item.code,
        "title": item.name,
        "from": item.day,
        "to": push.day,
        "because": name_of(push.because, found, hidden) if push.because else None,
        "warnings": [warning_of(concern, found, hidden) for concern in push.concerns],
        "open": link_to(item.key),
    }


def warning_of(concern: Concern, found: Preview, hidden: set[Key]) -> dict[str, str]:
    about = f" {name_of(concern.about, found, hidden)}" if concern.about else ""
    return {"code": concern.code, "sentence": f"{concern.sentence}{about}"}
