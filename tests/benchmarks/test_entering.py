"""An entry of a round: value, judgement and submission, all of it or nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from benchmarks.entering import enter
from benchmarks.models import Disagreement, Measurement
from benchmarks.proposing import propose, propose_all
from tests import country, world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.workflow.engine import StepRefused

NOW, TODAY = world.NOW, world.NOW.date()
SPRING, SUMMER = date(2020, 4, 1), date(2020, 9, 1)


@pytest.fixture
def it(here: Any) -> Any:
    return country.indicator(country.benchmark(here))


class TestEnter:
    def test_measures_judges_and_submits_at_once(self, it: Any, provider: User) -> None:
        entry = enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, note="by phone", source="census", value=60)
        assert (entry.state, entry.judged, entry.note, entry.entered_by) == (
            "submitted",
            "positive",
            "by phone",
            provider,
        )
        assert (entry.measurement.value, entry.measurement.source, entry.measurement.holds_from) == (
            60,
            "census",
            SUMMER,
        )

    @pytest.mark.parametrize(
        ("judged", "given", "field"),
        [("positive", {"value": "sixty"}, "value"), ("positive", {"numerator": 9, "denominator": 8}, "numerator"),
         ("good", {"value": 60}, "judged"), ("", {"value": 60}, "judged")],
    )  # fmt: skip
    def test_names_the_field_that_is_wrong_and_changes_nothing(
        self, it: Any, provider: User, judged: str, given: Any, field: str
    ) -> None:
        before = country.written()
        with pytest.raises(ValidationError) as refused:
            enter(it, judged, as_of=SUMMER, by=provider, now=NOW, **given)
        assert list(refused.value.message_dict) == [field]
        assert country.written() == before

    def test_is_done_once_a_day(self, here: Any, it: Any, provider: User) -> None:
        enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60)
        before = country.written()
        with pytest.raises(StepRefused, match="entry as of 2020-09-01 already"):
            enter(it, "positive", as_of=SUMMER, by=world.person(Role.PROVIDER, here), now=NOW, value=61)
        assert country.written() == before
        enter(it, "positive", as_of=SUMMER + timedelta(1), by=provider, now=NOW, value=61)

    def test_mends_what_was_returned_and_says_why(self, here: Any, it: Any, provider: User, verifier: User) -> None:
        entry = country.returned(enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60), verifier)
        other = world.person(Role.PROVIDER, here)
        again = enter(it, "stagnating", as_of=SUMMER, by=other, now=NOW, value=51, version=entry.version)
        assert (again.pk, again.state, again.judged, again.entered_by) == (entry.pk, "submitted", "stagnating", other)
        assert again.measurement.value == 51
        assert again.measurement.supersedes.value == 60
        assert "the number?" in again.measurement.reason

    def test_leaves_the_value_alone_that_was_right(self, it: Any, provider: User, verifier: User) -> None:
        entry = country.returned(enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60), verifier)
        again = enter(it, "stagnating", as_of=SUMMER, by=provider, now=NOW, value=60)
        assert again.measurement == entry.measurement
        assert Measurement.objects.count() == 1

    def test_leaves_what_a_report_says_as_it_says_it(self, here: Any, it: Any, provider: User, verifier: User) -> None:
        there = country.value(it, 60, SUMMER, report=country.report(here, SUMMER, known=SUMMER))
        entry = country.returned(enter(it, "positive", as_of=SUMMER, by=provider, now=NOW), verifier)
        assert entry.measurement == there
        again = enter(it, "stagnating", as_of=SUMMER, by=provider, now=NOW, value=51)
        assert (again.measurement.value, again.measurement.supersedes) == (51, None)

    def test_is_refused_from_a_stale_page(self, it: Any, provider: User, verifier: User) -> None:
        entry = country.returned(enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60), verifier)
        before = country.written()
        with pytest.raises(StepRefused, match="changed since this page"):
            enter(it, "stagnating", as_of=SUMMER, by=provider, now=NOW, value=51, version=entry.version - 1)
        assert country.written() == before

    def test_without_a_value_bears_on_what_was_measured_that_day(self, it: Any, provider: User) -> None:
        there = country.value(it, 60, SUMMER)
        country.value(it, 55, SPRING)
        assert enter(it, "positive", as_of=SUMMER, by=provider, now=NOW).measurement == there
        assert enter(it, "positive", as_of=TODAY, by=provider, now=NOW).measurement is None

    def test_keeps_zero_as_the_value_that_it_is(self, it: Any, provider: User) -> None:
        assert enter(it, "descending", as_of=SUMMER, by=provider, now=NOW, value=0).measurement.value == 0

    def test_keeps_both_where_it_differs_from_what_is_proposed(self, it: Any, provider: User) -> None:
        country.value(it, 55, SPRING)
        enter(it, "on_track", as_of=SUMMER, by=provider, now=NOW, value=52)
        row = Disagreement.objects.get()
        assert (row.judged, row.proposed) == ("on_track", "descending")

    def test_is_for_who_may_measure_here(self, here: Any, it: Any, verifier: User) -> None:
        before = country.written()
        for person in (verifier, world.person(Role.AUDITOR, here), world.person(Role.PROVIDER, world.transition())):
            with pytest.raises(PermissionDenied):
                enter(it, "positive", as_of=SUMMER, by=person, now=NOW, value=60)
        assert country.written()[:3] == before[:3]


class TestProposeAll:
    def test_says_of_each_what_is_said_of_it_alone(self, here: Any, it: Any) -> None:
        its = [it, country.indicator(it.benchmark, 10, baseline=30, direction="<="), country.indicator(it.benchmark)]
        for one, values in zip(its, [(55, 52), (28, 9), ()], strict=True):
            for number, on in zip(values, (SPRING, SUMMER), strict=False):
                country.value(one, number, on)
        country.value(its[2], None, SUMMER, value_text="half of them")
        definitions = [one.definitions.get() for one in its]
        found = propose_all(here.pk, definitions, as_of=TODAY, known_at=TODAY)
        alone = [propose(one, as_of=TODAY, known_at=TODAY) for one in its]
        assert [found[one.pk][0] for one in definitions] == alone
        assert [one.judged for one in alone] == ["descending", "on_track", "not_assessed"]
        assert "only said in words" in alone[2].reasons[-1]
        assert found[definitions[2].pk][1].value_text == "half of them"
