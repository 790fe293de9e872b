"""A row of a file that says why what is recorded was wrong."""

from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.models import Assessment, Measurement
from benchmarks.readiness import readiness_of
from tests import world
from tests.benchmarks.files import bring_tables, update
from transitions.status.overview import console
from transitions.workflow.models import StateChange


class TestACorrection:
    def test_supersedes_what_is_recorded_from_the_day_of_import_on(self, set_up: Any, tmp_path: Path) -> None:
        first = update("1.2", value="12", value_text="a dozen", **{"class": "positive"})
        right = first | {"value": "13", "value_text": "thirteen", "class": "on_track", "correction": "a misprint"}
        bring_tables(set_up, tmp_path, updates=[first])
        outcome = bring_tables(set_up, tmp_path, updates=[right])
        assert dict(outcome.counts["updates"])["changed"] == 1
        assert outcome.rows[0].said == "corrected, as known from today: 13, on track (a misprint)"
        wrong, new = Measurement.objects.order_by("pk")
        assert (new.supersedes, new.reason, new.value, new.value_text) == (wrong, "a misprint", 13, "thirteen")
        assert (new.holds_from, new.known_from, new.source) == (wrong.holds_from, world.TODAY, "S/1")
        judged = Assessment.objects.get(judged="on_track")
        assert (judged.note, judged.measurement) == ("a misprint", new)
        assert StateChange.objects.about(judged).get().known_from == world.TODAY
        found = [readiness_of(set_up, user=console(), now=world.NOW, known_at=day)["indicators"]["by_class"]
                 for day in (date(2020, 9, 30), world.TODAY)]  # fmt: skip
        assert [(one["positive"], one["on_track"]) for one in found] == [(1, 0), (0, 1)]

    def test_changes_nothing_twice_and_neither_does_the_wrong_one(self, set_up: Any, tmp_path: Path) -> None:
        first = update("1.2", value="12", **{"class": "positive"})
        right = first | {"value": "13", "class": "on_track", "correction": "a misprint"}
        bring_tables(set_up, tmp_path, updates=[first])
        assert bring_tables(set_up, tmp_path, updates=[right]).written
        for again in (right, first):
            outcome = bring_tables(set_up, tmp_path, updates=[again])
            assert (outcome.written, outcome.refused) == (False, [])
        last = right | {"value": "14", "correction": "another misprint"}
        assert bring_tables(set_up, tmp_path, updates=[last]).written
        assert [one.supersedes and one.supersedes.value for one in Measurement.objects.order_by("pk")] == [None, 12, 13]
        assert Assessment.objects.count() == 2

    def test_of_a_class_alone_leaves_the_value(self, set_up: Any, tmp_path: Path) -> None:
        bring_tables(set_up, tmp_path, updates=[update("1.2", value="12", note="seen", **{"class": "positive"})])
        bring_tables(set_up, tmp_path, updates=[update("1.2", correction="misread", **{"class": "descending"})])
        value = Measurement.objects.get()
        assert [one.measurement for one in Assessment.objects.all()] == [value, value]
        assert Assessment.objects.order_by("pk").last().judged == "descending"

    def test_keeps_what_it_has_no_column_for(self, set_up: Any, tmp_path: Path) -> None:
        row = update("1.3", value="12", note="seen", numerator="3", denominator="25")
        bring_tables(set_up, tmp_path, updates=[row])
        bring_tables(set_up, tmp_path, updates=[update("1.3", value="16", numerator="4", correction="one left out")])
        new = Measurement.objects.order_by("pk").last()
        assert (new.value, new.numerator, new.denominator, new.note) == (16, 4, 25, "seen")

    def test_of_nothing_is_refused(self, set_up: Any, tmp_path: Path) -> None:
        [refused] = bring_tables(set_up, tmp_path, updates=[update("1.2", value="13", correction="a misprint")]).refused
        assert (refused.line, refused.column, refused.value) == (2, "correction", "a misprint")
        assert "nothing is recorded" in refused.reason
