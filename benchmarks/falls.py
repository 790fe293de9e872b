"""A condition for exit that falls back is told the same day, in the transaction that made it fall."""

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

from . import at_a_day
from .letters import Fell
from .models import Assessment, Benchmark
from .moment import moment
from .records import read
from .standing import Standing, has_fallen

HEADS = (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)


def conditions_of(
    transition: Any, *, now: datetime, as_of: date | None = None, without: int | None = None
) -> dict[int, Standing]:
    """How each condition for exit stands today, of everything that is on record.

    Args:
        as_of: another day, as it is known today.
        without: an assessment that is left out, to see what it changes.
    """
    view = view_of(transition, user=console(), now=now, as_of=as_of)
    cut = {"as_of": view.as_of, "known_at": view.known_at}
    records = read([transition], view, judgements=at_a_day.latest_judgements(transition.pk, **cut, without=without))
    found = moment(records, transition.pk, view.as_of, records.values)
    return {pk: standing for pk, standing in found.standings.items() if found.told[pk].condition_for_exit}


@contextmanager
def told_of_falls(transition: Any, *, about: Any, now: datetime) -> Iterator[list[Benchmark]]:
    """Whatever is written inside: which conditions fall back by it is told, as of today. Gives a list that has them
    at the end.

    Args:
        about: the row that is written, saved by then; a name that no other cause has, where it is many rows.
    """
    fallen: list[Benchmark] = []
    was = conditions_of(transition, now=now)
    yield fallen
    if was:
        fallen += tell_falls(was, conditions_of(transition, now=now), about=about, now=now)


def tell_verified(assessment: Assessment, change: Any, *, by: Any, now: datetime) -> None:
    """What follows from a verification."""
    transition = assessment.indicator.transition
    was = conditions_of(transition, now=now, without=assessment.pk)
    tell_falls(was, conditions_of(transition, now=now), about=assessment, now=now)


def tell_regress(benchmark: Benchmark, change: Any, *, by: Any, now: datetime) -> None:
    """What follows from the step that takes an achievement back."""
    payload = {"was": "achieved", "became": "in_force", "was_met": "", "met": "", "reason": change.reason}
    tell_fall(benchmark, payload, about=change, now=now)


def tell_falls(
    was: Mapping[int, Standing], became: Mapping[int, Standing], *, about: Any, now: datetime
) -> list[Benchmark]:
    fallen = [pk for pk, standing in became.items() if pk in was and has_fallen(was[pk], standing)]
    found = Benchmark.objects.select_related("transition", "owner").filter(pk__in=fallen)
    for benchmark in found:
        then, today = was[benchmark.pk], became[benchmark.pk]
        payload = {"was": then.judged, "became": today.judged, "was_met": then.met, "met": today.met}
        tell_fall(benchmark, payload, about=about, now=now)
    return list(found)


def tell_fall(benchmark: Benchmark, payload: Mapping[str, str], *, about: Any, now: datetime) -> None:
    cause = about if isinstance(about, str) else f"{about._meta.label_lower}/{about.pk}"
    queue(
        (
            Message(
                kind=Fell.name, transition_id=benchmark.transition_id, thing_type=benchmark._meta.label_lower,
                thing_id=benchmark.pk, marking=benchmark.marking, recipient=person, payload=dict(payload),
                dedupe_key=f"{Fell.name}/{benchmark.pk}/{cause}/{person.pk}",
            )
            for person in who_hears(benchmark, now=now)
        ),
        now=now,
    )  # fmt: skip


def who_hears(benchmark: Benchmark, *, now: datetime) -> list[User]:
    """The owner, the lead of its pillar and the heads; the planners where there is none of them."""
    on = day(now, benchmark.transition.time_zone)
    people = {person.pk: person for person in holders(benchmark.transition_id, HEADS, on=on)}
    leads = Grant.objects.in_force(on=on).filter(
        Q(pillar=None) | Q(pillar=benchmark.pillar_id), transition=benchmark.transition_id, role=Role.PILLAR_LEAD,
        user__is_service=False,
    )  # fmt: skip
    people |= {grant.user_id: grant.user for grant in leads.select_related("user")}
    if benchmark.owner:
        people[benchmark.owner.pk] = benchmark.owner
    return list(people.values()) or list(holders(benchmark.transition_id, [Role.PLANNER], on=on))
