from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from benchmarks.measuring import correct, measure
from benchmarks.models import Measurement
from tests import country, world
from transitions.access.permissions import Role
from transitions.workflow.engine import Fact, StepRefused

NOW, TODAY = world.NOW, world.NOW.date()
SPRING = date(2020, 4, 1)


@pytest.fixture
def it(here: Any) -> Any:
    return country.indicator(country.benchmark(here))


class TestMeasure:
    def test_is_by_the_definition_of_its_day(self, it: Any) -> None:
        country.redefined(it, on=date(2020, 6, 1))
        found = [country.value(it, 60, on).definition.number for on in (SPRING, date(2020, 7, 1))]
        assert found == [1, 2]

    def test_is_known_from_today_unless_a_document_says_otherwise(self, here: Any, it: Any) -> None:
        provider = world.person(Role.PROVIDER, here)
        row = measure(it, as_of=SPRING, value=60, source="police census", by=provider, now=NOW)
        assert (row.holds_from, row.known_from, row.source) == (SPRING, TODAY, "police census")
        with pytest.raises(PermissionDenied):  # to date knowledge back is to record a fact
            measure(it, as_of=SPRING, value=60, fact=Fact("S/2020/3", SPRING, SPRING), by=provider, now=NOW)

    @pytest.mark.parametrize(
        ("fields", "given", "field"),
        [
            ({}, {"as_of": TODAY + timedelta(1), "value": 60}, "as_of"),
            ({}, {"as_of": date(2019, 12, 31), "value": 60}, "as_of"),  # before it was defined
            ({}, {"value": "sixty"}, "value"),
            ({}, {"value": "NaN"}, "value"),
            ({}, {"value": -1}, "value"),
            ({}, {"numerator": 9, "denominator": 8}, "numerator"),
            ({"kind": "count"}, {"value": 9, "numerator": 9, "denominator": 8}, "numerator"),
            ({}, {"numerator": -1, "denominator": 8}, "numerator"),
            ({}, {"numerator": 0, "denominator": -8}, "denominator"),
            ({}, {}, "value"),
            ({}, {"value_text": "", "note": "nothing said"}, "value"),
            ({"kind": "count"}, {"value": "1.5"}, "value"),
            ({"kind": "yes_no"}, {"value": 2}, "value"),
            ({"kind": "ladder", "rungs": ["draft", "voted"], "targets": (2,)}, {"value": 3}, "value"),
            ({"kind": "composite", "parts": [{"name": "a", "target": 1}]}, {"parts": {"b": 1}}, "parts"),
            ({"kind": "composite", "parts": [{"name": "a", "target": 1}]}, {"parts": {"a": "x"}}, "parts"),
            ({}, {"parts": {"a": 1}}, "parts"),
            ({}, {"value": 5, "quality": "not_collected"}, "__all__"),
            ({}, {"value": 5, "period_start": SPRING, "period_end": date(2020, 3, 1)}, "__all__"),
        ],
    )  # fmt: skip
    def test_refuses_what_is_not_of_the_indicator_s_kind(self, here: Any, fields: Any, given: Any, field: str) -> None:
        fields = dict(fields)
        targets = fields.pop("targets", (1,) if fields.get("kind") == "yes_no" else (80,))
        it = country.indicator(country.benchmark(here), *targets, **fields)
        with pytest.raises(ValidationError) as refused:
            measure(it, by=world.founder(), now=NOW, **{"as_of": SPRING, **given})
        assert list(refused.value.message_dict) == [field]
        assert not Measurement.objects.exists()

    def test_of_a_rate_may_be_of_more_than_it_is_counted_by(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), 80, kind="rate")
        row = measure(it, as_of=SPRING, numerator=9, denominator=8, by=world.founder(), now=NOW)
        assert (row.numerator, row.denominator) == (9, 8)

    def test_is_for_who_may_measure_here(self, here: Any, it: Any) -> None:
        for person in (world.person(Role.VERIFIER, here), world.person(Role.PROVIDER, world.transition())):
            with pytest.raises(PermissionDenied):
                measure(it, as_of=SPRING, value=60, by=person, now=NOW)


class TestCorrect:
    def test_supersedes_and_says_why(self, it: Any) -> None:
        wrong = country.value(it, 60, SPRING, note="by phone")
        right = correct(wrong, value=61, reason="a typing mistake", by=world.founder(), now=NOW)
        assert (right.supersedes, right.value, right.note, right.holds_from) == (wrong, 61, "by phone", SPRING)
        wrong.refresh_from_db()
        assert wrong.value == 60

    def test_needs_a_reason_and_is_done_once(self, it: Any) -> None:
        wrong = country.value(it, 60, SPRING)
        with pytest.raises(ValidationError, match="Say why"):
            correct(wrong, value=61, reason=" ", by=world.founder(), now=NOW)
        correct(wrong, value=61, reason="x", by=world.founder(), now=NOW)
        with pytest.raises(StepRefused, match="correct the correction"):
            correct(wrong, value=62, reason="x", by=world.founder(), now=NOW)
