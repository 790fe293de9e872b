"""What a planner does with the items of a list: each is re-dated, kept with a reason, or dropped. All or none."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.engine import Blocked, StepRefused, locked, take

from .dated import Dated, NewDay
from .models import AffectedItem, Kept
from .resolution_lists import Row, rows_of

REDATE, KEEP, DROP = "redate", "keep", "drop"
STALE = "It has changed since this page was opened: open it again and look."


@dataclass(frozen=True)
class Choice:
    """What is to become of one item, and why. `version` is the one on the page; a stale page is refused."""

    item: AffectedItem
    how: str
    reason: str
    day: date | None = None
    version: int | None = None


class Refusals(dict[int, str]):
    """Sentences by item: each begins with the name of the thing, so that it can stand alone."""

    def attempt(self, row: Row, do: Callable[[], Any]) -> None:
        """Raises PermissionDenied as it comes; any other refusal is noted, and what was done is undone."""
        try:
            with transaction.atomic():
                do()
        except PermissionDenied as denied:
            raise PermissionDenied(f"{row.thing or row.code}: {denied}")
        except ValidationError as refusal:
            self[row.pk] = f"{row.thing or row.code}: {' '.join(refusal.messages)}"
        except (StepRefused, Blocked) as refusal:
            self[row.pk] = f"{row.thing or row.code}: {refusal}"


def settle(transition: Any, choices: Sequence[Choice], *, by: Any, now: datetime) -> int:
    """Settle items of lists of one transition, all or none. Returns how many.

    Raises:
        PermissionDenied: one that the person does not plan, by name.
        ValidationError: what is refused, by item (`item-7`): no reason, no day, settled meanwhile, a stale page,
            whatever the room of the thing says.
    """
    refused = Refusals()
    with locked(transition):
        rows = {row.pk: row for row in rows_of([choice.item for choice in choices], now=now)}
        chosen = defaultdict(list)
        for choice in choices:
            row = rows[choice.item.pk]
            if not may_settle(row, transition, by=by, now=now):
                raise PermissionDenied(f"{row.thing or row.code}: it is settled by a planner or its pillar lead")
            if sentence := wrong(choice, row):
                refused[row.pk] = f"{row.thing or row.code}: {sentence}"
            else:
                chosen[choice.how].append((row, choice))
        redate(chosen[REDATE], refused, by=by, now=now)
        drop(chosen[DROP], refused, by=by, now=now)
        keep(chosen[KEEP], by=by, now=now)
        if refused:
            raise ValidationError({f"item-{pk}": sentence for pk, sentence in refused.items()})
    return len(choices)


def may_settle(row: Row, transition: Any, *, by: Any, now: datetime) -> bool:
    """Who plans it: the planner, and a pillar's lead what belongs to the pillar."""
    pillar = row.dated.pillar_of(row.thing) if row.thing else None
    return may(by, Permission.PLAN, transition, now=now, pillar_id=pillar)


def wrong(choice: Choice, row: Row) -> str:
    """What is wrong with a choice before any room is asked; empty where nothing is."""
    to_redate, thing = choice.how == REDATE, row.thing
    faults = {
        "Choose: re-date, keep or drop.": choice.how not in (REDATE, KEEP, DROP),
        f"It is {row.how} already: open the page again and look.": not row.is_open,
        "Say why.": not choice.reason.strip(),
        "Give the new day.": to_redate and choice.day is None,
        "It has that day already: keep it, with a reason.": to_redate and choice.day == choice.item.day,
        "It cannot be dropped from the state in which it is: open it and look.": choice.how == DROP and not row.drop,
        STALE: thing is not None and choice.version not in (None, thing.version),
    }
    return next((sentence for sentence, found in faults.items() if found), "")


type Chosen = Sequence[tuple[Row, Choice]]


def redate(chosen: Chosen, refused: Refusals, *, by: Any, now: datetime) -> None:
    """By the door of each room, many at once; one by one only to say which of them was refused."""
    rooms: dict[type[Dated], list[tuple[Row, NewDay]]] = defaultdict(list)
    for row, choice in chosen:
        rooms[row.dated].append((row, NewDay(row.thing, choice.day, choice.reason.strip())))
    for dated, moves in rooms.items():
        together = Refusals()
        together.attempt(moves[0][0], lambda: dated.move([move for _, move in moves], by=by, now=now))  # noqa: B023
        if together:
            for row, move in moves:
                refused.attempt(row, lambda: dated.move([move], by=by, now=now))  # noqa: B023


def drop(chosen: Chosen, refused: Refusals, *, by: Any, now: datetime) -> None:
    for row, choice in chosen:
        reason = choice.reason.strip()
        refused.attempt(row, lambda: take(row.thing, row.drop, by=by, now=now, reason=reason))  # noqa: B023


def keep(chosen: Chosen, *, by: Any, now: datetime) -> list[Kept]:
    facts: Iterable[Kept] = (
        Kept(item=choice.item, reason=choice.reason.strip(), by=by, recorded_at=now,
             holds_from=day(now, row.thing.transition.time_zone), known_from=day(now, row.thing.transition.time_zone))
        for row, choice in chosen
    )  # fmt: skip
    return list(Kept.objects.bulk_create(facts))
