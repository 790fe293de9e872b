"""Authorised strength on the page and over REST: the same figures."""

from datetime import date
from typing import Any

import pytest
from knox.models import AuthToken

from tests import world
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, MandateInstrument, Strength

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(db: Any) -> Any:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)
    it = world.transition("under_way")
    ceilings = [Effect(kind="strength", component="military", number=4050), Effect(kind="strength", text="held")]
    for on, effect in zip((date(2020, 7, 13), date(2020, 9, 15)), ceilings, strict=True):
        instrument = MandateInstrument(mission=it.mission, symbol=f"S/{on}", body="Council", adopted_on=on)
        record_instrument(instrument, [effect], by=world.founder(), now=world.NOW, source="press")
    Strength.objects.create(
        mission=it.mission, component="military", number=4000, holds_from=date(2020, 8, 31), source="a report",
        known_from=date(2020, 8, 31), recorded_at=world.NOW, by=world.founder(), approximate=True,
    )  # fmt: skip
    return it


def asked(client: Any, here: Any, user: Any, **query: str) -> Any:
    token = {"authorization": f"Bearer {AuthToken.objects.create(user)[1]}"}
    return client.get(f"/api/v1/transitions/{here.slug}/strength/", query, headers=token)


class TestOverRest:
    def test_is_given_by_component_and_month(self, client: Any, here: Any) -> None:
        told = asked(client, here, world.person(Role.AUDITOR, here)).json()
        months = {row["month"]: (row["authorised"], row["actual"], row["gap"]) for row in told["months"]}
        assert months == {
            "2020-07": (4050, None, None), "2020-08": (4050, 4000, 50), "2020-09": (None, None, None),
            "2020-10": (None, None, None),
        }  # fmt: skip
        [first, then] = told["authorised"]
        assert (first["number"], first["until"], first["instrument"]) == (4050, "2020-09-14", "S/2020-07-13")
        assert (then["number"], then["text"]) == (None, "held")
        assert [(row["number"], row["approximate"]) for row in told["actual"]] == [(4000, True)]

    def test_is_given_for_any_two_days(self, client: Any, here: Any) -> None:
        reader = world.person(Role.AUDITOR, here)
        told = asked(client, here, reader, as_of="2020-08-15", known_at="2020-08-15").json()
        assert (told["as_of"], told["actual"], len(told["authorised"])) == ("2020-08-15", [], 1)
        assert asked(client, here, reader, as_of="soon").status_code == 400

    def test_is_not_there_for_who_does_not_see_the_transition(self, client: Any, here: Any) -> None:
        stranger = world.person(Role.PLANNER, world.transition())
        assert asked(client, here, stranger).status_code == 404

    def test_of_a_transition_without_a_mission_is_empty(self, client: Any, here: Any) -> None:
        type(here).objects.filter(pk=here.pk).update(mission=None)
        assert asked(client, here, world.person(Role.AUDITOR, here)).json()["components"] == []


class TestOnThePage:
    def test_is_a_picture_with_its_table(self, client: Any, here: Any) -> None:
        client.force_login(world.person(Role.AUDITOR, here))
        text = client.get(f"/transitions/{here.slug}/").content.decode()
        part = text.split('aria-labelledby="strength"')[1].split("</section>")[0]
        for said in ('<svg role="img"', "4050", "4000", "50", "unknown", "a report", "approximate", "held"):
            assert said in part

    def test_is_left_out_where_nothing_is_on_record(self, client: Any, here: Any) -> None:
        other = world.transition("under_way")
        client.force_login(world.person(Role.AUDITOR, other))
        assert 'aria-labelledby="strength"' not in client.get(f"/transitions/{other.slug}/").content.decode()
