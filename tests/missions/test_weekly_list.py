"""Heads of office get one list a week, of what is overdue and what is due soon, as it stands when it leaves."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import world
from tests.reminders.conftest import DUE, at
from transitions.access.permissions import Marking, Role
from transitions.missions.rounds import WeeklyList
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Holiday, Message, Preference, WorkingWeek
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
MONDAY = datetime(2020, 11, 30, 3, 0, tzinfo=UTC)  # 05:00 in Khartoum, the day before the due date


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    world.person(Role.PLANNER, it)
    return it


@pytest.fixture
def office(here: Any) -> Any:
    return world.office(here, head=world.person(), name="Sector South")


def lists(now: datetime) -> list[Message]:
    made = sweep(now=now)
    return list(Message.objects.filter(sweep=made.pk, kind=WeeklyList.name))


def written() -> str:
    return "\n".join(Message.objects.filter(kind=WeeklyList.name).values_list("rendered", flat=True))


class TestWhen:
    def test_is_the_first_working_day_and_once_a_week(self, here: Any, office: Any) -> None:
        world.milestone(here, owner_office=office, due_on=DUE)
        days = [MONDAY + timedelta(hours=hours) for hours in (-24, 0, 6, 24, 6 * 24, 7 * 24)]
        assert [now.weekday() for now in days if lists(now)] == [0, 0]

    def test_is_the_first_of_the_duty_station_s_own_week(self, here: Any, office: Any) -> None:
        WorkingWeek.objects.create(transition=here, days_off=[5, 6])
        world.milestone(here, owner_office=office, due_on=DUE)
        days = [MONDAY + timedelta(days=n) for n in (-3, -1, 0, 1, 5, 6, 7)]
        assert [now.strftime("%a") for now in days if lists(now)] == ["Sun", "Sun"]

    def test_is_the_day_after_a_holiday_and_the_next_week_s_list_comes_all_the_same(
        self, here: Any, office: Any
    ) -> None:
        WorkingWeek.objects.create(transition=here, days_off=[5, 6])
        Holiday.objects.create(transition=here, on=MONDAY.date() - timedelta(days=1), name="A holiday")
        world.milestone(here, owner_office=office, due_on=DUE)
        days = [MONDAY + timedelta(days=n) for n in (-1, 0, 1, 6, 7)]
        assert [now.strftime("%a") for now in days if lists(now)] == ["Mon", "Sun"]

    @pytest.mark.parametrize(("first", "comes"), [(0, [0, 7]), (1, [1, 7]), (4, [4, 7]), (5, [7]), (8, [8])])
    def test_is_made_up_for_once_where_the_first_day_had_no_sweep(
        self, here: Any, office: Any, first: int, comes: list[int]
    ) -> None:
        world.milestone(here, owner_office=office, due_on=DUE)
        assert lists(MONDAY - timedelta(days=1)) == []
        assert [days for days in range(first, 13) if lists(MONDAY + timedelta(days=days))] == comes

    def test_is_not_made_up_for_where_the_first_day_had_nothing_to_list(self, here: Any, office: Any) -> None:
        assert lists(MONDAY) == []
        world.milestone(here, owner_office=office, due_on=DUE)
        assert lists(MONDAY + timedelta(days=1)) == []

    def test_is_the_head_s_own_hour(self, here: Any, office: Any) -> None:
        Preference.objects.create(person=office.head, hour=time(10, 30))
        world.milestone(here, owner_office=office, due_on=DUE)
        [message] = lists(MONDAY)
        assert message.recipient == office.head
        assert message.due_at == datetime(2020, 11, 30, 8, 30, tzinfo=UTC)


class TestWhat:
    def test_lists_what_is_overdue_and_due_within_two_weeks_of_this_office(
        self, here: Any, office: Any, mail: Any
    ) -> None:
        near = {"late": -3, "soon": 14, "far": 15}
        items = {
            name: world.milestone(here, owner_office=office, title=f"It is {name}", due_on=at(0).date() + timedelta(n))
            for name, n in ((name, n - 1) for name, n in near.items())
        }
        handover = world.handover(here, owner_office=office, planned_on=DUE)
        world.milestone(here, owner_office=world.office(here), title="Of others", due_on=DUE)
        sweep(now=MONDAY)
        deliver(now=MONDAY + timedelta(hours=3))
        text = written()
        assert "This week in Sector South: 1 overdue, 2 due soon" in text
        assert f"- Milestone: {items['late']}, due on 27 November 2020, 3 days late" in text
        assert f"- Milestone: {items['soon']}, due on 14 December 2020" in text.splitlines()
        assert f"- Handover: {handover}, due on 1 December 2020" in text
        for other in ("It is far", "Of others"):
            assert other not in text

    def test_is_as_things_stand_when_it_leaves(self, here: Any, office: Any, mail: Any) -> None:
        first, second = (world.milestone(here, owner_office=office, title=name, due_on=DUE) for name in ("One", "Two"))
        sweep(now=MONDAY)
        take(first, "finish", by=world.founder(), now=MONDAY)
        deliver(now=MONDAY + timedelta(hours=3))
        assert str(second) in written()
        assert str(first) not in written()

    def test_is_not_sent_where_nothing_is_left(self, here: Any, office: Any, mail: Any) -> None:
        item = world.milestone(here, owner_office=office, due_on=DUE)
        [message] = lists(MONDAY)
        take(item, "finish", by=world.founder(), now=MONDAY)
        deliver(now=MONDAY + timedelta(hours=3))
        message.refresh_from_db()
        assert message.withdrawn_at

    def test_is_not_queued_where_nothing_is_near(self, here: Any, office: Any) -> None:
        world.milestone(here, owner_office=office, due_on=DUE + timedelta(days=60))
        assert lists(MONDAY) == []

    def test_leaves_out_what_lies_in_a_pause(self, here: Any, office: Any) -> None:
        world.pause(here)
        world.milestone(here, owner_office=office, due_on=DUE)
        assert lists(MONDAY) == []

    def test_names_what_is_marked_by_its_code(self, here: Any, office: Any, mail: Any) -> None:
        item = world.milestone(here, owner_office=office, due_on=DUE, title="Witnesses", marking=Marking.CONFIDENTIAL)
        sweep(now=MONDAY)
        deliver(now=MONDAY + timedelta(hours=3))
        assert item.code in written()
        assert "Witnesses" not in written()


class TestWho:
    def test_is_the_officer_in_charge_while_there_is_one(self, here: Any, office: Any) -> None:
        acting = world.person(Role.PROVIDER, here, at=office, acting=True)
        world.milestone(here, owner_office=office, due_on=DUE)
        [message] = lists(MONDAY)
        assert message.recipient == acting
        assert message.payload["as"] == "officer-in-charge"

    def test_is_nobody_where_the_office_has_no_head(self, here: Any) -> None:
        world.milestone(here, owner_office=world.office(here), due_on=DUE)
        assert lists(MONDAY) == []


class TestQueries:
    def test_look_for_items_only_where_no_list_was_queued_yet(self, here: Any, office: Any) -> None:
        world.milestone(here, owner_office=office, due_on=DUE)
        assert WeeklyList.queue(None, now=MONDAY) == 1
        with CaptureQueriesContext(connection) as asked:
            assert WeeklyList.queue(None, now=MONDAY) == 0
        assert not [query for query in asked.captured_queries if "calendar_milestone" in query["sql"]]

    def test_are_as_many_for_many_offices(self, here: Any, django_assert_max_num_queries: Any) -> None:
        counts = []
        for number in (1, 6):
            for _ in range(number):
                office = world.office(here, head=world.person())
                for _ in range(number):
                    world.milestone(here, owner_office=office, due_on=DUE)
            Message.objects.all().delete()
            sweep(now=MONDAY)
            messages = list(Message.objects.filter(kind=WeeklyList.name))
            with django_assert_max_num_queries(20) as counted:
                WeeklyList().write(messages, now=MONDAY)
            counts.append(len(counted))
        assert counts[0] == counts[1]
