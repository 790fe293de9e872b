"""Tasks, handovers, incidents and what remains over REST: filtered by name, in pages, and only what may be seen."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from knox.models import AuthToken

from tests import world
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.incidents import record_incident
from transitions.handovers.models import Handover, Incident, MandatedTask, Site
from transitions.handovers.recipients import propose
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
LISTS = ("mandated-tasks", "handovers", "incidents", "residual-obligations")
NOW, TODAY = world.NOW, world.TODAY


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW)


@pytest.fixture
def ask(client: Any) -> Any:
    def get(user: Any, here: Any, path: str, **query: Any) -> Any:
        headers = {"authorization": f"Bearer {AuthToken.objects.create(user)[1]}"}
        return client.get(f"/api/v1/transitions/{here.slug}/{path}/", query, headers=headers)

    return get


@pytest.fixture
def three(here: Any, planner: Any) -> SimpleNamespace:
    """A task of security in a town of the north for an office here, one for a village, and a site for nobody yet."""
    town = here.areas.create(code="town", name="Town", parent=here.areas.get(code="north"))
    task = MandatedTask.objects.create(transition=here, code="T-1", title="Courts", pillar=world.pillar(here),
                                       area=town, naming_office=here.offices.get(code="undp"))  # fmt: skip
    task.sectors.set(here.sectors.all())
    site = Site.objects.create(transition=here, code="S-1", name="Team site")
    fields = [
        {
            "code": "H-1",
            "task": task,
            "recipient_kind": "country_team",
            "recipient_office": here.offices.get(code="undp"),
        },
        {"code": "H-2", "task": task, "recipient_kind": "community", "recipient": "A village", "track": "records"},
        {"code": "H-3", "site": site, "area": here.areas.get(code="north")},
    ]
    propose([Handover(transition=here, **one) for one in fields], by=planner, now=NOW)
    take(Handover.objects.get(code="H-2"), "prepare", by=planner, now=NOW)
    for number in (1, 2, 3):
        incident = Incident(transition=here, code=f"I-{number}", kind="looting", site=site, text="Looted", source="UN")
        record_incident(incident, by=planner, now=NOW, happened_on=TODAY, known_from=TODAY)
        here.residualobligations.create(title=f"Claim {number}", source="UN", due_on=date(2022, 6, 30))
        MandatedTask.objects.create(transition=here, code=f"T-{number}0", title="More")
    return SimpleNamespace(here=here, planner=planner, task=task)


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


class TestHandovers:
    @pytest.mark.parametrize(
        ("filters", "kept"),
        [
            ({}, ["H-1", "H-2", "H-3"]),
            ({"state": "preparing"}, ["H-2"]),
            ({"recipient_kind": "community"}, ["H-2"]),
            ({"recipient": "undp"}, ["H-1"]),
            ({"pillar": "security"}, ["H-1", "H-2"]),
            ({"area": "town"}, ["H-1", "H-2"]),
            ({"area": "north"}, ["H-1", "H-2", "H-3"]),
            ({"track": "records"}, ["H-2"]),
            ({"task": "T-1"}, ["H-1", "H-2"]),
            ({"site": "S-1"}, ["H-3"]),
            ({"task": "T-1", "recipient": "undp", "state": "preparing"}, []),
        ],
    )
    def test_are_narrowed_by_each_filter(
        self, ask: Any, three: SimpleNamespace, filters: dict[str, str], kept: list[str]
    ) -> None:
        assert codes(ask(three.planner, three.here, "handovers", **filters)) == kept

    @pytest.mark.parametrize(
        "name",
        ["state", "recipient_kind", "recipient", "pillar", "area", "track", "task", "site", "as_of", "known_at"],
    )
    @pytest.mark.parametrize("value", ["nowhere", "2031-01-01"])
    def test_asked_for_by_what_there_is_not_are_refused_by_name(
        self, ask: Any, three: SimpleNamespace, name: str, value: str
    ) -> None:
        answer = ask(three.planner, three.here, "handovers", **{name: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])

    def test_do_not_tell_by_a_filter_that_a_task_is_there(self, ask: Any, three: SimpleNamespace) -> None:
        MandatedTask.objects.create(transition=three.here, code="T-S", title="Witnesses", marking="confidential")
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, three.here)
        hidden = ask(reader, three.here, "handovers", task="T-S").json()
        absent = ask(reader, three.here, "handovers", task="T-9").json()
        assert str(hidden).replace("T-S", "T-9") == str(absent)


class TestTasks:
    def test_have_their_sectors_and_who_is_to_name_a_recipient(self, ask: Any, three: SimpleNamespace) -> None:
        [row] = [
            row
            for row in ask(three.planner, three.here, "mandated-tasks").json()["results"]
            if row["code"] == "T-1"
        ]  # fmt: skip
        assert (row["sectors"], row["pillar"], row["area"], row["naming_office"]) == (
            ["ddr", "justice"], "security", "town", "undp",
        )  # fmt: skip


class TestIncidentsAndObligations:
    def test_say_their_source_and_until_when(self, ask: Any, three: SimpleNamespace) -> None:
        incident = ask(three.planner, three.here, "incidents").json()["results"][0]
        assert (incident["source"], incident["site"], incident["date"]) == ("UN", "S-1", str(TODAY))
        owed = ask(three.planner, three.here, "residual-obligations").json()["results"][0]
        assert (owed["source"], owed["until"], owed["owner"]) == ("UN", "2022-06-30", None)


class TestEachList:
    @pytest.mark.parametrize("path", LISTS)
    def test_comes_in_pages(self, ask: Any, client: Any, three: SimpleNamespace, path: str) -> None:
        first = ask(three.planner, three.here, path, page_size=2).json()
        assert (len(first["results"]), first["previous"], first["count"] >= 3) == (2, None, True)
        headers = {"authorization": f"Bearer {AuthToken.objects.create(three.planner)[1]}"}
        second = client.get(first["next"], headers=headers).json()
        assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
        assert ask(three.planner, three.here, path, page=99).status_code == 404

    @pytest.mark.parametrize("path", LISTS)
    def test_of_what_may_not_be_seen_is_not_there(self, ask: Any, three: SimpleNamespace, path: str) -> None:
        stranger = world.person(Role.PLANNER, world.transition("under_way"))
        assert ask(stranger, three.here, path).status_code == 404
        assert ask(three.planner, SimpleNamespace(slug="nowhere"), path).status_code == 404

    @pytest.mark.parametrize("path", LISTS)
    def test_takes_the_same_queries_whatever_the_data(
        self, ask: Any, three: SimpleNamespace, django_assert_max_num_queries: Any, path: str
    ) -> None:
        counts = []
        for size in (1, 3):
            with django_assert_max_num_queries(40) as asked:
                assert len(ask(three.planner, three.here, path, page_size=size).json()["results"]) == size
            counts.append(len(asked))
        assert counts[0] == counts[1]
