"""Readiness on the real case, brought in as its reports were issued: what each day shows, and what it knew."""

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from benchmarks.demo import HERE
from benchmarks.readiness import readiness_of
from tests import world
from transitions.status.overview import console

AS_OF = date(2019, 1, 15)


@pytest.fixture
def haiti(here: Any, clock: None) -> Any:
    for folder in sorted((HERE / "minujusth").iterdir()):
        call_command("import_benchmarks", str(folder), transition=here.slug, by="founder", verbosity=0)
    return here


def ready(haiti: Any, as_of: date = AS_OF, known_at: date | None = None) -> Any:
    return readiness_of(haiti, user=console(), now=world.NOW, as_of=as_of, known_at=known_at)


def counts(found: Any) -> list[int]:
    return list(found["indicators"]["by_class"].values())


class TestReadiness:
    def test_is_as_the_report_publishes_it(self, haiti: Any) -> None:
        found = ready(haiti)
        assert counts(found) == [8, 15, 11, 4, 7, 1, 0]
        assert found["indicators"]["total"] == 46
        [latest] = [one for one in found["reports"] if one["symbol"] == "S/2019/198"]
        assert (latest["published"]["on_track"], latest["differs"]) == (8, [])

    def test_is_the_report_before_until_that_is_issued(self, haiti: Any) -> None:
        found = ready(haiti, known_at=date(2019, 2, 20))
        assert counts(found) == [5, 9, 15, 4, 10, 3, 0]
        assert [one["symbol"] for one in found["reports"]] == ["S/2018/527", "S/2018/795", "S/2018/1059"]

    def test_of_a_report_without_classes_is_not_assessed(self, haiti: Any) -> None:
        assert counts(ready(haiti, date(2018, 7, 15))) == [0, 0, 0, 0, 0, 0, 46]

    def test_moves_between_one_report_and_the_next(self, haiti: Any) -> None:
        found = ready(haiti)
        assert found["since"]["report"] == "S/2018/1059"
        moves = {one["indicator"]: (one["from"], one["to"]) for one in found["movers"]}
        assert moves["8.1"] == ("no_update_expected", "on_track")
        assert "4.6" in {one["indicator"] for one in found["regressions"]}

    def test_shows_class_and_met_where_they_do_not_agree(self, haiti: Any) -> None:
        rows = {one["code"]: one for one in ready(haiti)["benchmarks"]}
        assert (rows["6"]["class"], rows["6"]["worst_known"]) == ("not_assessed", "not_on_track")  # 6.1 never ran
        assert (rows["9"]["class"], rows["9"]["met"]) == ("positive", "not_met")

    def test_names_nobody_who_carries_it_over_where_no_source_does(self, haiti: Any) -> None:
        gap = ready(haiti)["gap_at_end_date"]
        assert gap["met"] + gap["not_met"] + gap["unknown"] == 11
        assert {one["carried_over_to"] for one in gap["carried_over"]} == {None}
