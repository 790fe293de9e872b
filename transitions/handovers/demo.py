"""UNAMID's mandated tasks and sites, replayed: each handover enters on its day, and moves as the sources say.

The rows of `demonstration/` say what happened, from which day it holds and from which day it was known; what each kind
of row does is in `demo_moves.py`. Where no source gives the day, it is the last one on which it can have happened.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from transitions.access.demo import rows
from transitions.missions.demo import BEGINS, day
from transitions.missions.models import MandateInstrument
from transitions.workflow.engine import Fact
from transitions.workflow.replay import Cast, Event

from .demo_moves import MOVES, account, assessed, fact, looked, reported
from .models import Handover, MandatedTask, Site
from .recipients import propose

HERE = Path(__file__).parent / "demonstration"
ENTRY, MOVE = 3, 4  # after instruments and offices, before operations cease on the same day

type Row = dict[str, str]


def events(cast: Cast) -> Iterator[Event]:
    """Each is played on the day from which it was known; what is older than the transition, on the day it begins."""
    cast.made |= {"tasks": {}, "sites": {}, "handovers": {}}
    for file, enter in (("sites", enter_site), ("tasks", enter_task)):
        for row in rows(HERE / f"{file}.csv"):
            yield Event(played_on(row), ENTRY, partial(enter, cast, row))
    for alike in entering_together():
        yield Event(played_on(alike[0]), ENTRY, partial(enter_handovers, cast, alike))
    for file, play in (("moves", move), ("incidents", reported), ("readiness", assessed), ("looks", looked)):
        for row in rows(HERE / f"{file}.csv"):
            yield Event(played_on(row), MOVE, partial(play, cast, row))


def played_on(row: Row) -> date:
    return max(date.fromisoformat(row["day"]), date.fromisoformat(row["known_from"]), BEGINS)


def entering_together() -> list[list[Row]]:
    """Handovers that begin by the same fact are proposed at once."""
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows(HERE / "handovers.csv"):
        key = ("day", "known_from", "approximate", "source", "state", "owner_office")
        alike[tuple(row[name] for name in key)].append(row)
    return list(alike.values())


def note(row: Row) -> str:
    """With how sure it is: what is not stated in a source says so."""
    sure = "" if row["certainty"] == "stated" else f"{row['certainty']}, not stated in the source"
    return "; ".join(filter(None, (row["note"], sure)))


def enter_site(cast: Cast, row: Row, now: datetime) -> None:
    cast.made["sites"][row["code"]] = Site.objects.create(
        transition=cast.made["transition"], code=row["code"], name=row["name"], also_called=row["also_called"],
        area=cast.made["areas"][row["area"]], kind=row["kind"], latitude=row["latitude"] or None,
        longitude=row["longitude"] or None, position_from=row["position_from"], source=row["source"], note=note(row),
    )  # fmt: skip


def enter_task(cast: Cast, row: Row, now: datetime) -> None:
    instrument = MandateInstrument.objects.get(symbol=row["instrument"]) if row["instrument"] else None
    task = MandatedTask.objects.create(
        transition=cast.made["transition"], code=row["code"], title=row["title"], instrument=instrument,
        area=cast.made["areas"][row["area"]], pillar=cast.made["pillars"][row["pillar"]], continues=row["continues"],
        source=row["source"], note=note(row),
    )  # fmt: skip
    if row["sector"]:
        task.sectors.add(cast.made["sectors"][row["sector"]])
    cast.made["tasks"][row["code"]] = task


def enter_handovers(cast: Cast, alike: list[Row], now: datetime) -> None:
    first = alike[0]
    begun: Fact = fact(first)
    made = propose(
        [handover(cast, row) for row in alike], by=account(cast, first["owner_office"]), now=now, source=begun,
        state=first["state"],
    )  # fmt: skip
    cast.made["handovers"] |= {one.code: one for one in made}


def handover(cast: Cast, row: Row) -> Handover:
    offices: dict[str, Any] = cast.made["offices"]
    task, site = cast.made["tasks"].get(row["of"]), cast.made["sites"].get(row["of"])
    return Handover(
        transition=cast.made["transition"], code=row["code"], task=task, site=site, area=(task or site).area,
        track=row["track"], part=row["part"],
        follows=cast.made["handovers"].get(row["follows"]), owner_office=offices[row["owner_office"]],
        recipient_kind=row["kind"], recipient_office=offices.get(row["office"]), recipient=row["recipient"],
        no_recipient_reason=row["no_recipient_reason"], agreed_use=row["agreed_use"], planned_on=day(row["planned_on"]),
        residual_office=offices.get(row["residual_office"]), source=row["source"], note=note(row),
    )  # fmt: skip


def move(cast: Cast, row: Row, now: datetime) -> None:
    MOVES[row["what"]](cast, row, now)
