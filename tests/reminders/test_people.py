"""Whom each rung reaches, side by side and when somebody is away."""

from datetime import timedelta
from typing import Any

import pytest

from tests import world
from tests.reminders.conftest import DUE, at, owned, told
from transitions.access.permissions import Role
from transitions.missions.models import Side
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


class TestEscalation:
    @pytest.mark.parametrize(
        ("side", "hard", "week", "fortnight"),
        [
            ("mission", True, ["pillar_lead"], ["deputy_head"]),
            ("mission", False, ["pillar_lead"], []),
            ("country_team", True, ["nobody"], ["resident_coordinator"]),  # "nobody": a head who holds no role
            ("government", True, ["unct_focal_point"], ["resident_coordinator"]),
        ],
    )
    def test_climbs_on_the_owner_s_own_side(
        self, here: Any, side: str, hard: bool, week: list[str], fortnight: list[str]
    ) -> None:
        item = owned(here, side, hard=hard)
        sweep(now=at(1))
        late = told(at(7))
        assert [who for who, _ in late] == week
        if side == "country_team":
            assert Message.objects.get(payload__rung=7).recipient == item.owner_office.head
        assert [who for who, _ in told(at(14))] == fortnight

    @pytest.mark.parametrize("side", [None, *Side.values])
    @pytest.mark.parametrize("state", ["under_way", "liquidating", "following_up"])
    def test_leaves_no_item_out_whoever_owns_it(self, side: str | None, state: str) -> None:
        here = world.transition(state)
        world.person(Role.PLANNER, here)
        office = world.office(here, side) if side else None
        world.milestone(here, owner_office=office, due_on=DUE, hard=True)
        assert [told(at(day)) for day in (1, 7, 14)] == [[("planner", day)] for day in (1, 7, 14)]

    def test_of_what_nobody_s_side_owns_goes_to_the_planner_and_the_headquarters_desk(self, here: Any) -> None:
        item = owned(here, "successor", owner_office=world.office(here, "successor"), hard=True)
        assert [who for who, _ in told(at(7)) if who != item.owner.username.split(".")[0]] == ["planner"]
        assert ("headquarters_desk", 14) in told(at(14))

    @pytest.mark.parametrize("state", ["liquidating", "following_up"])
    def test_goes_to_who_remains_once_the_mission_s_people_have_left(self, state: str) -> None:
        gone = world.transition(state, kind="withdrawal")
        people = {role: world.person(role, gone) for role in (Role.RESIDENT_COORDINATOR, Role.DEPUTY_HEAD)}
        item = owned(gone, hard=True)
        sweep(now=at(1))
        assert [who for who, _ in told(at(7))] == ["resident_coordinator"]
        item.owner_office.residual_office = world.office(gone, "country_team", head=world.person())
        item.owner_office.save()
        sweep(now=at(7))
        sweep(now=at(14))
        late = Message.objects.filter(payload__rung__gte=7).order_by("pk").values_list("recipient", "payload__rung")
        remains = item.owner_office.residual_office.head.pk
        coordinator = people[Role.RESIDENT_COORDINATOR].pk
        assert list(late) == [(coordinator, 7), (remains, 7), (coordinator, 14)]

    def test_stays_with_a_mission_that_follows_up_its_own_reconfiguration(self) -> None:
        stays = world.transition("following_up", kind="reconfiguration")
        owned(stays)
        sweep(now=at(1))
        assert told(at(7)) == [("pillar_lead", 7)]


class TestWhoIsTold:
    """Silence is a lost reminder: somebody is always found, or the admin shows that nobody was."""

    def test_falls_back_step_by_step(self) -> None:
        here = world.transition("under_way")
        office = world.office(here, head=None)
        item = world.milestone(here, owner_office=office, due_on=DUE)
        reached = []

        def sweep_and_forget() -> None:
            made = sweep(now=at(0))
            reached.append(Message.objects.get(sweep=made.pk).recipient)
            Message.objects.all().delete()

        sweep_and_forget()
        expected: list[Any] = [None]
        for role in (Role.HEADQUARTERS_DESK, Role.RESIDENT_COORDINATOR, Role.PLANNER):
            expected.append(world.person(role, here))
            sweep_and_forget()
        office.head = world.person(None)
        office.save()
        expected.append(office.head)
        sweep_and_forget()
        expected.append(world.person(Role.PROVIDER, here, at=office, acting=True))
        sweep_and_forget()
        item.owner = world.person(Role.PROVIDER, here, at=office)
        item.save()
        expected.append(item.owner)
        sweep_and_forget()
        assert reached == expected

    def test_an_owner_who_has_left_is_passed_over(self, here: Any) -> None:
        item = owned(here)
        item.owner.grants.update(until=DUE - timedelta(days=10))
        assert told(at(0)) == [("nobody", 0)]  # the head of the office, who holds no role

    def test_an_owner_who_has_left_one_post_for_another_is_told(self, here: Any) -> None:
        item = owned(here)
        item.owner.grants.update(until=DUE - timedelta(days=10))
        world.grant(item.owner, Role.VERIFIER)
        assert told(at(0)) == [("provider", 0)]

    def test_that_there_is_nobody_is_a_failure_that_is_shown(self) -> None:
        world.milestone(world.transition("under_way"), due_on=DUE)
        sweep(now=at(0))
        message = Message.objects.get()
        assert message.delivery == "failed"
        assert "nobody to tell" in message.why_not

    def test_is_the_officer_in_charge_while_the_holder_is_away(self, here: Any) -> None:
        owned(here, hard=True)
        acting = world.person(Role.DEPUTY_HEAD, here, acting=True, from_date=DUE, until=DUE + timedelta(days=20))
        sweep(now=at(14))
        assert Message.objects.get(payload__rung=14).recipient == acting

    def test_is_never_a_service_account_or_one_without_an_address(self) -> None:
        here = world.transition("under_way")
        world.grant(world.User.objects.create_user("program", "p@example.org", is_service=True), Role.PLANNER, here)
        world.grant(world.User.objects.create_user("unreachable"), Role.PLANNER, here)
        desk = world.person(Role.HEADQUARTERS_DESK)
        world.milestone(here, due_on=DUE)
        sweep(now=at(0))
        assert Message.objects.get().recipient == desk
