"""What the calendar's own pages in the admin ask of its verbs."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.calendar.dependencies import link
from transitions.calendar.models import Dependency
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse

pytestmark = pytest.mark.django_db
LIST, ADD_DEPENDENCY = "admin:calendar_milestone_changelist", "admin:calendar_dependency_add"
SIXTH_IN_KHARTOUM = datetime(2020, 10, 5, 22, 30, tzinfo=UTC)


@pytest.fixture
def here() -> Any:
    Rehearsal.objects.all().delete()
    rehearse(SIXTH_IN_KHARTOUM)
    return world.transition("under_way")


@pytest.fixture
def as_(client: Any) -> Any:
    def sign_in(user: User) -> Any:
        User.objects.filter(pk=user.pk).update(is_staff=True)
        client.force_login(user)
        return client

    return sign_in


class TestOverdueFilter:
    def test_counts_days_in_the_transition_s_own_zone(self, as_: Any, here: Any) -> None:
        for code, due_on in (("LATE", date(2020, 10, 5)), ("TODAY", date(2020, 10, 6)), ("IN-30", date(2020, 11, 5)),
                             ("IN-31", date(2020, 11, 6))):  # fmt: skip
            world.milestone(here, code=code, due_on=due_on)
        browser = as_(world.person(Role.PLANNER, here))
        for value, expected in (("yes", ["LATE"]), ("soon", ["TODAY", "IN-30"])):
            shown = browser.get(reverse(LIST), {"overdue": value}).context["cl"].result_list
            assert [item.code for item in shown] == expected


class TestDependencyPage:
    def test_makes_no_circle(self, as_: Any, here: Any) -> None:
        first, then = world.milestone(here, code="A"), world.milestone(here, code="B")
        link(first, then, by=world.founder(), now=world.NOW)
        given = {"transition": here.pk, "first": "B", "then": "A", "kind": "finish_to_start", "lag_days": 0}
        answer = as_(world.person(Role.PLANNER, here)).post(reverse(ADD_DEPENDENCY), given)
        assert "That would be a circle: A → B → A." in answer.content.decode()
        assert Dependency.objects.count() == 1


class TestMilestonePage:
    @pytest.mark.parametrize(("was", "becomes"), [("security", "political"), ("political", "security")])
    def test_lets_a_lead_neither_take_from_nor_give_to_another_pillar(
        self, as_: Any, here: Any, was: str, becomes: str
    ) -> None:
        item = world.milestone(here, pillar=world.pillar(here, was))
        world.pillar(here, becomes)
        browser = as_(world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here)))
        page = reverse("admin:calendar_milestone_change", args=[item.pk])
        given = {"code": item.code, "title": "Mine now", "kind": "milestone", "marking": "unclassified",
                 "due_on": "2020-12-01", "pillar": world.pillar(here, becomes).pk}  # fmt: skip
        browser.post(page, given)
        item.refresh_from_db()
        assert (item.title, item.pillar.code) == ("Something to be done", was)

    def test_lets_a_lead_change_what_is_their_own(self, as_: Any, here: Any) -> None:
        item = world.milestone(here, pillar=world.pillar(here))
        browser = as_(world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here)))
        given = {"code": item.code, "title": "Mine now", "kind": "milestone", "marking": "unclassified",
                 "due_on": "2020-12-01", "pillar": item.pillar.pk}  # fmt: skip
        browser.post(reverse("admin:calendar_milestone_change", args=[item.pk]), given)
        item.refresh_from_db()
        assert item.title == "Mine now"
