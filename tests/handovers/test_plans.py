"""The planned day and the residual owner: moved with a reason, as facts that can be recorded late."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Role
from transitions.handovers.at_a_day import Standing, handovers_at
from transitions.handovers.models import Handover, MandatedTask
from transitions.handovers.plans import PlannedMove, plan, plan_all
from transitions.handovers.recipients import change_recipient, propose
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact, StepRefused, take

NOW, TODAY = world.NOW, world.NOW.date()
SOON, LATER = date(2020, 11, 1), date(2020, 12, 1)


def standing(two_sides: SimpleNamespace, *, as_of: date, known_at: date | None = None, now: Any = None) -> Standing:
    looked_at = now or NOW + timedelta(days=60)
    view = view_of(two_sides.here, user=two_sides.planner, now=looked_at, as_of=as_of, known_at=known_at)
    [row] = handovers_at([two_sides.here.pk], view)
    return row


class TestPlan:
    def test_begins_with_the_handover(self, two_sides: SimpleNamespace) -> None:
        task = MandatedTask.objects.create(transition=two_sides.here, code="T-9", title="Courts")
        given = {"transition": two_sides.here, "code": "H-9", "task": task, "planned_on": SOON}
        [made] = propose([Handover(**given, residual_office=two_sides.theirs)], by=two_sides.planner, now=NOW)
        [row] = made.plans.all()
        assert (row.planned_on, row.residual_office) == (SOON, two_sides.theirs)
        assert_rebuilt()

    def test_keeps_what_is_not_given(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        plan(handover, planned_on=SOON, by=two_sides.planner, now=NOW, reason="agreed")
        row = plan(handover, residual_office=two_sides.theirs, by=two_sides.planner, now=NOW, reason="agreed")
        assert (row.planned_on, row.was_planned_on, row.residual_office) == (SOON, SOON, two_sides.theirs)
        plan(handover, planned_on=None, by=two_sides.planner, now=NOW, reason="no day any more")
        handover.refresh_from_db()
        assert (handover.planned_on, handover.residual_office, handover.owed_on) == (None, two_sides.theirs, None)
        assert_rebuilt()

    def test_is_a_planner_s_or_the_pillar_lead_s(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        for by in (two_sides.recipient, two_sides.head):
            with pytest.raises(PermissionDenied):
                plan(handover, planned_on=SOON, by=by, now=NOW, reason="x")
        pillar, other = world.pillar(two_sides.here), world.pillar(two_sides.here, "political")
        MandatedTask.objects.update(pillar=pillar)
        with pytest.raises(PermissionDenied):
            plan(handover, planned_on=SOON, by=world.person(Role.PILLAR_LEAD, two_sides.here, pillar=other), now=NOW,
                 reason="x")  # fmt: skip
        plan(handover, planned_on=SOON, by=world.person(Role.PILLAR_LEAD, two_sides.here, pillar=pillar), now=NOW,
             reason="x")  # fmt: skip

    @pytest.mark.parametrize("wrong", [{"reason": " "}, {"planned_on": None}])
    def test_needs_a_reason_and_something_that_changes(
        self, two_sides: SimpleNamespace, handover: Handover, wrong: Any
    ) -> None:
        with pytest.raises(ValidationError):
            plan(handover, **{"planned_on": SOON, "reason": "x"} | wrong, by=two_sides.planner, now=NOW)
        assert handover.plans.count() == 1

    def test_names_no_office_of_another_transition(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        office = world.office(world.transition())
        with pytest.raises(ValidationError):
            plan(handover, residual_office=office, by=two_sides.planner, now=NOW, reason="x")

    def test_is_refused_from_a_stale_page(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        take(handover, "prepare", by=two_sides.planner, now=NOW)
        with pytest.raises(StepRefused, match="open it again"):
            plan(handover, planned_on=SOON, by=two_sides.planner, now=NOW, reason="x", version=1)

    @pytest.mark.parametrize("state", ["transferred", "completed", "ended", "lapsed"])
    def test_has_nothing_left_to_plan_once_it_is_settled(
        self, two_sides: SimpleNamespace, handover: Handover, state: str
    ) -> None:
        Handover.objects.update(state=state)
        with pytest.raises(StepRefused, match="nothing left to plan"):
            plan(handover, planned_on=SOON, by=two_sides.planner, now=NOW, reason="x")

    def test_names_an_owner_of_what_has_lapsed(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        Handover.objects.update(state="lapsed")
        plan(handover, residual_office=two_sides.theirs, by=two_sides.planner, now=NOW, reason="it came back")
        handover.refresh_from_db()
        assert handover.residual_office == two_sides.theirs


class TestPlanAll:
    def test_moves_all_or_none(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        other = Handover.objects.get(pk=propose_another(two_sides, handover).pk)
        moves = [PlannedMove(handover, SOON, reason="x"), PlannedMove(other, SOON, reason="")]
        with pytest.raises(ValidationError):
            plan_all(moves, by=two_sides.planner, now=NOW)
        assert handover.plans.count() == 1

    def test_takes_the_same_queries_for_few_and_for_many(
        self, two_sides: SimpleNamespace, handover: Handover, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        for more in (1, 6):
            moves = [PlannedMove(propose_another(two_sides, handover), SOON, reason="x") for _ in range(more)]
            with django_assert_max_num_queries(30) as counted:
                plan_all(moves, by=two_sides.planner, now=NOW)
            counts.append(len(counted))
        assert counts[0] == counts[1]


def propose_another(two_sides: SimpleNamespace, like: Handover) -> Handover:
    code = f"H-{next(world.number)}"
    [made] = propose([Handover(transition=like.transition, code=code, task=like.task)], by=two_sides.planner, now=NOW)
    return made


class TestAFactRecordedLate:
    def test_is_read_by_both_clocks(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        later = NOW + timedelta(days=50)
        late = Fact("letter", holds_from=date(2020, 10, 10), known_from=date(2020, 11, 10))
        plan(handover, planned_on=SOON, by=two_sides.planner, now=later, reason="as agreed", fact=late)
        assert standing(two_sides, as_of=date(2020, 10, 9)).planned_on is None
        assert standing(two_sides, as_of=date(2020, 10, 10)).planned_on == SOON
        assert standing(two_sides, as_of=date(2020, 10, 20), known_at=date(2020, 11, 9)).planned_on is None

    def test_may_be_overtaken_already(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        plan(handover, planned_on=LATER, by=two_sides.planner, now=NOW + timedelta(days=20), reason="rains")
        late = Fact("letter of October", holds_from=date(2020, 10, 5))
        plan(handover, planned_on=SOON, by=two_sides.planner, now=NOW + timedelta(days=30), reason="agreed", fact=late)
        handover.refresh_from_db()
        assert handover.planned_on == LATER
        assert standing(two_sides, as_of=date(2020, 10, 6)).planned_on == SOON
        assert_rebuilt()

    def test_is_carried_on_where_a_later_plan_had_left_it_alone(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        plan(handover, planned_on=LATER, by=two_sides.planner, now=NOW + timedelta(days=20), reason="rains")
        late = Fact("letter of October", holds_from=date(2020, 10, 5))
        later = NOW + timedelta(days=30)
        plan(handover, residual_office=two_sides.theirs, by=two_sides.planner, now=later, reason="agreed", fact=late)
        handover.refresh_from_db()
        assert (handover.planned_on, handover.residual_office) == (LATER, two_sides.theirs)
        now_known = standing(two_sides, as_of=later.date())
        assert (now_known.planned_on, now_known.residual_owner) == (LATER, str(two_sides.theirs))
        before = standing(two_sides, as_of=date(2020, 10, 25), known_at=date(2020, 10, 25))
        assert (before.planned_on, before.residual_owner) == (LATER, None)
        assert_rebuilt()


class TestRowsOfPlansAndRecipients:
    def test_are_called_by_the_handover_s_name(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        by = two_sides.planner
        plan(handover, planned_on=TODAY, by=by, now=NOW, reason="agreed")
        assert [str(row) for row in handover.plans.all()] == [
            f"{handover}: no day, no residual owner", f"{handover}: {TODAY}, no residual owner",
        ]  # fmt: skip
        change_recipient(handover, kind="community", name="the town", by=by, now=NOW, reason="decree")
        change_recipient(handover, kind="", by=by, now=NOW, reason="it declined")
        assert [str(row) for row in handover.recipient_changes.all()] == [
            f"{handover}: {two_sides.theirs}", f"{handover}: the town", f"{handover}: nobody",
        ]  # fmt: skip
