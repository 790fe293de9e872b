"""UNAMID's strength: what the sources say, and nothing where they say nothing."""

from datetime import date
from typing import Any

import pytest

from transitions.missions.models import Mission
from transitions.missions.strength import strength_of

pytestmark = pytest.mark.django_db


class TestOfUnamid:
    """Figures where the sources have one, and none where they have none."""

    def known(self, component: str, on: str, at: str = "") -> int | None:
        mission, day = Mission.objects.get(acronym="UNAMID"), date.fromisoformat(on)
        found = strength_of(mission.pk, as_of=day, known_at=date.fromisoformat(at) if at else day)
        return [one.number for one in found.ceilings if one.component == component and one.since <= day][-1]

    def test_has_a_figure_where_the_sources_have_one(self, demo: Any) -> None:
        demo("2021-08-01T06:00Z")
        days = ("2015-01-01", "2017-12-31", "2018-02-01", "2018-07-12", "2018-07-13", "2019-06-26")
        assert [self.known("military", day) for day in days] == [15845, 11395, 8735, 8735, 4050, 4050]
        assert [self.known("police", day) for day in days] == [3403, 2888, 2500, 2500, 2500, 2500]
        none = ("2019-06-27", "2019-10-31", "2020-03-31", "2020-05-30", "2020-06-03", "2020-12-31", "2021-06-30")
        assert {self.known(name, day) for day in none for name in ("military", "police")} == {None}
        assert self.known("military", "2019-07-05", "2019-06-26") is None  # the mandate's end as known then has passed
        assert self.known("military", "2019-06-30", "2019-06-26") == 4050
        reported = strength_of(
            Mission.objects.get(acronym="UNAMID").pk, as_of=date(2021, 6, 30), known_at=date(2021, 7, 26)
        ).reports
        assert {(one.component, one.number) for one in reported} == {
            ("military", 4000), ("police", 2111), ("international civilians", 483),
        }  # fmt: skip
