"""Odd requests: each is answered with a problem that names what is wrong, and nothing changes."""

from typing import Any

import pytest

from tests import world
from transitions.access.permissions import Role
from transitions.calendar.versions import approve_version
from transitions.workflow.engine import Override, take


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


@pytest.fixture
def me(api: Any, here: Any) -> Any:
    return api(world.person(Role.PLANNER, here))


def refused(answer: Any, status: int = 400) -> list[str]:
    """The fields that the problem names."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    return list(answer.json().get("errors", []))


class TestAToken:
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a b", "Token x", "Bearer \xff"])
    def test_that_is_none_is_unauthenticated(self, client: Any, header: str) -> None:
        refused(client.get("/api/v1/transitions/", headers={"authorization": header}), 401)

    def test_of_who_has_left_is_refused(self, api: Any, here: Any) -> None:
        user = world.person(Role.PLANNER, here)
        client = api(user)
        assert client.get("transitions/").status_code == 200
        type(user).objects.filter(pk=user.pk).update(is_active=False)
        refused(client.get("transitions/"), 401)


class TestAStep:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"step": 1}, "step"),
            ({"step": ["start"]}, "step"),
            ({"step": "suspend", "reason": 5}, "reason"),
            ({"step": "start", "on_request_of": 5}, "on_request_of"),
            ({"step": "start", "version": "1"}, "version"),
            ({"step": "start", "version": True}, "version"),
            ({"step": "start", "override": 1}, "override"),
            ({"step": "suspend", "reason": "a\x00"}, "reason"),
            ({"step": "suspend", "reason": "\ud800"}, "reason"),
            ([], "non_field_errors"),
        ],
    )
    def test_of_wrong_types_names_the_field(self, me: Any, client: Any, here: Any, body: Any, field: str) -> None:
        item = world.milestone(here)
        answer = client.post(f"/api/v1/milestones/{item.pk}/steps/", body, content_type="application/json")
        assert refused(answer) == [field]
        item.refresh_from_db()
        assert item.version == 1


class TestAList:
    @pytest.mark.parametrize(
        ("field", "odd"),
        [("state", "finished"), ("pillar", "nobody's"), ("overdue", "perhaps"), ("hard", "soft"), ("version", "7"),
         ("version", "0"), ("version", "x"), ("since", "2020-10-02"), ("known_at", "2020-10-01T06:30Z")],
    )  # fmt: skip
    def test_filtered_by_what_there_is_not_names_the_filter(self, me: Any, here: Any, field: str, odd: str) -> None:
        world.milestone(here, pillar=world.pillar(here))
        assert refused(me.get(f"transitions/{here.slug}/milestones/", **{field: odd})) == [field]

    def test_is_narrowed_by_each_filter(self, me: Any, here: Any) -> None:
        pillar = world.pillar(here, "political")
        world.milestone(here, code="LATE", due_on=world.TODAY.replace(month=9), pillar=pillar)
        world.milestone(here, code="HARD", hard=True)
        filters = [{"overdue": "true"}, {"pillar": "political"}, {"hard": "true"}, {"hard": "false"}, {"state": "done"}]
        found = [me.get(f"transitions/{here.slug}/milestones/", **wanted).json()["results"] for wanted in filters]
        assert [[row["code"] for row in rows] for rows in found] == [["LATE"], ["LATE"], ["HARD"], ["LATE"], []]

    @pytest.mark.parametrize("page", ["0", "x", "99", "9" * 30])
    def test_has_no_such_page(self, me: Any, page: str) -> None:
        refused(me.get("transitions/", page=page), 404)

    def test_says_how_many_there_are_and_where_the_next_ones_are(self, me: Any, here: Any, client: Any) -> None:
        for _ in range(3):
            world.milestone(here)
        first = me.get(f"transitions/{here.slug}/milestones/", page_size=2).json()
        assert (first["count"], first["previous"], len(first["results"])) == (3, None, 2)
        second = client.get(first["next"]).json()
        assert (second["next"], len(second["results"])) == (None, 1)


class TestAStatus:
    def test_against_a_version_that_there_never_was_is_refused(self, me: Any, here: Any) -> None:
        world.milestone(here)
        assert refused(me.get(f"transitions/{here.slug}/status/", version=1)) == ["version"]
        approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=world.NOW)
        assert me.get(f"transitions/{here.slug}/status/", version=1).status_code == 200


class TestAnAnswer:
    def test_that_cannot_be_given_is_not_acceptable(self, me: Any, client: Any) -> None:
        refused(client.get("/api/v1/transitions/", headers={"accept": "text/html"}), 406)

    def test_about_an_impossible_id_is_that_there_is_nothing(self, me: Any) -> None:
        refused(me.get(f"milestones/{10**30}/steps/"), 404)


ROOMS = ("", "milestones/", "instruments/", "history/", "steps/", "strength/", "resolution-lists/")


class TestQueries:
    def test_are_as_many_for_much_as_for_little(self, me: Any, here: Any, django_assert_max_num_queries: Any) -> None:
        item, rooms = world.milestone(here), ROOMS
        paths = ["transitions/", f"milestones/{item.pk}/steps/", *(f"transitions/{here.slug}/{room}" for room in rooms)]
        head, counts = world.person(Role.HEAD_OF_MISSION, here), []
        for more in (1, 5):
            for _ in range(more):
                world.transition("under_way"), world.phase(here), world.pause(here)
                world.wait(item, world.milestone(here, owner=world.person()))
                done = world.waiting(here)
                take(done, "finish", by=head, now=world.NOW, despite=Override("x"))
                world.wait(item, done, lag_days=3)
                world.instrument(here.mission, "authorises", "sites", supersedes=here.mission.instruments.last())
            counts.append([])
            for path in paths:
                with django_assert_max_num_queries(60) as asked:
                    assert me.get(path, page_size=200).status_code == 200
                counts[-1].append(len(asked))
        assert counts[0] == counts[1]
