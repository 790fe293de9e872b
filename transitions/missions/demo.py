"""UNAMID's mandate, replayed: its instruments on their days, and its transition, a recorded fact of 13 July 2018."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from transitions.access.demo import HERE as PEOPLE
from transitions.access.demo import rows
from transitions.access.models import Grant
from transitions.access.permissions import Role
from transitions.outbox.models import WorkingWeek
from transitions.workflow.engine import Fact, begin, take
from transitions.workflow.replay import Cast, Event

from .instruments import record_instrument
from .models import Area, Effect, MandateInstrument, Mission, Office, Pause, Pillar, Sector, Side, Strength, Transition

HERE = Path(__file__).parent / "demonstration"
BEGINS = date(2018, 7, 13)
MANDATE = "S/RES/2429 (2018)"
INSTRUMENT, TRANSITION, STEP = 0, 1, 5  # what comes first on one day


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def filled(row: dict[str, str], *dates: str) -> dict[str, Any]:
    return {name: day(text) if name in dates else text for name, text in row.items()}


def events(cast: Cast) -> Iterator[Event]:
    hq = cast.services["replay.hq"]
    for role in (Role.PLANNER, Role.HEADQUARTERS_DESK):
        Grant.objects.create(user=hq, role=role)
    missions: dict[str, Mission] = {}
    for row in rows(HERE / "missions.csv"):
        fields = filled(row, "established_on", "ended_on") | {"predecessor": missions.get(row["predecessor"])}
        missions[row["acronym"]] = Mission.objects.create(**fields)
    cast.made["missions"] = missions
    yield from instruments(cast)
    yield Event(BEGINS, TRANSITION, partial(begin_transition, cast))
    for row in rows(HERE / "strength.csv"):
        yield Event(date.fromisoformat(row["known_from"]), STEP, partial(record_strength, cast, row))
    for row in rows(HERE / "steps.csv"):
        yield Event(date.fromisoformat(row["day"]), STEP, partial(take_step, cast, row))
    for row in rows(HERE / "pauses.csv"):
        yield Event(date.fromisoformat(row["from"]), STEP, partial(pause, cast, row))
        yield Event(date.fromisoformat(row["until"]), STEP, partial(resume, cast, row))


def instruments(cast: Cast) -> Iterator[Event]:
    effects = defaultdict(list)
    for row in rows(HERE / "effects.csv"):
        effects[row["symbol"]].append(row)
    for row in rows(HERE / "instruments.csv"):
        yield Event(
            date.fromisoformat(row["adopted_on"]), INSTRUMENT, partial(record, cast, row, effects[row["symbol"]])
        )


def record(cast: Cast, row: dict[str, str], effects: list[dict[str, str]], now: datetime) -> None:
    fields = filled(row, "adopted_on", "effective_from", "effective_until")
    fields["mission"] = cast.made["missions"][row["mission"]]
    older = row["supersedes"]
    fields["supersedes"] = MandateInstrument.objects.get(symbol=older) if older else None
    record_instrument(
        MandateInstrument(**fields), [effect(one) for one in effects], by=cast.services["replay.hq"], now=now
    )


def effect(row: dict[str, str]) -> Effect:
    drivers = row["drivers"].split() if row["drivers"] else []
    number = int(row["number"]) if row["number"] else None
    return Effect(
        kind=row["kind"], date=day(row["date"]), basis=row["basis"], drivers=drivers, component=row["component"],
        number=number, approximate=row.get("approximate") == "yes", text=row["text"],
    )  # fmt: skip


def begin_transition(cast: Cast, now: datetime) -> None:
    """No approval of a plan is invented: the transition is under way from the resolution that notes the exit."""
    missions = cast.made["missions"]
    transition = Transition(
        slug="unamid", name="Withdrawal of UNAMID", kind=Transition.Kind.WITHDRAWAL, mission=missions["UNAMID"],
        successor=missions["UNITAMS"], host_country="Sudan", time_zone=cast.zone,
    )  # fmt: skip
    fact = Fact(source=MANDATE, holds_from=BEGINS, known_from=BEGINS)
    begin([transition], by=cast.services["replay.hq"], now=now, state="under_way", source=fact)
    cast.made["transition"] = transition
    cast.made["pillars"] = {
        code: Pillar.objects.create(transition=transition, code=code, name=code.capitalize(), position=position)
        for position, code in enumerate(("political", "security", "programmatic"))
    }
    cast.made["offices"], cast.made["accounts"] = offices(cast, transition)
    cast.made["areas"], cast.made["sectors"] = areas(transition), sectors(transition)
    transition.lead_office = cast.made["offices"]["unamid"]
    transition.save(update_fields=["lead_office"])
    grant_roles(cast, transition)


def offices(cast: Cast, transition: Transition) -> tuple[dict[str, Office], dict[str, Any]]:
    made, accounts = {}, {}
    for row in rows(HERE / "offices.csv"):
        office = Office.objects.create(transition=transition, code=row["code"], name=row["name"], side=row["side"])
        made[row["code"]], accounts[row["code"]] = office, cast.services[row["account"]]
        if office.side in (Side.MISSION, Side.GOVERNMENT):  # the week in Sudan begins on Sunday
            WorkingWeek.objects.create(transition=transition, office=office, days_off=[5, 6])
    return made, accounts


def areas(transition: Transition) -> dict[str, Area]:
    made: dict[str, Area] = {}
    for row in rows(HERE / "areas.csv"):
        fields = row | {"parent": made.get(row["parent"])}
        made[row["code"]] = Area.objects.create(transition=transition, **fields)
    return made


def sectors(transition: Transition) -> dict[str, Sector]:
    return {row["code"]: Sector.objects.create(transition=transition, **row) for row in rows(HERE / "sectors.csv")}


HOMES = {
    "replay.unamid": "unamid", "replay.government": "government", "replay.unct": "resident-coordinator",
    "replay.hq": "dpo",
}  # fmt: skip
SPEAKS = (
    ("replay.government", Role.GOVERNMENT_FOCAL_POINT, "government"), ("replay.unct", Role.UNCT_FOCAL_POINT, "unct"),
)  # fmt: skip


def grant_roles(cast: Cast, transition: Transition) -> None:
    """Each service account in its own office, two of them to accept for their side; the persons where they work."""
    made, pillars = cast.made["offices"], cast.made["pillars"]
    for name, home in HOMES.items():
        Grant.objects.create(user=cast.services[name], role=Role.PLANNER, transition=transition, office=made[home])
    for name, role, office in SPEAKS:
        Grant.objects.create(user=cast.services[name], role=role, transition=transition, office=made[office])
    for row in rows(PEOPLE / "people.csv"):
        Grant.objects.create(
            user=cast.people[row["role"]], role=row["role"], transition=transition, office=made[row["office"]],
            pillar=pillars.get(row["pillar"]),
        )  # fmt: skip
    Grant.objects.create(user=cast.people["admin"], role=Role.PLANNER, transition=transition, office=made["unamid"])


def record_strength(cast: Cast, row: dict[str, str], now: datetime) -> None:
    Strength.objects.create(
        mission=cast.made["missions"][row["mission"]], component=row["component"], number=int(row["number"]),
        holds_from=date.fromisoformat(row["day"]), known_from=date.fromisoformat(row["known_from"]), recorded_at=now,
        by=cast.services["replay.hq"], source=row["source"],
        approximate=row["approximate"] == "yes", note=row["note"],
    )  # fmt: skip


def take_step(cast: Cast, row: dict[str, str], now: datetime) -> None:
    known = date.fromisoformat(row["known_from"])
    fact = Fact(source=row["source"], holds_from=date.fromisoformat(row["day"]), known_from=known)
    take(cast.made["transition"], row["step"], by=cast.services["replay.hq"], now=now, despite=fact)


def pause(cast: Cast, row: dict[str, str], now: datetime) -> None:
    on = date.fromisoformat(row["from"])
    [made] = begin(
        [Pause(transition=cast.made["transition"], pillar=cast.made["pillars"][row["pillar"]], reason=row["reason"],
               asked_by=row["asked_by"])],
        by=cast.services["replay.hq"], now=now, source=Fact(source=row["source"], holds_from=on, known_from=on),
    )  # fmt: skip
    cast.made[f"pause of {row['from']}"] = made


def resume(cast: Cast, row: dict[str, str], now: datetime) -> None:
    on = date.fromisoformat(row["until"])
    fact = Fact(source=row["ended_by"], holds_from=on, known_from=on)
    take(cast.made[f"pause of {row['from']}"], "resume", by=cast.services["replay.hq"], now=now, despite=fact)
