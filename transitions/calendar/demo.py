"""UNAMID's calendar, replayed: each item enters on its instrument's day, and moves as the sources say."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from transitions.access.demo import rows
from transitions.missions.demo import BEGINS, day
from transitions.workflow.engine import Fact, take
from transitions.workflow.evidence import add_evidence
from transitions.workflow.replay import Cast, Event

from .dates import enter, redate
from .models import Milestone

HERE = Path(__file__).parent / "demonstration"
ENTRY, CHANGE = 2, 3  # after instruments and the transition's beginning on the same day


def events(cast: Cast) -> Iterator[Event]:
    """What is older than the transition is recorded on the day that it begins, and holds from its own day."""
    cast.made["milestones"] = {}
    for row in rows(HERE / "milestones.csv"):
        yield Event(max(date.fromisoformat(row["enters_on"]), BEGINS), ENTRY, partial(put_in, cast, row))
    for position, row in enumerate(rows(HERE / "events.csv")):
        on = max(date.fromisoformat(row["day"]), BEGINS)
        yield Event(on, CHANGE + position, partial(change, cast, row))


def put_in(cast: Cast, row: dict[str, str], now: datetime) -> None:
    entered = date.fromisoformat(row["enters_on"])
    owner = cast.people.get(row["owner_role"])
    notes = [row["note"], "the person named as its owner is illustrative" if owner else ""]
    milestone = Milestone(
        transition=cast.made["transition"], code=row["code"], title=row["title"], kind=row["kind"],
        pillar=cast.made["pillars"][row["pillar"]], owner_office=cast.made["offices"][row["office"]], owner=owner,
        due_on=day(row["due_on"]), hard=row["hard"] == "yes", approximate=row["approximate"] == "yes",
        authority=row["authority"], source=row["source"], note="; ".join(note for note in notes if note),
    )  # fmt: skip
    source = row["authority"] or row["source"]
    fact = Fact(source=source, holds_from=entered, known_from=entered, approximate=row["approximate"] == "yes")
    enter([milestone], by=account(cast, row["office"]), now=now, source=fact)
    cast.made["milestones"][row["code"]] = milestone


def account(cast: Cast, office: str) -> Any:
    return cast.made["accounts"][office]


def change(cast: Cast, row: dict[str, str], now: datetime) -> None:
    milestone = cast.made["milestones"][row["code"]]
    by = account(cast, milestone.owner_office.code)
    on, known = date.fromisoformat(row["day"]), day(row["known_from"])
    fact = Fact(source=row["source"], holds_from=on, known_from=known or on, approximate=row["approximate"] == "yes")
    if row["step"] == "redate":
        redate(milestone, day(row["due_on"]), by=by, now=now, reason=row["reason"], fact=fact)
        return
    if row["step"] == "finish" and milestone.hard:
        add_evidence(
            milestone, title="What the source reports", by=by, now=now, reference=row["source"], registry="public",
            holder="its publisher",
        )  # fmt: skip
    take(milestone, row["step"], by=by, now=now, reason=row["reason"], despite=fact)
