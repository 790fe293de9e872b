"""The days on which an assessment and its verification are owed, whichever door they came through."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.models import Assessment, Indicator
from tests import country, world
from tests.benchmarks.files import bring_tables, update
from transitions.outbox.models import Message

APRIL, JULY = date(2020, 4, 1), date(2020, 7, 1)
EVERY = timedelta(days=90)


@pytest.fixture
def it(here: Any) -> Indicator:
    return country.indicator(country.benchmark(here), measured_every=EVERY.days)


def owed(it: Indicator) -> date | None:
    it.refresh_from_db()
    return it.owed_on


class TestAnAssessment:
    def test_is_owed_a_frequency_after_the_latest_one_and_never_without_a_frequency(self, it: Indicator) -> None:
        assert owed(it) == country.START + EVERY
        country.judged(it, "on_track", JULY)
        country.judged(it, "on_track", APRIL)
        assert owed(it) == JULY + EVERY
        Indicator.objects.update(frequency_days=None)
        assert owed(it) is None

    def test_is_counted_from_none_that_is_taken_back_by_a_page_read_before(self, it: Indicator) -> None:
        before = Indicator.objects.get(pk=it.pk)
        country.judged(it, "on_track", JULY)
        before.note = "written meanwhile"
        before.save()
        assert owed(it) == JULY + EVERY
        assert it.note == "written meanwhile"

    def test_that_a_file_brings_counts_and_waits_for_its_verification(self, set_up: Any, tmp_path: Path) -> None:
        Indicator.objects.update(frequency_days=EVERY.days)
        bring_tables(set_up, tmp_path, updates=[update("1.1", "S/1", **{"class": "on_track"})])
        brought = Indicator.objects.get(code="1.1")
        assert brought.owed_on == date(2020, 3, 31) + EVERY
        assert Assessment.objects.get().owed_on is None  # a report's word is verified
        bring_tables(set_up, tmp_path, updates=[update("1.1", "", **{"class": "on_track"})])
        assert owed(brought) == date(2020, 9, 1) + EVERY
        assert Assessment.objects.get(state="submitted").owed_on == world.TODAY + timedelta(days=7)


class TestNotCollected:
    def test_twice_running_in_files_is_told_once(self, set_up: Any, tmp_path: Path) -> None:
        country.Benchmark.objects.update(owner=world.person())
        for report in ("S/1", "S/2", "S/2"):
            bring_tables(set_up, tmp_path, updates=[update("1.2", report, quality="not_collected")])
        assert Message.objects.filter(kind="benchmarks.not_collected").count() == 1
