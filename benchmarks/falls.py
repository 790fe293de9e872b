"""What stands worse than before is told the same day, in the transaction that made it so.

Source: domain catalogue, sections E and N. A condition for exit that falls back cannot wait and goes to the heads too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from transitions.access.models import Grant, User, holders
from transitions.access.permissions import Role
from transitions.clock.present import day
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.letters import heard

from . import at_a_day
from .letters import Fell, Worsened
from .models import Assessment, Benchmark
from .moment import moment
from .records import read
from .standing import Standing, has_fallen, has_worsened

HEADS = (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)
LAST = (Role.PLANNER, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)


def standings_of(
    transition: Any, *, now: datetime, as_of: date | None = None, without: int | None = None
) -> dict[int, tuple[Standing, bool]]:
    """How each benchmark stands today, of everything that is on record, and whether it is a condition for exit.

    Args:
        as_of: another day, as it is known today.
        without: an assessment that is left out, to see what it changes.
    """
    view = view_of(transition, user=console(), now=now, as_of=as_of)
    cut = {"as_of": view.as_of, "known_at": view.known_at}
    records = read([transition], view, judgements=at_a_day.latest_judgements(transition.pk, **cut, without=without))
    found = moment(records, transition.pk, view.as_of, records.values)
    return {pk: (standing, found.told[pk].condition_for_exit) for pk, standing in found.standings.items()}


def conditions_of(transition: Any, *, now: datetime, as_of: date | None = None) -> dict[int, Standing]:
    found = standings_of(transition, now=now, as_of=as_of)
    return {pk: standing for pk, (standing, is_condition) in found.items() if is_condition}


@contextmanager
def told_of_falls(transition: Any, *, about: Any, now: datetime) -> Iterator[list[Benchmark]]:
    """Whatever is written inside: what stands worse by it is told, as of today. Gives a list that has the conditions
    for exit which fell at the end.

    Args:
        about: the row that is written, saved by then; a name that no other cause has, where it is many rows.
    """
    fallen: list[Benchmark] = []
    was = standings_of(transition, now=now)
    yield fallen
    if was:
        fallen += tell_falls(was, standings_of(transition, now=now), about=about, now=now)


def tell_verified(assessment: Assessment, change: Any, *, by: Any, now: datetime) -> None:
    """What follows from a verification."""
    transition = assessment.indicator.transition
    was = standings_of(transition, now=now, without=assessment.pk)
    tell_falls(was, standings_of(transition, now=now), about=assessment, now=now)


def tell_regress(benchmark: Benchmark, change: Any, *, by: Any, now: datetime) -> None:
    """What follows from the step that takes an achievement back."""
    payload = {"was": "achieved", "became": "in_force", "was_met": "", "met": "", "reason": change.reason}
    kind = Fell if benchmark.condition_for_exit else Worsened
    tell(kind, benchmark, payload, about=change, now=now)


WATCHED = ("in_force", "achieved")

type Standings = Mapping[int, tuple[Standing, bool]]


def tell_falls(was: Standings, became: Standings, *, about: Any, now: datetime) -> list[Benchmark]:
    worse = [pk for pk in was.keys() & became.keys() if is_worse(was[pk][0], became[pk][0])]
    fallen = []
    for benchmark in Benchmark.objects.select_related("transition", "owner").filter(pk__in=worse).order_by("pk"):
        then, today = was[benchmark.pk][0], became[benchmark.pk][0]
        payload = {"was": then.judged, "became": today.judged, "was_met": then.met, "met": today.met}
        fell = benchmark.condition_for_exit and has_fallen(then, today)
        tell(Fell if fell else Worsened, benchmark, payload, about=about, now=now)
        fallen += [benchmark] * fell
    return fallen


def is_worse(was: Standing, now: Standing) -> bool:
    return has_fallen(was, now) or (now.state in WATCHED and has_worsened(was, now))


def tell(
    kind: type[Fell | Worsened], benchmark: Benchmark, payload: Mapping[str, str], *, about: Any, now: datetime
) -> None:
    cause = about if isinstance(about, str) else f"{about._meta.label_lower}/{about.pk}"
    queue(
        (
            Message(
                kind=kind.name, transition=benchmark.transition, thing_type=benchmark._meta.label_lower,
                thing_id=benchmark.pk, marking=benchmark.marking, recipient=person, payload=dict(payload),
                dedupe_key=f"{kind.name}/{benchmark.pk}/{cause}/{person.pk}",
            )
            for person in who_hears(benchmark, now=now)
        ),
        now=now,
    )  # fmt: skip


def who_hears(benchmark: Benchmark, *, now: datetime) -> list[User]:
    """The owner and the lead of its pillar, of a condition for exit the heads too; else a planner, or who remains."""
    on, here = day(now, benchmark.transition.time_zone), benchmark.transition_id
    found = [*heard((grant.user for grant in leads_of(benchmark, on=on)), Role.PILLAR_LEAD)]
    if benchmark.owner and is_still_there(benchmark.owner, here, on=on):
        found += heard([benchmark.owner], "owner")
    people = {person.pk: person for person in found}
    if benchmark.condition_for_exit:
        people |= {person.pk: person for person in holders(here, HEADS, on=on)}
    order = iter(LAST)
    while not people and (role := next(order, None)):
        people = {person.pk: person for person in holders(here, [role], on=on)}
    return list(people.values())


def leads_of(benchmark: Benchmark, *, on: date) -> Any:
    leads = Grant.objects.in_force(on=on).filter(
        Q(pillar=None) | Q(pillar=benchmark.pillar_id), transition=benchmark.transition_id, role=Role.PILLAR_LEAD,
        user__is_service=False,
    )  # fmt: skip
    return leads.select_related("user")


def is_still_there(person: User, transition: int, *, on: date) -> bool:
    """Not one whose roles here have all ended."""
    held = Grant.objects.filter(Q(transition=transition) | Q(transition=None), user=person)
    return person.is_active and (held.in_force(on=on).exists() or not held.exists())
