"""Whatever people try, in whatever order: the table holds, no fact is lost, and what was known on a day stays known."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Role
from transitions.clock.present import day
from transitions.handovers.agreement import accept, accept_on_paper, change_agreed
from transitions.handovers.at_a_day import handovers_at
from transitions.handovers.conditions import Asked, mark_met
from transitions.handovers.follow_ups import QUESTIONS, answer
from transitions.handovers.incidents import record_incident
from transitions.handovers.lifecycle import HandoverLifecycle
from transitions.handovers.models import (
    Answer,
    Condition,
    Dimension,
    FollowUp,
    Handover,
    Incident,
    Level,
    MandatedTask,
    RecipientKind,
    Site,
)
from transitions.handovers.plans import plan
from transitions.handovers.recipients import assess, change_recipient, propose
from transitions.handovers.suspension import resume_in_scope, suspend_in_scope
from transitions.missions.models import Area
from transitions.status.reader import status_of, view_of
from transitions.workflow.engine import Blocked, Fact, Override, StepRefused, take

pytestmark = pytest.mark.django_db
REFUSALS = (StepRefused, Blocked, PermissionDenied, ValidationError)
STEPS = [step.name for step in HandoverLifecycle.steps]
RIGHTLY = {"accept": "recipient", "accept_with_conditions": "recipient", "refuse": "recipient", "suspend": "head",
           "resume": "head"}  # fmt: skip
WORDS = ("", " ", "The courts.", "The courts of three towns.")


class Act(NamedTuple):
    """What one person tries on one day. The numbers choose among what there is by then."""

    what: str
    who: str
    which: int
    pick: int
    other: int
    days: int  # that a fact lies back, or that go by
    despite: str


RIGHT = "whoever may"
WHO = ("planner", "head", "recipient", "elsewhere", "coordinator", "desk", "auditor", "superuser", "nobody")


@pytest.fixture
def stage(db: Any) -> SimpleNamespace:
    """A task and a site, each handed over twice, at five points of the way; and everybody who has a say, or none."""
    here = world.transition("under_way")
    one, other = world.office(here, "country_team"), world.office(here, "country_team")
    roles: dict[str, Any] = {
        "planner": (Role.PLANNER, None), "head": (Role.HEAD_OF_MISSION, None),
        "recipient": (Role.UNCT_FOCAL_POINT, one), "elsewhere": (Role.UNCT_FOCAL_POINT, other),
        "coordinator": (Role.RESIDENT_COORDINATOR, None),
        "desk": (Role.HEADQUARTERS_DESK, None), "auditor": (Role.AUDITOR, None),
    }  # fmt: skip
    who = {name: world.person(role, here, at=office) for name, (role, office) in roles.items()}
    who |= {"superuser": world.person(), "nobody": world.person()}
    who["superuser"].is_superuser = True
    who["superuser"].save()
    areas = [Area.objects.create(transition=here, code=code, name=code) for code in ("north", "south")]
    offices = [None, world.office(here), one, other]
    made = SimpleNamespace(here=here, who=who, offices=offices, areas=areas, handovers=[])
    task = MandatedTask.objects.create(transition=here, code="T-1", title="Courts")
    site = Site.objects.create(transition=here, code="S-1", name="Team site")
    ways = ((task, 0), (task, 1), (task, 2), (site, 3), (site, 4))
    made.handovers = [on_its_way(made, number, of, steps) for number, (of, steps) in enumerate(ways)]
    return made


def on_its_way(stage: SimpleNamespace, number: int, of: Any, steps: int) -> Handover:
    """As far as these many steps lead."""
    planner, now = stage.who["planner"], world.NOW
    about = {"task": of} if isinstance(of, MandatedTask) else {"site": of}
    [handover] = propose(
        [Handover(transition=stage.here, code=f"H-{number}", recipient_kind="country_team",
                  recipient_office=stage.offices[2], **about)], by=planner, now=now,
    )  # fmt: skip
    change_agreed(handover, text=f"As it stands in version {number}.", by=planner, now=now)
    handover.package.update(provided_on=world.TODAY)
    assess(handover, Dimension.STAFF, Level.READY, evidence="seen", by=planner, now=now)
    fact = Fact("a report", world.TODAY)
    for step in ("prepare", "offer", "accept", "transfer")[:steps]:
        take(handover, step, by=stage.who["coordinator" if step == "accept" else "planner"], now=now, despite=fact)
    return handover


class History:
    """Plays what people try, and looks after each whether anything was lost."""

    def __init__(self, stage: SimpleNamespace) -> None:
        self.stage, self.now, self.facts = stage, world.NOW, facts()
        self.remembered: dict[date, Any] = {}
        self.done: list[str] = []

    @property
    def today(self) -> date:
        return day(self.now, self.stage.here.time_zone)

    def play(self, act: Act) -> None:
        before = self.facts
        handover = Handover.objects.select_related("transition", "task", "site").get(
            pk=self.stage.handovers[act.which % len(self.stage.handovers)].pk
        )
        try:
            with transaction.atomic():
                ACTS[act.what](self, handover, act, self.person(act))
            self.done.append(act.what)
        except REFUSALS:
            assert facts() == before, f"{act} was refused, and left something behind"
        self.facts = facts()
        assert before.items() <= self.facts.items(), f"{act} lost or altered a fact"

    def person(self, act: Act) -> Any:
        return self.stage.who["planner" if act.who == RIGHT else act.who]

    def fact(self, act: Act) -> Fact | None:
        """What has happened some days ago, and became known after the last day that was looked at."""
        if act.despite != "fact":
            return None
        earliest = max(self.remembered, default=self.today - timedelta(days=20)) + timedelta(days=1)
        known_from = max(earliest, self.today - timedelta(days=act.other))
        return Fact("a report", self.today - timedelta(days=act.days), min(known_from, self.today))

    def look(self) -> None:
        """Yesterday is over: nothing that becomes known from now on changes what was known of it then."""
        yesterday = self.today - timedelta(days=1)
        self.remembered[yesterday] = self.answer(yesterday)

    def answer(self, of: date) -> Any:
        here, user, clocks = self.stage.here, self.stage.who["auditor"], {"as_of": of, "known_at": of}
        rows = handovers_at([here.pk], view_of(here, user=user, now=self.now, **clocks))
        return {"rows": rows, **status_of(here, user=user, now=self.now, **clocks)}

    def check(self) -> None:
        connection.check_constraints()
        assert_rebuilt()
        for of, told in self.remembered.items():
            present = self.answer(of)
            otherwise = {name: (value, now) for name, value in told.items() if (now := present[name]) != value}
            assert not otherwise, f"what was known of {of} on that day is told otherwise after {self.done}"


def facts() -> dict[tuple[str, str], str]:
    """Every row that is never altered, of every table that has such rows, by its contents."""
    tables = [model._meta.db_table for model in apps.get_models() if is_append_only(model)]
    every = " UNION ALL ".join(f"SELECT '{table}', id::text, md5(one::text) FROM {table} one" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(every)
        return {(table, pk): contents for table, pk, contents in cursor.fetchall()}


def is_append_only(model: Any) -> bool:
    return any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))


def take_a_step(history: History, handover: Handover, act: Act, by: Any) -> None:
    """Mostly one that leads on from here, by somebody who may."""
    here = [step.name for step in HandoverLifecycle.steps if handover.state in step.sources]
    names = here if here and act.other < 5 else STEPS
    name = names[act.pick % len(names)]
    take(
        handover, name, by=history.stage.who[RIGHTLY[name]] if act.who == RIGHT and name in RIGHTLY else by,
        now=history.now, reason="why" * bool(act.days % 6),
        version=handover.version - (act.other == 5),
        despite=Override("it must") if act.despite == "override" else history.fact(act),
    )  # fmt: skip


def write(history: History, handover: Handover, act: Act, by: Any) -> None:
    """Another area, not another part: a handover is called by its part, and always by what it is called now."""
    scope = (
        {"area": history.stage.areas[act.days % 2]}
        if act.other % 2
        else {"agreed_use": f"use {act.days}"}
        if act.other % 3
        else {}
    )
    change_agreed(handover, text=WORDS[act.pick % len(WORDS)], by=by, now=history.now, **scope)


def asked(history: History, act: Act) -> list[Asked]:
    return [Asked("Vehicles", history.today, history.stage.offices[act.pick % 4])] * (act.other % 3)


def accept_it(history: History, handover: Handover, act: Act, by: Any) -> None:
    accept(handover, by=by, now=history.now, conditions=asked(history, act), with_conditions=act.other == 4)


def accept_it_on_paper(history: History, handover: Handover, act: Act, by: Any) -> None:
    accept_on_paper(
        handover, signatory="The minister" * bool(act.pick % 4), signed_on=history.today - timedelta(days=act.days - 1),
        reference="MoJ/1", by=by, now=history.now, conditions=asked(history, act), fact=history.fact(act),
    )  # fmt: skip


def name_another(history: History, handover: Handover, act: Act, by: Any) -> None:
    change_recipient(
        handover, kind=RecipientKind.values[act.pick % len(RecipientKind.values)],
        office=history.stage.offices[act.other % 4], name="A village" * (act.days % 2),
        agreed_use="A school" * (act.days % 3), by=by, now=history.now, reason="a decree", fact=history.fact(act),
    )  # fmt: skip


def plan_it(history: History, handover: Handover, act: Act, by: Any) -> None:
    plan(
        handover, planned_on=history.today + timedelta(days=act.pick), by=by, now=history.now, reason="later",
        residual_office=history.stage.offices[act.other % 4], fact=history.fact(act),
    )  # fmt: skip


def suspend_or_resume(history: History, handover: Handover, act: Act, by: Any) -> None:
    verb = suspend_in_scope if act.pick % 2 else resume_in_scope
    verb(history.stage.here, kind=("", "task", "site")[act.other % 3], by=by, now=history.now, reason="a decree",
         fact=history.fact(act))  # fmt: skip


def answer_a_follow_up(history: History, handover: Handover, act: Act, by: Any) -> None:
    checks = list(
        FollowUp.objects.filter(handover__transition=history.stage.here).select_related("handover__transition")
    )
    if checks:
        said = {name: Answer.values[(act.pick + number) % 3] for number, name in enumerate(QUESTIONS)}
        answer(checks[act.which % len(checks)], **said, source="visit" * bool(act.other), note="again" * (act.days % 2),
               by=by, now=history.now, fact=history.fact(act))  # fmt: skip


def meet_a_condition(history: History, handover: Handover, act: Act, by: Any) -> None:
    conditions = list(Condition.objects.filter(handover__transition=history.stage.here))
    if conditions:
        mark_met(conditions[act.pick % len(conditions)], by=by, now=history.now, source="a note", met=act.other % 3 > 0,
                 fact=history.fact(act))  # fmt: skip


def record(history: History, handover: Handover, act: Act, by: Any) -> None:
    fact = history.fact(act._replace(despite="fact"))
    assert fact
    incident = Incident(transition=history.stage.here, code=f"I-{next(world.number)}", kind="looting", text="Looted",
                        handover=handover, source=fact.source)  # fmt: skip
    record_incident(incident, by=by, now=history.now, happened_on=fact.holds_from, known_from=fact.known_from)


def look_at_the_recipient(history: History, handover: Handover, act: Act, by: Any) -> None:
    assess(handover, Dimension.values[act.pick % 7], Level.values[act.other % 3], evidence="seen", by=by,
           now=history.now, fact=history.fact(act))  # fmt: skip


def let_days_go_by(history: History, handover: Handover, act: Act, by: Any) -> None:
    history.now += timedelta(days=1 + act.days)
    history.look()


ACTS: dict[str, Callable[[History, Handover, Act, Any], None]] = {
    "step": take_a_step, "text": write, "accept": accept_it, "paper": accept_it_on_paper, "recipient": name_another,
    "plan": plan_it, "scope": suspend_or_resume, "follow_up": answer_a_follow_up, "condition": meet_a_condition,
    "incident": record, "assess": look_at_the_recipient, "days": let_days_go_by,
}  # fmt: skip
number = st.integers(0, 20)
ACTED = st.builds(
    Act, what=st.sampled_from([*["step"] * 5, *["days"] * 2, *ACTS, "text"]),
    who=st.sampled_from([*[RIGHT] * 12, *WHO]), which=number, pick=number, other=st.integers(0, 5), days=number,
    despite=st.sampled_from(["", "", "fact", "override"]),
)  # fmt: skip
ENOUGH = settings(
    max_examples=15, deadline=None, database=None, phases=[Phase.generate],  # shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


class TestARandomHistory:
    def test_keeps_to_the_table_loses_no_fact_and_leaves_what_was_known(self, stage: SimpleNamespace) -> None:
        done: Counter[str] = Counter()

        @ENOUGH
        @given(acts=st.lists(ACTED, min_size=8, max_size=16))
        def keeps(acts: list[Act]) -> None:
            with transaction.atomic():
                history = History(stage)
                for act in acts:
                    history.play(act)
                history.check()
                done.update(history.done)
                transaction.set_rollback(True)

        keeps()
        assert done["step"] > 10, f"hardly anything was done: {done}"
