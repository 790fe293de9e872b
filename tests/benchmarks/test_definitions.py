from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from benchmarks.definitions import add_indicator, carry_over, government_position, redefine, reword
from benchmarks.models import Benchmark, Indicator
from benchmarks.whole import warnings_of
from tests import country, world
from transitions.access.permissions import Role
from transitions.workflow.engine import Blocked, Fact, sign, take

NOW, TODAY = world.NOW, world.NOW.date()


class TestSetUp:
    def test_makes_a_core_one_a_condition_for_exit_unless_it_says_otherwise(self, here: Any) -> None:
        office = world.office(here)
        here.lead_office = office
        made = [country.benchmark(here, **fields) for fields in ({}, {"condition_for_exit": False})]
        assert [one.condition_for_exit for one in made] == [True, False]
        contextual = country.benchmark(here, level="contextual")
        assert (contextual.condition_for_exit, contextual.owner_office) == (False, office)

    def test_of_a_contextual_one_as_a_condition_is_refused(self, here: Any) -> None:
        with pytest.raises(ValidationError, match="contextual"):
            country.benchmark(here, level="contextual", condition_for_exit=True)
        assert not Benchmark.objects.exists()


class TestReword:
    def test_leaves_the_old_words_as_they_were(self, here: Any) -> None:
        benchmark = country.benchmark(here)
        reword(benchmark, "Police serve all equally", reason="S/RES/2", by=world.founder(), now=NOW)
        assert list(benchmark.wordings.values_list("number", "statement")) == [
            (1, "Police serve everybody"), (2, "Police serve all equally"),
        ]  # fmt: skip

    def test_needs_a_reason_and_other_words(self, here: Any) -> None:
        benchmark = country.benchmark(here)
        for words, reason, field in (("New", " ", "reason"), ("Police serve everybody", "x", "statement")):
            with pytest.raises(ValidationError) as refused:
                reword(benchmark, words, reason=reason, by=world.founder(), now=NOW)
            assert list(refused.value.message_dict) == [field]

    def test_is_not_for_who_only_measures(self, here: Any) -> None:
        with pytest.raises(PermissionDenied):
            reword(country.benchmark(here), "New", reason="x", by=world.person(Role.PROVIDER, here), now=NOW)


class TestRedefine:
    def test_is_a_new_definition_beside_the_old_one(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), 80)
        country.redefined(it, 90, on=date(2020, 6, 1))
        found = [(one.number, one.holds_from, [aim.value for aim in one.targets.all()]) for one in it.definitions.all()]
        assert found == [(1, country.START, [80]), (2, date(2020, 6, 1), [90])]

    def test_needs_a_reason(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here))
        with pytest.raises(ValidationError, match="Say why"):
            redefine(it, country.definition(), [], reason="", by=world.founder(), now=NOW)

    @pytest.mark.parametrize(
        ("fields", "target"),
        [
            ({"kind": "composite", "parts": [{"name": "a"}]}, 1),
            ({"kind": "composite", "parts": [{"name": "a", "target": 1}, {"name": "a", "target": 2}]}, 1),
            ({"kind": "composite", "parts": [{"name": "a", "target": 1, "direction": "<"}]}, 1),
            ({"kind": "composite", "parts": "all"}, 1),
            ({"kind": "ladder", "rungs": ["draft", "voted"]}, 3),
            ({"kind": "yes_no"}, 2),
            ({"kind": "count", "per": 1000}, 2),
        ],
    )
    def test_refuses_what_cannot_be_compared(self, here: Any, fields: Any, target: int) -> None:
        benchmark = country.benchmark(here)
        made = Indicator(benchmark=benchmark, code="X")
        with pytest.raises(ValidationError):
            add_indicator(made, country.definition(**fields), country.aims(target), by=world.founder(), now=NOW)
        assert not Indicator.objects.exists()


class TestWarnings:
    def test_say_what_is_missing(self, here: Any) -> None:
        benchmark = country.benchmark(here)
        assert warnings_of(benchmark) == ["it has no indicator: it cannot be assessed"]
        it = country.indicator(benchmark, baseline=None, measured_every=None)
        assert [said.removeprefix(f"{it.code}: ").split(":")[0] for said in warnings_of(benchmark)] == [
            "it has no baseline", "it asks for no disaggregation", "it has no means of verification",
            "it has no frequency",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("direction", "baseline", "target", "warned"),
        [
            (">=", 80, 80, True), (">=", 4, 2, True), (">=", 2, 4, False), ("<=", 3, 3, True), ("<=", 3, 10, True),
            ("<=", 10, 3, False), ("=", 5, 5, True), ("=", 4, 5, False),
        ],
    )  # fmt: skip
    def test_of_a_target_that_asks_for_no_more_than_there_was(
        self, here: Any, direction: str, baseline: int, target: int, warned: bool
    ) -> None:
        benchmark = country.benchmark(here)
        country.indicator(benchmark, target, baseline=baseline, direction=direction, disaggregation=["sex"],
                          means_of_verification="survey")  # fmt: skip
        said = warnings_of(benchmark)
        assert any("meets the target already" in one for one in said) == warned
        assert any("not beyond its baseline" in one for one in said) == warned

    def test_are_none_for_a_whole_one(self, here: Any) -> None:
        benchmark = country.benchmark(here)
        country.indicator(benchmark, disaggregation=["sex"], means_of_verification="survey")
        assert warnings_of(benchmark) == []


class TestAgreement:
    def test_of_a_joint_one_needs_both_signatures(self, here: Any) -> None:
        head, government = world.person(Role.HEAD_OF_MISSION, here), world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        benchmark = country.benchmark(here, basis="joint", state="proposed")
        country.indicator(benchmark)
        sign(benchmark, "agree", Role.HEAD_OF_MISSION, by=head, now=NOW)
        with pytest.raises(Blocked) as blocked:
            take(benchmark, "agree", by=head, now=NOW)
        assert [one.code for one in blocked.value.blockers] == ["not_signed"]
        sign(benchmark, "agree", Role.GOVERNMENT_FOCAL_POINT, by=government, now=NOW)
        take(benchmark, "agree", by=head, now=NOW)
        assert benchmark.state == "in_force"


class TestTheGovernment:
    def test_speaks_for_itself_or_by_a_document(self, here: Any) -> None:
        benchmark = country.benchmark(here)
        government_position(benchmark, "endorses", by=world.person(Role.GOVERNMENT_FOCAL_POINT, here), now=NOW)
        fact = Fact("S/2020/9, annex", date(2020, 9, 1))
        government_position(benchmark, "disputes", by=world.founder(), now=NOW, fact=fact)
        with pytest.raises(PermissionDenied):
            government_position(benchmark, "silent", by=world.founder(), now=NOW)
        assert list(benchmark.government_positions.values_list("position", flat=True)) == ["disputes", "endorses"]


class TestCarryOver:
    def test_is_to_an_office_of_the_same_transition_or_to_a_name(self, here: Any) -> None:
        benchmark, elsewhere = country.benchmark(here), world.office(world.transition())
        for given in ({"office": elsewhere}, {}):
            with pytest.raises(ValidationError):
                carry_over(benchmark, by=world.founder(), now=NOW, **given)  # type: ignore[arg-type]
        carry_over(benchmark, name="The Ombudsperson", by=world.founder(), now=NOW)
        assert str(benchmark.carry_overs.get()) == "The Ombudsperson"
