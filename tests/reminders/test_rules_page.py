"""Planners see every rule and whom it would reach, and set it for their transition."""

from typing import Any

import pytest
from django.urls import reverse

from tests import world
from tests.reminders.conftest import at, owned
from transitions.access.permissions import Role
from transitions.calendar.reminders import MilestoneDue
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.reminders.models import RuleSetting
from transitions.reminders.rules import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(at(-7))


@pytest.fixture
def page(here: Any) -> str:
    return reverse("reminder_rules", args=[here.slug])


@pytest.fixture
def planner(here: Any, client: Any) -> Any:
    person = here.grants.get(role=Role.PLANNER).user
    client.force_login(person)
    return person


FORM = {"rule": MilestoneDue.name, "switched_on": "yes", "leads": "own", "lead_days": "20, 10 5", "reason": "sooner"}


class TestPage:
    def test_shows_every_rule_with_whom_it_would_reach(self, client: Any, here: Any, planner: Any, page: str) -> None:
        item = owned(here, hard=True)
        owned(here)
        text = " ".join(client.get(page).content.decode().split())
        for rule in Rule.all.values():
            assert rule.name in text
        assert f"{item.owner}, owner (1)" in text
        assert f"{here.grants.get(role=Role.DEPUTY_HEAD).user}, deputy head of mission (1)" in text
        assert "goes up" in text

    def test_is_reached_from_the_transition_by_who_may_open_it(
        self, client: Any, here: Any, planner: Any, page: str
    ) -> None:
        status = reverse("status:transition", args=[here.slug])
        ahead = reverse("who_is_told", args=[here.slug])
        shown = client.get(status).content.decode()
        assert (page in shown, ahead in shown) == (True, True)
        client.force_login(world.person(Role.PROVIDER, here))
        shown = client.get(status).content.decode()
        assert (page in shown, ahead in shown) == (False, False)

    def test_sets_a_rule_and_shows_who_did(self, client: Any, here: Any, planner: Any, page: str) -> None:
        assert client.post(page, FORM).status_code == 302
        setting = RuleSetting.objects.get()
        assert (setting.rule, setting.lead_days, setting.switched_on) == (MilestoneDue.name, [20, 10, 5], True)
        client.post(page, FORM | {"leads": "rule", "switched_on": "no", "reason": "noise"})
        setting.refresh_from_db()
        assert (setting.lead_days, setting.switched_on) == (None, False)
        text = client.get(page).content.decode()
        for part in (str(planner), "20, 10, 5", "sooner", "noise", "switched off"):
            assert part in text

    def test_has_its_history_in_the_admin_too(self, client: Any, planner: Any, page: str) -> None:
        planner.is_staff = True
        planner.save()
        for reason in ("sooner", "sooner still"):
            client.post(page, FORM | {"reason": reason})
        setting = RuleSetting.objects.get()
        text = client.get(reverse("admin:reminders_rulesetting_history", args=[setting.pk])).content.decode()
        assert "sooner → sooner still" in text
        assert str(planner) in text

    @pytest.mark.parametrize(
        "wrong", [{"reason": ""}, {"lead_days": "soon"}, {"lead_days": "²"}, {"lead_days": "400"}, {"reason": "a\0b"}]
    )
    def test_says_what_was_refused(self, client: Any, planner: Any, page: str, wrong: dict[str, str]) -> None:
        answer = client.post(page, FORM | wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
        assert not RuleSetting.objects.exists()

    def test_of_a_rule_that_there_is_not_is_not_there(self, client: Any, planner: Any, page: str) -> None:
        assert client.post(page, FORM | {"rule": "no.such"}).status_code == 404

    def test_may_be_read_but_not_set_by_who_only_reads_messages(self, client: Any, here: Any, page: str) -> None:
        client.force_login(world.person(Role.AUDITOR, here))
        assert "<button>Set" not in client.get(page).content.decode()
        assert client.post(page, FORM).status_code == 403
        client.force_login(world.person(Role.PROVIDER, here))
        assert client.get(page).status_code == 403
        client.force_login(world.person(Role.PLANNER, world.transition()))
        assert client.get(page).status_code == 404

    def test_is_linked_from_the_transition_s_admin_page(self, client: Any, here: Any, planner: Any, page: str) -> None:
        planner.is_staff = True
        planner.save()
        text = client.get(reverse("admin:missions_transition_change", args=[here.pk])).content.decode()
        assert page in text

    def test_takes_the_same_queries_for_few_and_for_many(
        self, client: Any, here: Any, planner: Any, page: str, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        for number in (1, 5):
            for _ in range(number):
                owned(here)
                client.post(page, FORM | {"reason": f"{number}"})
            with django_assert_max_num_queries(60) as counted:
                client.get(page)
            counts.append(len(counted))
        assert counts[0] == counts[1]
