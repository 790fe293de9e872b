from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Marking, Role
from transitions.calendar.at_a_day import Row, calendar_at
from transitions.calendar.dates import Move, enter, redate, redate_all
from transitions.calendar.dependencies import link, path, unlink
from transitions.calendar.models import ApprovedVersion, Dependency, Milestone, Redating
from transitions.calendar.versions import approve_version
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact, StepRefused, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


def at(of: Any, as_of: date, known_at: date | None = None, **more: Any) -> dict[str, Row]:
    rows = calendar_at([of.pk], user=world.founder(), now=world.NOW, as_of=as_of, known_at=known_at or as_of, **more)
    return {row.code: row for row in rows}


def moved(item: Milestone, due: date, *, fact: Fact | None = None, now: datetime = world.NOW) -> None:
    redate(item, due, by=world.founder(), now=now, reason="because", fact=fact)


class TestRedate:
    @pytest.mark.parametrize(("due", "reason", "drivers", "field"), [
        (date(2020, 12, 24), " ", [], "reason"),
        (date(2020, 12, 1), "because", [], "due_on"),
        (date(2020, 12, 24), "because", ["weather"], "drivers"),
    ])  # fmt: skip
    def test_needs_a_reason_another_day_and_known_drivers(
        self, here: Any, due: date, reason: str, drivers: list[str], field: str
    ) -> None:
        item = world.milestone(here)
        with pytest.raises(ValidationError) as refused:
            redate(item, due, by=world.founder(), now=world.NOW, reason=reason, drivers=drivers)
        assert list(refused.value.message_dict) == [field]
        assert item.redatings.count() == 1

    def test_is_refused_on_a_stale_page_and_for_what_is_done(self, here: Any) -> None:
        item = world.milestone(here)
        take(item, "finish", by=world.founder(), now=world.NOW)
        for version in (1, None):
            with pytest.raises(StepRefused):
                redate(item, date(2021, 1, 1), by=world.founder(), now=world.NOW, reason="x", version=version)

    def test_is_for_planners_and_the_pillar_s_own_lead(self, here: Any) -> None:
        mine, other = world.pillar(here), world.pillar(here, "political")
        lead = world.person(Role.PILLAR_LEAD, here, pillar=mine)
        redate(world.milestone(here, pillar=mine), date(2021, 1, 1), by=lead, now=world.NOW, reason="x")
        for by, pillar in ((lead, other), (world.person(Role.AUDITOR, here), mine)):
            with pytest.raises(PermissionDenied):
                redate(world.milestone(here, pillar=pillar), date(2021, 1, 1), by=by, now=world.NOW, reason="x")

    def test_recorded_late_says_from_which_day_it_moved_then_and_may_be_overtaken(self, here: Any) -> None:
        item = world.milestone(here, now=datetime(2020, 6, 1, 6, tzinfo=UTC))
        moved(item, date(2021, 2, 1))
        moved(item, date(2021, 1, 1), fact=Fact("a letter", holds_from=date(2020, 8, 1)))
        days = list(item.redatings.order_by("pk").values_list("was_due_on", "due_on"))
        assert days[2] == (date(2020, 12, 1), date(2021, 1, 1))
        assert item.due_on == date(2021, 2, 1)
        assert_rebuilt()

    def test_of_many_is_all_or_nothing_and_costs_the_same(self, here: Any, django_assert_num_queries: Any) -> None:
        by = world.founder()
        by.grants_in_force(now=world.NOW)
        for number in (1, 20):
            items = [world.milestone(here) for _ in range(number)]
            with django_assert_num_queries(7):  # a savepoint and its release, lock, two reads, two writes
                redate_all([Move(one, date(2021, 1, 1), "x") for one in items], by=by, now=world.NOW)
            assert {one.owed_on for one in items} == {date(2021, 1, 1)}
        before = Redating.objects.count()
        with pytest.raises(ValidationError):
            redate_all([Move(one, date(2021, 2, 1), "x" if one.pk != items[-1].pk else "") for one in items],
                       by=by, now=world.NOW)  # fmt: skip
        assert Redating.objects.count() == before
        assert_rebuilt()

    def test_leaves_what_can_be_rebuilt(self, here: Any) -> None:
        item = world.milestone(here)
        moved(item, date(2020, 12, 24))
        moved(item, date(2020, 11, 24))
        take(item, "start", by=world.founder(), now=world.NOW)
        assert_rebuilt()


