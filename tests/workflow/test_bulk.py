"""`begin_selected`: very many things at once, by the rules of `begin`."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from tests import world
from tests.filled import filled
from transitions.access.permissions import Role
from transitions.calendar.models import Milestone
from transitions.missions.models import Transition
from transitions.workflow.bulk import begin_selected
from transitions.workflow.engine import Fact, StepRefused, begin
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.NOW.date()
COLUMNS = [
    "transition_id", "code", "title", "kind", "hard", "approximate", "illustrative", "authority", "source", "note",
    "marking",
]  # fmt: skip


def query(of: Transition, number: int, **fact: Any) -> str:
    given = "".join(f", {value!r}{'::date' if name != 'source' else ''} AS fact_{name}" for name, value in fact.items())
    return (
        f"SELECT {of.pk} AS transition_id, 'B-' || n AS code, 'Something' AS title, 'milestone' AS kind, "
        "false AS hard, false AS approximate, false AS illustrative, '' AS authority, '' AS source, '' AS note, "
        f"'unclassified' AS marking{given} FROM generate_series(1, {number}) n"
    )


def fact(source: str = "report", holds_from: date = TODAY, known_from: date = TODAY) -> dict[str, str]:
    return {"source": source, "holds_from": str(holds_from), "known_from": str(known_from)}


def begin_them(here: Transition, by: Any, number: int = 3, *, of: Transition | None = None, **more: Any) -> int:
    given = fact(**more.pop("fact", {})) if more.get("from_facts") else {}
    return begin_selected(
        Milestone, COLUMNS, query(of or here, number, **given), transition=here, by=by, now=NOW, **more
    )  # fmt: skip


def history(code: str) -> dict[str, Any]:
    row = StateChange.objects.about(Milestone.objects.get(code=code)).values().get()
    return {name: value for name, value in row.items() if name not in ("id", "thing_id")}


class TestBeginSelected:
    def test_writes_the_same_as_begin(self, here: Any, planner: Any) -> None:
        assert begin_them(here, planner) == 3
        begin([Milestone(transition=here, code="A", title="Something")], by=planner, now=NOW)
        assert history("B-2") == history("A")
        assert (Milestone.objects.get(code="B-2").state, Milestone.objects.get(code="B-2").version) == ("planned", 1)

    def test_from_facts_writes_the_same_as_begin(self, here: Any, planner: Any) -> None:
        day = {"holds_from": date(2020, 9, 1), "known_from": date(2020, 9, 5)}
        begin_them(here, planner, from_facts=True, state="done", fact=day)
        begin([Milestone(transition=here, code="A", title="x")], by=planner, now=NOW, state="done",
              source=Fact("report", **day))  # fmt: skip
        assert history("B-1") == history("A")

    def test_costs_the_same_for_many(self, here: Any, planner: Any, django_assert_num_queries: Any) -> None:
        planner.grants_in_force(now=NOW)
        for number in (0, 500):
            with django_assert_num_queries(6):  # a savepoint and its release, the lock, the last row, all of it, whose
                begin_them(here, planner, number)

    def test_is_for_who_may_begin_such_things(self, here: Any) -> None:
        for stranger in (world.person(Role.AUDITOR, here), world.person(Role.PLANNER, world.transition())):
            with pytest.raises(PermissionDenied):
                begin_them(here, stranger)

    def test_in_a_later_state_is_for_who_may_record_facts(self, here: Any) -> None:
        lead = world.person(Role.PILLAR_LEAD, here)
        assert begin_them(here, lead, from_facts=True)
        with pytest.raises(PermissionDenied):
            begin_them(here, lead, from_facts=True, state="done")

    @pytest.mark.parametrize(("state", "from_facts"), [("done", False), ("lost", True)])
    def test_in_a_state_that_it_cannot_begin_in_is_refused(
        self, here: Any, planner: Any, state: str, from_facts: bool
    ) -> None:
        with pytest.raises(StepRefused):
            begin_them(here, planner, state=state, from_facts=from_facts)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"source": ""}, "source"), ({"holds_from": TODAY + timedelta(days=1)}, "holds_from"),
         ({"known_from": TODAY + timedelta(days=1)}, "known_from")],
    )  # fmt: skip
    def test_from_what_cannot_be_a_fact_is_refused(
        self, here: Any, planner: Any, wrong: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(ValidationError) as refused:
            begin_them(here, planner, from_facts=True, fact=wrong)
        assert list(refused.value.message_dict) == [field]
        assert not Milestone.objects.exists()

    def test_of_another_transition_is_refused(self, here: Any, planner: Any) -> None:
        with pytest.raises(ValidationError, match="belongs to another transition"):
            begin_them(here, planner, of=world.transition())
        assert not Milestone.objects.exists()

    def test_locks_its_transition(self, here: Any, planner: Any) -> None:
        filled(Milestone, here)
        with connection.execute_wrapper(said := Said()):
            begin_them(here, planner)
        assert any(text.endswith("FOR NO KEY UPDATE") for text in said.texts[:3])


class Said:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.texts.append(sql)
        return execute(sql, params, many, context)
