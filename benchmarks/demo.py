"""MINUJUSTH's exit from Haiti, replayed: its mandate, its benchmarks as each report had them, its end; its successor.

Each folder of the demonstration is what was brought in on the day of its name: the day on which a report was issued.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from transitions.access.demo import rows
from transitions.access.models import Grant
from transitions.missions.demo import INSTRUMENT, TRANSITION, filled, record
from transitions.missions.models import Mission, Office, Pillar, Transition
from transitions.workflow.engine import Fact, begin, take
from transitions.workflow.replay import Cast, Event

from .importing import bring_in, open_path
from .models import Benchmark, Lineage

HERE = Path(__file__).parent / "demonstration"
ZONE = "America/Port-au-Prince"
IMPORT, AGREED, PEOPLE, END = 2, 3, 4, 5  # after instruments and the beginning of a transition on the same day
BEGUN, INDICATORS, CEASED, STARTED, SUCCEEDED = (
    date(2018, 4, 10), date(2018, 6, 1), date(2019, 10, 15), date(2019, 6, 25), date(2019, 10, 16),
)  # fmt: skip
LAST = Fact(source="S/RES/2466 (2019)", holds_from=CEASED, known_from=date(2019, 4, 12))
AGREED_IN = Fact(source="S/2018/527", holds_from=INDICATORS, known_from=INDICATORS)
PILLARS = ("political", "security", "programmatic")


def events(cast: Cast) -> Iterator[Event]:
    missions = cast.made["missions"]
    for row in rows(HERE / "missions.csv"):
        fields = filled(row, "established_on", "ended_on") | {"predecessor": missions.get(row["predecessor"])}
        missions[row["acronym"]] = Mission.objects.create(**fields)
    for day, order, play in (*instruments(cast), *of_minujusth(cast), *of_binuh(cast)):
        yield Event(day, order, play, zone=ZONE)


type Play = tuple[date, int, partial[None]]


def instruments(cast: Cast) -> Iterator[Play]:
    effects = defaultdict(list)
    for row in rows(HERE / "effects.csv"):
        effects[row["symbol"]].append(row)
    for row in rows(HERE / "instruments.csv"):
        yield date.fromisoformat(row["adopted_on"]), INSTRUMENT, partial(record, cast, row, effects[row["symbol"]])


def of_minujusth(cast: Cast) -> Iterator[Play]:
    """Under way from the resolution that intends the withdrawal: no approval of a plan is invented."""
    yield BEGUN, TRANSITION, partial(
        begin_one, cast, "minujusth", name="Withdrawal of MINUJUSTH", kind=Transition.Kind.WITHDRAWAL,
        mission="MINUJUSTH", successor="BINUH", source="S/RES/2410 (2018)",
    )  # fmt: skip
    yield from imports(cast, "minujusth")
    yield INDICATORS, AGREED, partial(put_in_force, cast)
    yield INDICATORS, PEOPLE, partial(grant_roles, cast, "minujusth")
    yield CEASED, END, partial(cease, cast)


def of_binuh(cast: Cast) -> Iterator[Play]:
    yield STARTED, TRANSITION, partial(
        begin_one, cast, "binuh", name="Start-up of BINUH", kind=Transition.Kind.START_UP, mission="BINUH",
        source="S/RES/2476 (2019)",
    )  # fmt: skip
    yield STARTED, PEOPLE, partial(grant_roles, cast, "binuh")
    yield from imports(cast, "binuh")
    yield SUCCEEDED, END, partial(carry_on, cast)


def imports(cast: Cast, slug: str) -> Iterator[Play]:
    for folder in sorted((HERE / slug).iterdir()):
        yield date.fromisoformat(folder.name), IMPORT, partial(bring, cast, slug, folder)


# --- what happens


def begin_one(
    cast: Cast, slug: str, now: datetime, *, name: str, kind: str, mission: str, source: str, successor: str = ""
) -> None:
    missions, day = cast.made["missions"], BEGUN if slug == "minujusth" else STARTED
    transition = Transition(
        slug=slug, name=name, kind=kind, mission=missions[mission], successor=missions.get(successor),
        host_country="Haiti", time_zone=ZONE,
    )  # fmt: skip
    fact = Fact(source=source, holds_from=day, known_from=day)
    begin([transition], by=cast.services["replay.hq"], now=now, state="under_way", source=fact)
    for position, code in enumerate(PILLARS):
        Pillar.objects.create(transition=transition, code=code, name=code.capitalize(), position=position)
    for row in rows(HERE / "offices.csv"):
        if row["transition"] == slug:
            Office.objects.create(transition=transition, code=row["code"], name=row["name"], side=row["side"])
    transition.lead_office = transition.offices.get(code=slug)
    transition.save(update_fields=["lead_office"])
    cast.made[slug] = transition


def bring(cast: Cast, slug: str, folder: Path, now: datetime) -> None:
    with open_path(folder) as source:
        outcome = bring_in(source, transition=cast.made[slug], by=cast.services["replay.hq"], now=now)
    assert not outcome.refused, outcome.refused[0]


def put_in_force(cast: Cast, now: datetime) -> None:
    """With the report that gives each condition its indicators, targets and days."""
    for benchmark in Benchmark.objects.filter(transition=cast.made["minujusth"]).order_by("pk"):
        for step in ("propose", "agree"):
            take(benchmark, step, by=cast.services["replay.hq"], now=now, despite=AGREED_IN)


def grant_roles(cast: Cast, slug: str, now: datetime) -> None:
    """After what was agreed without these people, who are illustrative: nobody is told of it now."""
    transition = cast.made[slug]
    offices = {office.code: office for office in transition.offices.all()}
    pillars = {pillar.code: pillar for pillar in transition.pillars.all()}
    for row in rows(HERE / "people.csv"):
        if row["transition"] == slug:
            Grant.objects.create(
                user=cast.people[row["role"]], role=row["role"], transition=transition, office=offices[row["office"]],
                pillar=pillars.get(row["pillar"]),
            )  # fmt: skip
    Grant.objects.create(user=cast.people["admin"], role="planner", transition=transition, office=offices[slug])


def cease(cast: Cast, now: datetime) -> None:
    take(cast.made["minujusth"], "cease_operations", by=cast.services["replay.hq"], now=now, despite=LAST)


def carry_on(cast: Cast, now: datetime) -> None:
    """The report maps nothing: what the successor takes up again is a judgement, and marked as one."""
    of: dict[str, dict[str, Any]] = {
        slug: {one.code: one for one in Benchmark.objects.filter(transition=cast.made[slug])}
        for slug in ("minujusth", "binuh")
    }
    Lineage.objects.bulk_create(
        Lineage(newer=of["binuh"][row["newer"]], older=of["minujusth"][row["older"]], stated=False, note=row["note"])
        for row in rows(HERE / "lineage.csv")
    )