class TestEnter:
    def test_refuses_a_code_twice_and_leaves_nothing(self, here: Any) -> None:
        twice = [Milestone(transition=here, code="A", title="x") for _ in range(2)]
        with pytest.raises(ValidationError):
            enter(twice, by=world.founder(), now=world.NOW)
        assert not Milestone.objects.exists()

    def test_refuses_a_place_of_another_transition(self, here: Any) -> None:
        elsewhere = world.transition()
        for field, place in (("pillar", world.pillar(elsewhere)), ("owner_office", world.office(elsewhere))):
            with pytest.raises(ValidationError) as refused:
                enter([Milestone(transition=here, code="A", title="x", **{field: place})],
                      by=world.founder(), now=world.NOW)  # fmt: skip
            assert list(refused.value.message_dict) == [field]
        assert not Milestone.objects.exists()


class TestADay:
    def test_is_over_at_midnight_of_the_transition_s_own_zone(self, here: Any) -> None:
        world.milestone(here, code="A", due_on=date(2020, 10, 5))
        for hour, late in ((21, False), (22, True)):  # 23:59 on the 5th and 00:00 on the 6th in Khartoum
            minute = 59 if hour == 21 else 0
            now = datetime(2020, 10, 5, hour, minute, tzinfo=UTC)
            view = view_of(here, user=world.founder(), now=now)
            assert at(here, view.as_of)["A"].overdue is late

    def test_takes_the_same_queries_for_many(self, here: Any, django_assert_num_queries: Any) -> None:
        user, today = world.founder(), world.TODAY
        user.grants_in_force(now=world.NOW)
        for number in (1, 20):
            for _ in range(number):
                world.milestone(here, pillar=world.pillar(here), owner_office=world.office(here), owner=user)
            with django_assert_num_queries(4):
                calendar_at([here.pk], user=user, now=world.NOW, as_of=today, known_at=today)

    def test_is_as_it_stood_and_as_it_was_known(self, here: Any) -> None:
        first = datetime(2020, 6, 1, 6, tzinfo=UTC)
        item = world.milestone(here, code="A", now=first, due_on=date(2020, 8, 1))
        late = Fact("a report", holds_from=date(2020, 7, 1), known_from=date(2020, 9, 15))
        moved(item, date(2020, 9, 1), fact=late)
        take(item, "finish", by=world.founder(), now=world.NOW,
             despite=Fact("a report", holds_from=date(2020, 8, 20), known_from=date(2020, 9, 15)))  # fmt: skip
        assert at(here, date(2020, 5, 31)) == {}
        known_then = at(here, date(2020, 8, 25))["A"]
        assert (known_then.due_on, known_then.state, known_then.overdue) == (date(2020, 8, 1), "planned", True)
        known_now = at(here, date(2020, 8, 25), date(2020, 10, 1))["A"]
        assert (known_now.due_on, known_now.state, known_now.overdue) == (date(2020, 9, 1), "done", False)
        assert known_now.done_on == date(2020, 8, 20)

    def test_slip_is_measured_against_the_version_asked_for_and_else_unknown(self, here: Any) -> None:
        head = world.person(Role.HEAD_OF_MISSION, here)
        item = world.milestone(here, code="A")
        assert at(here, world.NOW.date())["A"].slip_days is None
        approve_version(here, by=head, now=world.NOW)
        moved(item, date(2020, 12, 11))
        world.milestone(here, code="B")
        approve_version(here, by=head, now=world.NOW)
        moved(item, date(2020, 12, 6))
        assert at(here, world.NOW.date())["A"].slip_days == -5
        first = at(here, world.NOW.date(), version=1)
        assert (first["A"].slip_days, first["B"].slip_days) == (5, None)

    def test_leaves_out_what_is_marked(self, here: Any) -> None:
        world.milestone(here, title="Witnesses", marking=Marking.STRICTLY_CONFIDENTIAL)
        reader, today = world.person(Role.UNCT_FOCAL_POINT, here), world.TODAY
        assert calendar_at([here.pk], user=reader, now=world.NOW, as_of=today, known_at=today) == []


