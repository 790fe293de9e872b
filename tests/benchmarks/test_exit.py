"""Ceasing operations: as a recorded fact what is not met is carried over, as a decision it is known before."""

from datetime import timedelta
from typing import Any

import pytest

from benchmarks.definitions import carry_over
from tests import country, world
from transitions.access.permissions import Role
from transitions.workflow.engine import Blocked, Fact, take
from transitions.workflow.models import OpenItem

NOW, TODAY = world.NOW, world.NOW.date()
RECENT, BEFORE = TODAY - timedelta(20), TODAY - timedelta(10)


@pytest.fixture
def conditions(here: Any) -> Any:
    """Met, not met, unknown; the last one carried over to somebody."""
    its = [country.indicator(country.benchmark(here)) for _ in range(3)]
    for it in its:
        country.judged(it, "stagnating", RECENT)
    country.value(its[0], 85, RECENT)
    country.value(its[1], 60, RECENT)
    carry_over(its[2].benchmark, name="The Ombudsperson", by=world.founder(), now=NOW)
    return [it.benchmark for it in its]


def left(here: Any) -> dict[tuple[str, int], str]:
    return {(item.code, item.thing_id): item.sentence for item in OpenItem.objects.filter(transition=here)}


class TestCeaseOperations:
    def test_as_a_decision_leaves_open_what_is_not_met_and_is_not_held_back_by_it(
        self, here: Any, conditions: Any
    ) -> None:
        take(here, "cease_operations", by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
        _, unmet, unknown = conditions
        found = left(here)
        assert set(found) == {("condition_carried_over", one.pk) for one in (unmet, unknown)}
        assert "was not met" in found["condition_carried_over", unmet.pk]
        assert "no source names who carries it over" in found["condition_carried_over", unmet.pk]
        assert "carried over to The Ombudsperson" in found["condition_carried_over", unknown.pk]

    def test_as_a_decision_waits_for_what_nobody_has_assessed(self, here: Any, conditions: Any) -> None:
        country.indicator(country.benchmark(here))
        with pytest.raises(Blocked, match="not assessed within its frequency"):
            take(here, "cease_operations", by=world.person(Role.HEAD_OF_MISSION, here), now=NOW)
        assert left(here) == {}

    def test_as_a_fact_lists_each_condition_once(self, here: Any, conditions: Any) -> None:
        never = country.indicator(country.benchmark(here)).benchmark
        fact = Fact("S/RES/9", BEFORE, BEFORE)
        take(here, "cease_operations", by=world.person(Role.HEAD_OF_MISSION, here), now=NOW, despite=fact)
        codes = {pk: code for code, pk in left(here)}
        _, unmet, unknown = conditions
        assert codes == {
            never.pk: "condition_not_assessed", unmet.pk: "condition_carried_over",
            unknown.pk: "condition_carried_over",
        }  # fmt: skip

    def test_looks_at_the_day_of_the_fact(self, here: Any, conditions: Any) -> None:
        it = conditions[1].indicators.get()
        country.value(it, 90, TODAY)  # met since, and too late
        fact = Fact("S/RES/9", BEFORE, BEFORE)
        take(here, "cease_operations", by=world.person(Role.HEAD_OF_MISSION, here), now=NOW, despite=fact)
        assert ("condition_carried_over", conditions[1].pk) in left(here)
