from datetime import date, timedelta
from typing import Any

import pytest

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.workflow.engine import take


def codes(answer: Any) -> list[str]:
    return [blocker["code"] for blocker in answer.json()["blockers"]]


class TestToken:
    @pytest.mark.parametrize("path", ["transitions/", "transitions/x/status/", "milestones/1/steps/", "no/such/"])
    def test_is_asked_for_everywhere(self, client: Any, path: str) -> None:
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 401
        assert answer["Content-Type"].startswith("application/problem+json")

    def test_is_not_asked_for_by_the_description(self, client: Any) -> None:
        assert client.get("/api/v1/schema/").status_code == 200


class TestWhatMayNotBeSeen:
    def test_is_not_there(self, api: Any) -> None:
        mine, other = world.transition("under_way"), world.transition("under_way")
        item = world.milestone(other)
        me = api(world.person(Role.PLANNER, mine))
        assert [row["slug"] for row in me.get("transitions/").json()["results"]] == [mine.slug]
        for path in ("", "status/", "milestones/", "instruments/", "history/", "steps/"):
            assert me.get(f"transitions/{other.slug}/{path}").status_code == 404
        assert me.get(f"milestones/{item.pk}/steps/").status_code == 404
        assert me.post(f"milestones/{item.pk}/steps/", step="start").status_code == 404
        assert me.post(f"transitions/{other.slug}/steps/", step="cease_operations").status_code == 404

    def test_is_neither_listed_nor_counted_nor_told_of(self, api: Any) -> None:
        here = world.transition("under_way")
        world.milestone(here, code="OPEN-1")
        hidden = world.milestone(here, code="HIDDEN-1", marking=Marking.STRICTLY_CONFIDENTIAL)
        redate(hidden, date(2020, 12, 24), by=world.founder(), now=world.NOW, reason="moved quietly")
        me = api(world.person(Role.GOVERNMENT_FOCAL_POINT, here))
        assert [row["code"] for row in me.get(f"transitions/{here.slug}/milestones/").json()["results"]] == ["OPEN-1"]
        assert me.get(f"transitions/{here.slug}/status/").json()["milestones"]["by_state"] == {"planned": 1}
        assert "HIDDEN" not in me.get(f"transitions/{here.slug}/status/").content.decode()
        assert "HIDDEN" not in me.get(f"transitions/{here.slug}/history/").content.decode()


class TestSteps:
    def test_are_listed_with_what_blocks_them(self, api: Any) -> None:
        here = world.transition("under_way")
        item = world.milestone(here, hard=True)
        answer = api(world.person(Role.PLANNER, here)).get(f"milestones/{item.pk}/steps/").json()
        assert (answer["state"], answer["version"]) == ("planned", 1)
        finish = next(step for step in answer["steps"] if step["step"] == "finish")
        assert finish["allowed"] is False
        assert set(finish["blockers"][0]) == {"code", "sentence", "open", "who"}

    def test_are_taken(self, api: Any) -> None:
        here = world.transition("under_way")
        item = world.milestone(here)
        answer = api(world.person(Role.PLANNER, here)).post(f"milestones/{item.pk}/steps/", step="start", version=1)
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["version"]) == ("under_way", 2)

    def test_a_hard_milestone_without_evidence_is_blocked(self, api: Any) -> None:
        here = world.transition("under_way")
        item = world.milestone(here, hard=True)
        answer = api(world.person(Role.PLANNER, here)).post(f"milestones/{item.pk}/steps/", step="finish")
        assert answer.status_code == 409
        assert answer["Content-Type"].startswith("application/problem+json")
        assert answer.json()["type"].endswith("/blocked")
        assert codes(answer) == ["no_evidence"]
        item.refresh_from_db()
        assert item.version == 1

    def test_a_stale_page_is_refused(self, api: Any) -> None:
        here = world.transition("under_way")
        item = world.milestone(here)
        take(item, "start", by=world.founder(), now=world.NOW)
        planner = api(world.person(Role.PLANNER, here))
        stale = planner.post(f"milestones/{item.pk}/steps/", step="finish", version=1)
        wrong = planner.post(f"milestones/{item.pk}/steps/", step="start")
        assert [stale.status_code, wrong.status_code] == [409, 409]
        assert stale.json()["type"].endswith("/stale")
        assert wrong.json()["type"].endswith("/wrong-state")

    def test_who_may_not_is_forbidden(self, api: Any) -> None:
        here = world.transition("under_way")
        item = world.milestone(here)
        answer = api(world.person(Role.AUDITOR, here)).post(f"milestones/{item.pk}/steps/", step="start")
        assert answer.status_code == 403
        assert answer["Content-Type"].startswith("application/problem+json")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "step"),
            ({"step": "fly"}, "step"),
            ({"step": "drop"}, "reason"),
            ({"step": "start", "version": "one"}, "version"),
            ({"step": "start", "override": "yes"}, "override"),
            ({"step": "start", "state": "done"}, "state"),
        ],
    )
    def test_a_wrong_request_names_the_field(self, api: Any, body: dict[str, Any], field: str) -> None:
        here = world.transition("under_way")
        item = world.milestone(here)
        answer = api(world.person(Role.PLANNER, here)).post(f"milestones/{item.pk}/steps/", **body)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_malformed_json_and_a_wrong_method_are_problems_too(self, api: Any, client: Any) -> None:
        here = world.transition("under_way")
        item = world.milestone(here)
        api(world.person(Role.PLANNER, here))
        for answer in (
            client.post(f"/api/v1/milestones/{item.pk}/steps/", "{", content_type="application/json"),
            client.delete(f"/api/v1/milestones/{item.pk}/steps/"),
            client.post(f"/api/v1/milestones/{item.pk}/steps/", "a", content_type="text/plain"),
        ):
            assert answer.status_code in (400, 405, 415)
            assert answer["Content-Type"].startswith("application/problem+json")


