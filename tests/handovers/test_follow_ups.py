"""Someone looks afterwards: on which days, who answers, and what a later answer corrects."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Role
from transitions.handovers.agreement import accept
from transitions.handovers.at_a_day import handovers_at
from transitions.handovers.follow_ups import answer, days_for
from transitions.handovers.models import FollowUp, FollowUpAnswer, FollowUpSchedule, Handover, Site
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact, take

NOW, TODAY = world.NOW, world.NOW.date()
GOOD = {"performed": "yes", "resources": "yes", "use_respected": "yes", "source": "visit"}


@pytest.fixture
def check(two_sides: SimpleNamespace, offered: Handover) -> FollowUp:
    accept(offered, by=two_sides.recipient, now=NOW)
    take(offered, "transfer", by=two_sides.planner, now=NOW)
    return FollowUp.objects.get(days=30)


class TestAnswer:
    @pytest.mark.parametrize("who", ["planner", "recipient", "coordinator"])
    def test_is_a_planner_s_the_recipient_s_or_the_coordinator_s(
        self, two_sides: SimpleNamespace, check: FollowUp, who: str
    ) -> None:
        two_sides.coordinator = world.person(Role.RESIDENT_COORDINATOR, two_sides.here)
        by = getattr(two_sides, who)
        answer(check, **GOOD, by=by, now=NOW)
        check.refresh_from_db()
        assert (check.answered_on, check.answered_by, check.owed_on) == (TODAY, by, None)
        assert_rebuilt()

    def test_is_nobody_else_s(self, two_sides: SimpleNamespace, check: FollowUp) -> None:
        auditor = world.person(Role.AUDITOR, two_sides.here, at=two_sides.theirs)
        for by in (two_sides.elsewhere, two_sides.head, world.person(), auditor):
            with pytest.raises(PermissionDenied):
                answer(check, **GOOD, by=by, now=NOW)
        assert not FollowUpAnswer.objects.exists()

    @pytest.mark.parametrize("wrong", [{"source": " "}, {"performed": ""}, {"resources": "perhaps"}])
    def test_is_whole_and_has_its_source(self, two_sides: SimpleNamespace, check: FollowUp, wrong: Any) -> None:
        with pytest.raises(ValidationError):
            answer(check, **GOOD | wrong, by=two_sides.planner, now=NOW)
        check.refresh_from_db()
        assert check.answered_on is None

    def test_is_not_what_was_seen_before_the_transfer(self, two_sides: SimpleNamespace, check: FollowUp) -> None:
        with pytest.raises(ValidationError, match="handed over on"):
            answer(check, **GOOD, by=two_sides.planner, now=NOW, fact=Fact("visit", TODAY - timedelta(days=1)))

    def test_is_corrected_by_a_later_one_that_says_why(self, two_sides: SimpleNamespace, check: FollowUp) -> None:
        answer(check, **GOOD, by=two_sides.recipient, now=NOW)
        looted = GOOD | {"resources": "no"}
        with pytest.raises(ValidationError, match="say why"):
            answer(check, **looted, by=two_sides.planner, now=NOW)
        answer(check, **looted, by=two_sides.planner, now=NOW, note="the store was looted meanwhile")
        check.refresh_from_db()
        assert check.failed
        assert check.answers.count() == 2
        assert_rebuilt()

    def test_recorded_late_corrects_nothing_seen_later(self, two_sides: SimpleNamespace, check: FollowUp) -> None:
        later = NOW + timedelta(days=40)
        answer(check, **GOOD | {"resources": "no"}, by=two_sides.planner, now=later)
        early = Fact("visit of October", holds_from=date(2020, 10, 20))
        answer(check, **GOOD, by=two_sides.planner, now=later, note="an earlier visit", fact=early)
        check.refresh_from_db()
        assert check.failed
        assert check.answered_on == later.date()
        assert_rebuilt()

    def test_is_read_by_both_clocks(self, two_sides: SimpleNamespace, check: FollowUp) -> None:
        later = NOW + timedelta(days=60)
        seen = Fact("report", holds_from=date(2020, 10, 31), known_from=date(2020, 11, 20))
        answer(check, **GOOD | {"performed": "no"}, by=two_sides.planner, now=later, fact=seen)

        def failed(as_of: str, known_at: str) -> bool:
            days = {"as_of": date.fromisoformat(as_of), "known_at": date.fromisoformat(known_at)}
            [row] = handovers_at(
                [two_sides.here.pk], view_of(two_sides.here, user=two_sides.planner, now=later, **days)
            )
            return row.failed

        assert [failed("2020-10-30", "2020-11-20"), failed("2020-10-31", "2020-11-20")] == [False, True]
        assert not failed("2020-11-19", "2020-11-19")


class TestChecks:
    def test_are_not_there_before_the_transfer_was_known(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        later = NOW + timedelta(days=60)
        world.grant(two_sides.planner, Role.RESIDENT_COORDINATOR, two_sides.here)
        known_late = Fact("note", holds_from=TODAY, known_from=date(2020, 11, 15))
        for step in ("prepare", "offer", "accept", "transfer"):
            take(handover, step, by=two_sides.planner, now=later, despite=known_late)
        days = {"as_of": date(2020, 11, 14), "known_at": date(2020, 11, 14)}
        [row] = handovers_at([two_sides.here.pk], view_of(two_sides.here, user=two_sides.planner, now=later, **days))
        assert (row.state, row.next_follow_up) == ("proposed", None)


class TestSchedule:
    def test_is_the_transition_s_own_else_the_default_else_what_is_written(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Base")
        assert days_for(handover) == [30, 90, 180]
        assert days_for(Handover(transition=two_sides.here, site=site)) == [1, 7, 30, 90, 180]
        FollowUpSchedule.objects.create(kind="task", days=[60])
        FollowUpSchedule.objects.create(kind="task", transition=world.transition(), days=[10])
        assert days_for(handover) == [60]
        FollowUpSchedule.objects.create(kind="task", transition=two_sides.here, days=[14, 365])
        assert days_for(handover) == [14, 365]

    @pytest.mark.django_db
    @pytest.mark.parametrize("days", [[], [0, 30], [30, 7], [7, 7]])
    def test_ascends_from_one_each_day_once(self, days: list[int]) -> None:
        with pytest.raises(ValidationError):
            FollowUpSchedule(kind="task", days=days).full_clean()

    @pytest.mark.django_db
    @pytest.mark.parametrize("days", [[], [0, 30], [30, 7], [7, 7]])
    def test_ascends_in_the_database_too(self, days: list[int]) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            FollowUpSchedule.objects.create(kind="task", days=days)

    def test_of_another_transition_is_not_seen_but_the_default_is(self, two_sides: SimpleNamespace) -> None:
        default = FollowUpSchedule.objects.create(kind="task", days=[60])
        FollowUpSchedule.objects.create(kind="task", transition=world.transition(), days=[10])
        assert list(FollowUpSchedule.objects.all().visible_to(two_sides.planner, now=NOW)) == [default]
        assert not FollowUpSchedule.objects.all().visible_to(world.person(), now=NOW).exists()