class TestApprovedVersion:
    def test_is_for_the_leaders_and_not_empty(self, here: Any) -> None:
        head = world.person(Role.HEAD_OF_MISSION, here)
        with pytest.raises(ValidationError):
            approve_version(here, by=head, now=world.NOW)
        world.milestone(here)
        with pytest.raises(PermissionDenied):
            approve_version(here, by=world.person(Role.PLANNER, here), now=world.NOW)
        with pytest.raises(ValidationError):
            approve_version(here, by=head, now=world.NOW, title="x" * 201)
        assert not ApprovedVersion.objects.exists()

    def test_freezes_all_but_what_was_dropped(self, here: Any) -> None:
        item = world.milestone(here, code="A")
        take(world.milestone(here, code="B"), "drop", by=world.founder(), now=world.NOW, reason="x")
        version = approve_version(here, by=world.person(Role.DEPUTY_HEAD, here), now=world.NOW)
        moved(item, date(2021, 1, 1))
        assert list(version.items.values_list("code", "due_on")) == [("A", date(2020, 12, 1))]

    def test_taken_from_a_document_freezes_what_stood_on_its_day(self, here: Any) -> None:
        head = world.person(Role.HEAD_OF_MISSION, here)
        item = world.milestone(here, code="A", now=datetime(2020, 6, 1, 6, tzinfo=UTC), due_on=date(2020, 8, 1))
        moved(item, date(2020, 9, 1))
        world.milestone(here, code="B")
        early, late = (Fact("minutes", date(2020, month, 1)) for month in (7, 11))
        version = approve_version(here, by=head, now=world.NOW, fact=early)
        assert list(version.items.values_list("code", "due_on")) == [("A", date(2020, 8, 1))]
        approve_version(here, by=head, now=world.NOW)
        for fact in (early, late):  # before the last version; in the future
            with pytest.raises(ValidationError) as refused:
                approve_version(here, by=head, now=world.NOW, fact=fact)
            assert list(refused.value.message_dict) == ["holds_from"]
        assert list(ApprovedVersion.objects.values_list("number", flat=True)) == [1, 2]


class TestLink:
    def test_refuses_a_circle_and_spells_it_out(self, here: Any) -> None:
        a, b, c = (world.milestone(here, code=code) for code in "ABC")
        link(a, b, by=world.founder(), now=world.NOW)
        link(b, c, by=world.founder(), now=world.NOW)
        with pytest.raises(ValidationError, match="A → B → C → A"):
            link(c, a, by=world.founder(), now=world.NOW)
        assert Dependency.objects.count() == 2

    def test_is_made_and_undone_by_the_planner_or_the_lead_of_what_waits(self, here: Any) -> None:
        mine, other = world.pillar(here), world.pillar(here, "political")
        first, then = world.milestone(here, pillar=other), world.milestone(here, pillar=mine)
        lead, stranger = (world.person(Role.PILLAR_LEAD, here, pillar=pillar) for pillar in (mine, other))
        with pytest.raises(PermissionDenied):
            link(first, then, by=stranger, now=world.NOW)
        made = link(first, then, lag_days=3, by=lead, now=world.NOW)
        with pytest.raises(PermissionDenied):
            unlink(made, by=stranger, now=world.NOW)
        assert Dependency.objects.get().lag_days == 3
        unlink(made, by=lead, now=world.NOW)
        assert not Dependency.objects.exists()

    def test_stays_within_a_transition(self, here: Any) -> None:
        with pytest.raises(ValidationError):
            link(world.milestone(world.transition()), world.milestone(here), by=world.founder(), now=world.NOW)


class TestCircles(TestCase):
    @settings(max_examples=20, deadline=None)
    @given(pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=14))
    def test_are_never_accepted(self, pairs: Any) -> None:
        here = world.transition("under_way")
        items = [world.milestone(here) for _ in range(6)]
        for first, then in pairs:
            try:
                link(items[first], items[then], by=world.founder(), now=world.NOW)
            except ValidationError:
                continue
        for one in Dependency.objects.filter(transition=here):
            assert path(one.then, one.first) == []


@pytest.mark.django_db(transaction=True)
class TestTwoWhoLinkAtOnce:
    def test_make_no_circle_together(self) -> None:
        """The second looks for circles only once the first is there to be seen."""
        here = world.transition("under_way")
        a, b, by = world.milestone(here), world.milestone(here), world.founder()

        def second() -> None:
            try:
                link(a, b, by=by, now=world.NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                link(b, a, by=by, now=world.NOW)
                other = pool.submit(second)
                assert any(other.done() or somebody_waits() for _ in range(10_000))
            assert isinstance(other.exception(), ValidationError)
        assert Dependency.objects.count() == 1


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
        return bool(cursor.fetchone()[0])
