from datetime import date
from typing import Any

import pytest

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.calendar.models import NationalEvent
from transitions.calendar.versions import approve_version
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    world.milestone(it, title="Close the base", pillar=world.pillar(it))
    return it


class TestPages:
    def test_ask_for_a_sign_in(self, client: Any, here: Any) -> None:
        for path in ("/", f"/transitions/{here.slug}/"):
            assert client.get(path)["Location"].startswith("/admin/login/")

    def test_list_what_one_may_see(self, client: Any, here: Any) -> None:
        other = world.transition("under_way")
        client.force_login(world.person(Role.PROVIDER, here))
        text = client.get("/").content.decode()
        assert here.name in text
        assert other.name not in text
        assert client.get(f"/transitions/{other.slug}/").status_code == 404

    def test_show_status_chart_table_and_the_rehearsal_s_clock(self, client: Any, here: Any) -> None:
        NationalEvent.objects.create(
            transition=here, title="Rains", kind="rainy_season", from_date=date(2020, 6, 1), until=date(2020, 9, 30)
        )
        client.force_login(world.person(Role.PLANNER, here))
        answer = client.get(f"/transitions/{here.slug}/")
        text = answer.content.decode()
        assert len(answer.content) < 150_000
        for part in (
            "Rehearsal: the clock stands at 1 October 2020",
            '<svg role="img"',
            "Close the base",
            "Rains",
            "n/a",
        ):
            assert part in text
        assert "unknown" in text  # the end of the mandate: no instrument sets one

    def test_show_the_past_without_its_next_steps(self, client: Any, here: Any) -> None:
        client.force_login(world.person(Role.PLANNER, here))
        text = client.get(f"/transitions/{here.slug}/?as_of=2020-09-01&known_at=2020-09-01").content.decode()
        assert "Next steps" not in text
        assert "Close the base" not in text

    @pytest.mark.parametrize("query", ["as_of=2030-01-01", "as_of=soon", "known_at=2030-01-01", "version=x"])
    def test_say_which_day_cannot_be(self, client: Any, here: Any, query: str) -> None:
        client.force_login(world.person(Role.PLANNER, here))
        answer = client.get(f"/transitions/{here.slug}/?{query}")
        assert answer.status_code == 400
        assert f"{query.split('=')[0]}: " in answer.content.decode()

    def test_measure_slip_against_a_chosen_version(self, client: Any, here: Any) -> None:
        approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=world.NOW, title="as agreed")
        client.force_login(world.person(Role.PLANNER, here))
        assert "Version 1, as agreed" in client.get(f"/transitions/{here.slug}/").content.decode()

    def test_keep_what_is_marked_from_who_may_not_read_it(self, client: Any, here: Any) -> None:
        world.milestone(here, title="Move the witnesses", marking=Marking.CONFIDENTIAL)
        client.force_login(world.person(Role.GOVERNMENT_FOCAL_POINT, here))
        assert "witnesses" not in client.get(f"/transitions/{here.slug}/").content.decode()

    def test_take_the_same_queries_whatever_the_data(
        self, client: Any, here: Any, django_assert_max_num_queries: Any
    ) -> None:
        reader = world.person(Role.PLANNER)
        client.force_login(reader)
        counts = []
        for more in (1, 10):
            for _ in range(more):
                other = world.transition("under_way")
                world.milestone(other)
                world.milestone(here, pillar=world.pillar(here, f"p{next(world.number)}"))
            counts.append([])
            for path in ("/", f"/transitions/{here.slug}/"):
                with django_assert_max_num_queries(60) as counted:
                    assert client.get(path).status_code == 200
                counts[-1].append(len(counted))
        assert counts[0] == counts[1]
