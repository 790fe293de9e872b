"""Every rule there is finds somebody, on every rung, as long as one of three people is left."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Q

from benchmarks.models import Assessment
from tests import country, world
from tests.filled import filled
from tests.reminders.cast import on
from transitions.access.permissions import Role
from transitions.handovers.models import Condition, FollowUp, Handover
from transitions.missions.models import FollowUpCheck, ResidualObligation, Transition
from transitions.outbox.models import Message
from transitions.reminders.rules import Rule
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import Fact

pytestmark = pytest.mark.django_db
DUE = date(2020, 12, 1)


def indicator(here: Transition) -> Any:
    since = Fact("S/2020/9", date(2020, 9, 2), date(2020, 9, 2))
    return country.indicator(country.benchmark(here), measured_every=90, since=since)


def submitted(here: Transition) -> Any:
    definition = indicator(here).definitions.get()
    return filled(Assessment, here, indicator=definition.indicator, definition=definition, state="submitted",
                  judged="on_track", as_of=date(2020, 11, 1), submitted_on=DUE - timedelta(days=7))  # fmt: skip


OWED: dict[str, Callable[[Transition], Any]] = {
    "calendar.milestone_due": lambda here: world.milestone(here, due_on=DUE),
    "handovers.handover_due": lambda here: filled(Handover, here, state="proposed", planned_on=DUE),
    "handovers.answer_due": lambda here: filled(Handover, here, state="offered", answer_due_on=DUE),
    "handovers.condition_due": lambda here: filled(Condition, here, due_on=DUE),
    "handovers.follow_up_due": lambda here: filled(FollowUp, here, due_on=DUE),
    "benchmarks.assessment_due": indicator,
    "benchmarks.verification_due": submitted,
    "missions.obligation_due": lambda here: filled(ResidualObligation, here, due_on=DUE),
    "missions.follow_up_check_due": lambda here: filled(FollowUpCheck, here, due_on=DUE),
}
"""Something that is owed on that day, and owned by nobody."""

TELLS = [pytest.param(name, number, id=f"{name}-{number}")
         for name, rule in sorted(Rule.all.items()) for number in range(len(rule.tells))]  # fmt: skip


@pytest.fixture(autouse=True)
def composed_anew() -> Iterator[None]:
    """What a rule declares is put together once a process: neither what was before counts here, nor this afterwards."""
    Rule.at_any.cache_clear()
    yield
    Rule.at_any.cache_clear()


@pytest.mark.parametrize(("name", "number"), TELLS)
def test_a_tell_finds_whoever_is_left(name: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Rule.all[name]
    tell = replace(rule.tells[number], where=Q())  # whomever it is for, it has a last resort
    monkeypatch.setattr(rule, "tells", (tell,))
    monkeypatch.setattr(Rule, "all", {name: rule})
    for role in (Role.PLANNER, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK):
        here = world.transition("under_way")
        item, person = OWED[name](here), world.person(role, here)
        sweep(now=on(DUE + timedelta(days=max(tell.on))))
        told = Message.objects.filter(kind=name, thing_id=item.pk)
        assert [(message.recipient, message.delivery) for message in told] == [(person, "queued")], role


def test_every_rule_is_tried() -> None:
    assert set(OWED) == {name for name in Rule.all if not name.startswith("tests.")}
