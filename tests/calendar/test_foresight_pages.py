"""What follows from a new day, on the pages where it is given and over REST; and days that a blackout forbids."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from knox.models import AuthToken

from tests import world
from tests.filled import filled
from transitions.access.permissions import Marking, Role
from transitions.calendar.dependencies import link
from transitions.calendar.models import Redating
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.models import HandoverPlan
from transitions.missions.models import Area
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db


def on(day: int) -> Any:
    return world.TODAY + timedelta(days=day)


@pytest.fixture
def here() -> Any:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)
    return world.transition("under_way")


@pytest.fixture
def browser(client: Any, here: Any) -> Any:
    user = world.person(Role.PLANNER, here)
    user.is_staff = True
    user.save()
    client.force_login(user)
    return client


@pytest.fixture
def pair(here: Any) -> Any:
    """One that waits for the other, and would have to follow it."""
    first, then = world.milestone(here, due_on=on(5)), world.milestone(here, due_on=on(6))
    link(first, then, by=world.founder(), now=world.NOW)
    return first, then


def page(thing: Any) -> str:
    return reverse(f"admin:{thing._meta.label_lower.replace('.', '_')}_change", args=[thing.pk])


def form(milestone: Any, day: int, **more: Any) -> dict[str, Any]:
    kept = {name: getattr(milestone, name) for name in ("code", "title", "kind", "marking")}
    said = {"due_on": str(on(day)), "reason": "the road is closed", "drivers": ["budget", "politics"]}
    return kept | said | more


def typed(answer: Any) -> dict[str, list[str]]:
    """What the page would post, but for the button."""
    found: dict[str, list[str]] = {}
    for name, text in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()):
        found.setdefault(name, []).append(text)
    return found


def days(*things: Any) -> list[Any]:
    for thing in things:
        thing.refresh_from_db()
    return [thing.due_on for thing in things]


class TestMovingAMilestone:
    def test_with_nothing_that_follows_is_one_step(self, browser: Any, pair: Any) -> None:
        first, then = pair
        assert browser.post(page(first), form(first, 6)).status_code == 302
        assert browser.post(page(then), form(then, 20)).status_code == 302
        assert days(first, then) == [on(6), on(20)]

    def test_shows_what_follows_and_does_nothing_yet(self, browser: Any, pair: Any) -> None:
        first, then = pair
        answer = browser.post(page(first), form(first, 9, title="Another title"))
        text = answer.content.decode()
        assert answer.status_code == 200
        for part in (str(then), str(on(9)), "Move all of these", "Move only this one", "Go back", '<svg role="img"'):
            assert part in text
        assert days(first, then) == [on(5), on(6)]
        assert first.title != "Another title"
        assert typed(answer)["drivers"] == ["budget", "politics"]

    def test_then_moves_all_of_it(self, browser: Any, pair: Any) -> None:
        first, then = pair
        shown = typed(browser.post(page(first), form(first, 9, title="Another title")))
        assert browser.post(page(first), {**shown, "follow": "all"}).status_code == 302
        assert days(first, then) == [on(9), on(9)]
        assert first.title == "Another title"
        asked, followed = Redating.objects.exclude(reason="").order_by("pk")
        assert asked.drivers == ["budget", "politics"]
        assert followed.reason == f"follows from {first.code}: the road is closed"

    def test_or_only_what_was_asked_for(self, browser: Any, pair: Any) -> None:
        first, then = pair
        shown = typed(browser.post(page(first), form(first, 9)))
        assert browser.post(page(first), {**shown, "follow": "only"}).status_code == 302
        assert days(first, then) == [on(9), on(6)]
        opened = browser.get(page(then)).content.decode()
        assert f"It is planned too early for {first}" in opened

    def test_or_nothing_with_what_was_typed_still_there(self, browser: Any, pair: Any) -> None:
        first, then = pair
        shown = typed(browser.post(page(first), form(first, 9)))
        answer = browser.post(page(first), {**shown, "follow": "back"})
        assert "Nothing was moved." in answer.content.decode()
        assert "the road is closed" in answer.content.decode()
        assert days(first, then) == [on(5), on(6)]

    def test_is_refused_where_the_plan_has_changed_since(self, browser: Any, pair: Any) -> None:
        first, then = pair
        shown = typed(browser.post(page(first), form(first, 9)))
        link(then, world.milestone(first.transition, due_on=on(7)), by=world.founder(), now=world.NOW)
        answer = browser.post(page(first), {**shown, "follow": "all"})
        assert "The plan has changed since you looked at what follows: look again" in answer.content.decode()
        assert days(first, then) == [on(5), on(6)]

    def test_says_what_is_wrong_with_the_new_day_afterwards(self, browser: Any, here: Any) -> None:
        site = world.milestone(here, kind="site", due_on=on(5))
        world.event(here, on(9), on(9), title="Election week")
        answer = browser.post(page(site), form(site, 9), follow=True)
        assert "In the blackout of Election week" in answer.content.decode()
        assert days(site) == [on(9)]


class TestAPlanner:
    def test_who_may_not_move_all_is_not_offered_to(self, client: Any, pair: Any) -> None:
        first, then = pair
        here = first.transition
        type(first).objects.filter(pk=first.pk).update(pillar=world.pillar(here))
        type(then).objects.filter(pk=then.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
        lead = world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here), acting=True)
        type(lead).objects.filter(pk=lead.pk).update(is_staff=True)
        client.force_login(lead)
        answer = client.post(page(first), form(first, 9, pillar=world.pillar(here).pk))
        text = answer.content.decode()
        assert "an item that you may not see" in text
        assert then.code not in text
        assert "Move all of these" not in text
        assert client.post(page(first), {**typed(answer), "follow": "all"}).status_code == 403
        assert days(first, then) == [on(5), on(6)]


class TestMovingAHandover:
    def test_shows_what_follows_and_moves_it_with_the_residual_office(self, browser: Any, here: Any) -> None:
        handover = world.handover(here, planned_on=on(5))
        then, office = world.milestone(here, due_on=on(6)), world.office(here, "country_team")
        link(handover, then, by=world.founder(), now=world.NOW)
        act = reverse("admin:handovers_handover_act", args=[handover.pk, "plan"])
        given = {"version": 1, "planned_on": str(on(9)), "residual_office": office.code, "reason": "staff are late"}
        shown = browser.post(act, given)
        assert str(then) in shown.content.decode()
        assert HandoverPlan.objects.count() == 1
        assert browser.post(act, {**typed(shown), "follow": "all"}).status_code == 302
        handover.refresh_from_db()
        assert (handover.planned_on, handover.residual_office, days(then)) == (on(9), office, [on(9)])
        assert HandoverPlan.objects.count() == 2

    def test_is_one_step_where_only_the_residual_office_changes(self, browser: Any, here: Any) -> None:
        handover = world.handover(here, planned_on=on(9))
        link(handover, world.milestone(here, due_on=on(6)), by=world.founder(), now=world.NOW)
        act = reverse("admin:handovers_handover_act", args=[handover.pk, "plan"])
        office = world.office(here, "country_team")
        given = {"version": 1, "planned_on": str(on(9)), "residual_office": office.code, "reason": "they stay"}
        assert browser.post(act, given).status_code == 302
        handover.refresh_from_db()
        assert handover.residual_office == office


class TestBlackouts:
    @pytest.fixture
    def town(self, here: Any) -> Any:
        """In the area of an election of the fifth to the seventh day."""
        area = filled(Area, here)
        world.event(here, on(5), on(7), title="Local election", area=area)
        return filled(Area, here, parent=area)

    def test_are_said_on_the_page_of_what_is_dated_into_one(self, browser: Any, here: Any, town: Any) -> None:
        inside = [world.milestone(here, kind="site", area=town, due_on=on(5)), world.handover(here, planned_on=on(7))]
        type(inside[1].task).objects.filter(pk=inside[1].task.pk).update(area=town)
        outside = [
            world.milestone(here, kind="site", due_on=on(5)),
            world.milestone(here, area=town, due_on=on(5)),
            world.milestone(here, kind="site", area=town, due_on=on(8)),
            world.handover(here, planned_on=on(7)),
        ]
        said = [f"In the blackout of Local election ({on(5)}" in browser.get(page(one)).content.decode()
                for one in (*inside, *outside)]  # fmt: skip
        assert said == [True, True, False, False, False, False]

    def test_are_said_in_the_calendar_s_table(self, browser: Any, here: Any, town: Any) -> None:
        world.milestone(here, kind="handover", area=town, due_on=on(6))
        world.milestone(here, kind="site", area=town, due_on=on(8))
        world.milestone(here, area=town, due_on=on(6))
        dropped = world.milestone(here, kind="site", area=town, due_on=on(6))
        take(dropped, "drop", by=world.founder(), now=world.NOW, reason="x")
        text = browser.get(f"/transitions/{here.slug}/").content.decode()
        assert text.count("data-warning") == 1
        assert "In the blackout of Local election" in text
        assert f"/transitions/{here.slug}/critical-path/" in text


class TestWhatStandsAroundIt:
    def test_is_on_its_page_as_far_as_one_may_see_it(self, client: Any, here: Any) -> None:
        pillar = world.pillar(here)
        lead = world.person(Role.PILLAR_LEAD, here, pillar=pillar)
        type(lead).objects.filter(pk=lead.pk).update(is_staff=True)
        client.force_login(lead)
        item, seen = world.milestone(here, due_on=on(5), pillar=pillar), world.handover(here, planned_on=on(9))
        hidden = world.milestone(here, due_on=on(7), title="Witnesses", marking=Marking.STRICTLY_CONFIDENTIAL)
        link(hidden, item, by=world.founder(), now=world.NOW)
        link(item, seen, kind="overlap", lag_days=1, by=world.founder(), now=world.NOW)
        text = client.get(page(item)).content.decode()
        for part in ("It is planned too early for an item that you may not see", str(seen), "for 1 day first"):
            assert part in text
        assert "Witnesses" not in text
        assert str(on(7)) not in text

    def test_takes_the_same_queries_however_much_it_is(
        self, browser: Any, here: Any, django_assert_max_num_queries: Any
    ) -> None:
        item, counts = world.milestone(here), []
        for more in (1, 5):
            for _ in range(more):
                link(world.handover(here), item, by=world.founder(), now=world.NOW)
                link(world.event(here, on(1), on(2)), item, by=world.founder(), now=world.NOW)
                link(item, world.milestone(here), by=world.founder(), now=world.NOW)
            with django_assert_max_num_queries(90) as counted:
                browser.get(page(item))
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestOverREST:
    @pytest.fixture
    def get(self, client: Any, here: Any) -> Any:
        def as_(user: Any, path: str, **query: Any) -> Any:
            token = AuthToken.objects.create(user)[1]
            return client.get(f"/api/v1/{path}", query, headers={"authorization": f"Bearer {token}"})

        return as_

    def test_what_would_follow_is_told_and_nothing_is_moved(self, get: Any, here: Any, pair: Any) -> None:
        first, then = pair
        answer = get(world.person(Role.PLANNER, here), f"milestones/{first.pk}/follows/", due_date=on(9)).json()
        [row] = answer["follows"]
        assert (row["code"], row["from"], row["to"], row["because"]) == (
            then.code, str(on(6)), str(on(9)), first.code,
        )  # fmt: skip
        assert (answer["may_move_all"], len(answer["expected"])) == (True, 32)
        assert days(first, then) == [on(5), on(6)]

    @pytest.mark.parametrize("day", ["", "soon", "1800-01-01"])
    def test_a_day_that_is_none_is_refused_by_name(self, get: Any, here: Any, pair: Any, day: str) -> None:
        answer = get(world.person(Role.PLANNER, here), f"milestones/{pair[0].pk}/follows/", due_date=day)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["due_date"])

    def test_what_may_not_be_seen_is_not_there(self, get: Any, here: Any, pair: Any) -> None:
        stranger = world.person(Role.PLANNER, world.transition("under_way"))
        assert get(stranger, f"milestones/{pair[0].pk}/follows/", due_date=on(9)).status_code == 404
        assert get(stranger, f"transitions/{here.slug}/critical-path/").status_code == 404

    def test_the_critical_path_is_told_to_each_end_or_to_one(self, get: Any, here: Any, pair: Any) -> None:
        made = world.instrument(here.mission)
        for kind, day in (("mandate_expiry", on(30)), ("liquidation", on(90))):
            made.effects.create(kind=kind, date=day, basis="fixed")
        planner = world.person(Role.PLANNER, here)
        answer = get(planner, f"transitions/{here.slug}/critical-path/").json()
        assert [(end["kind"], end["least_float_days"]) for end in answer["ends"]] == [
            ("mandate_expiry", 24), ("liquidation", 84),
        ]  # fmt: skip
        assert [step["code"] for step in answer["ends"][0]["chain"]] == [one.code for one in pair]
        assert answer["items"][0]["by_end"]["liquidation"] == {"latest": str(on(90)), "float_days": 84}
        one = get(planner, f"transitions/{here.slug}/critical-path/", end="liquidation").json()
        assert [end["kind"] for end in one["ends"]] == ["liquidation"]
        wrong = get(planner, f"transitions/{here.slug}/critical-path/", end="never")
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["end"])