class TestStatus:
    def test_a_day_that_has_not_come_is_refused_by_name(self, api: Any) -> None:
        here = world.transition("under_way")
        me = api(world.person(Role.PLANNER, here))
        for field in ("as_of", "known_at"):
            answer = me.get(f"transitions/{here.slug}/status/", **{field: "2021-01-01"})
            assert answer.status_code == 400
            assert list(answer.json()["errors"]) == [field]
        for odd in ("soon", "0001-01-01", "2020-02-30", "9999-12-31", "2020-01-01T00:00"):
            for field in ("as_of", "known_at"):
                assert me.get(f"transitions/{here.slug}/status/", **{field: odd}).status_code == 400

    def test_next_steps_are_null_in_the_past(self, api: Any) -> None:
        here = world.transition("under_way")
        me = api(world.person(Role.PLANNER, here))
        assert me.get(f"transitions/{here.slug}/status/").json()["next_steps"]
        past = me.get(f"transitions/{here.slug}/status/", as_of="2020-09-30").json()
        assert past["next_steps"] is None
        assert past["state"] is None

    def test_takes_the_same_queries_whatever_the_data(self, api: Any, django_assert_max_num_queries: Any) -> None:
        here = world.transition("under_way")
        me = api(world.person(Role.PLANNER, here))
        paths = [f"transitions/{here.slug}/{path}" for path in ("status/", "milestones/", "history/")]
        counts = []
        for more in (1, 12):
            for step in range(more):
                item = world.milestone(here, pillar=world.pillar(here, f"p{step % 3}"))
                redate(item, date(2020, 11, 1) + timedelta(step), by=world.founder(), now=world.NOW, reason="why")
            counts.append([])
            for path in paths:
                with django_assert_max_num_queries(60) as counted:
                    assert me.get(path).status_code == 200
                counts[-1].append(len(counted))
        assert counts[0] == counts[1]


class TestHistory:
    def test_says_who_did_what_as_whom(self, api: Any) -> None:
        here = world.transition("under_way")
        planner = world.person(Role.PLANNER, here)
        item = world.milestone(here)
        take(item, "drop", by=planner, now=world.NOW, reason="no longer asked for")
        redated = world.milestone(here)
        redate(redated, date(2020, 12, 24), by=planner, now=world.NOW, reason="the road is closed")
        rows = api(planner).get(f"transitions/{here.slug}/history/").json()["results"]
        drop = next(row for row in rows if row["to"] == "dropped")
        assert (drop["who"], drop["role"], drop["from"]) == (str(planner), "planner", "planned")
        assert drop["reason"] == "no longer asked for"
        assert ("2020-12-01", "2020-12-24") in [(row["from"], row["to"]) for row in rows]
