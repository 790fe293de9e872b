"""Judging: the program proposes, a person decides, somebody else verifies."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from benchmarks.assessing import assess, disagreements, judge_again, override_class
from benchmarks.measuring import correct, measure
from benchmarks.models import Assessment, Disagreement
from benchmarks.proposing import propose
from tests import country, world
from transitions.access.permissions import Role
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.workflow.engine import Blocked, StepRefused, take

NOW, TODAY = world.NOW, world.NOW.date()
SPRING, SUMMER = date(2020, 4, 1), date(2020, 7, 1)


@pytest.fixture
def it(here: Any) -> Any:
    return country.indicator(country.benchmark(here), (80, date(2020, 12, 31)))


def proposed(it: Any, on: date = TODAY) -> tuple[str, str]:
    found = propose(it, as_of=on, known_at=TODAY)
    return found.met, found.judged


class TestPropose:
    def test_on_track_once_it_is_met(self, it: Any) -> None:
        country.value(it, 80, SUMMER)
        assert proposed(it) == ("met", "on_track")

    @pytest.mark.parametrize(
        ("before", "value", "judged"), [(52, 55, "positive"), (55, 55, "stagnating"), (55, 52, "descending")]
    )
    def test_by_the_trend_while_it_is_not(self, it: Any, before: int, value: int, judged: str) -> None:
        country.value(it, before, SPRING)
        country.value(it, value, SUMMER)
        assert proposed(it) == ("not_met", judged)

    def test_by_the_trend_of_a_ceiling_too(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), 10, baseline=30, direction="<=")
        country.value(it, 29, SPRING)
        country.value(it, 28, SUMMER)
        assert proposed(it) == ("not_met", "positive")

    def test_on_track_at_a_pace_that_gets_there_in_time(self, it: Any) -> None:
        country.value(it, 76, SUMMER)  # half the time, most of the way
        assert proposed(it, SUMMER) == ("not_met", "on_track")

    def test_not_on_track_once_its_day_has_passed(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), (80, date(2020, 6, 1)))
        country.value(it, 55, SPRING)
        country.value(it, 79, SUMMER)
        assert proposed(it) == ("not_met", "not_on_track")

    def test_says_value_target_trend_and_time(self, it: Any) -> None:
        country.value(it, 55, SPRING)
        country.value(it, 52, SUMMER)
        reasons = " | ".join(propose(it, as_of=TODAY, known_at=TODAY).reasons)
        for said in ("at least 80", "2020-12-31", "91 days are left", "52 against", "55 on 2020-04-01", "moves away"):
            assert said in reasons

    def test_has_no_opinion_without_data(self, it: Any) -> None:
        assert proposed(it) == ("unknown", "not_assessed")
        country.value(it, None, SUMMER, quality="not_collected")
        assert proposed(it) == ("unknown", "not_assessed")

    def test_knows_no_trend_across_definitions(self, it: Any) -> None:
        country.value(it, 70, SPRING)
        country.redefined(it, (80, date(2020, 12, 31)), on=date(2020, 6, 1), baseline=None)
        country.value(it, 60, SUMMER)
        assert proposed(it) == ("not_met", "not_assessed")  # not “descending” from 70, which counted something else

    def test_knows_no_trend_once_the_method_changed_or_over_other_windows(self, here: Any, it: Any) -> None:
        country.value(it, 70, SPRING)
        country.value(it, 60, SUMMER, quality="method_changed")
        assert proposed(it)[1] == "not_assessed"
        counts = country.indicator(country.benchmark(here), 800, baseline=500, kind="cumulative",
                                   period_basis="cumulative_since")  # fmt: skip
        country.value(counts, 300, SPRING, period_start=date(2020, 1, 1), period_end=SPRING)
        country.value(counts, 200, SUMMER, period_start=date(2020, 5, 1), period_end=SUMMER)
        assert proposed(counts) == ("not_met", "not_assessed")
        country.value(counts, 250, date(2020, 8, 1), period_start=date(2020, 5, 1), period_end=date(2020, 8, 1))
        assert proposed(counts) == ("not_met", "positive")

    def test_reads_the_correction_in_place_of_what_was_wrong(self, it: Any) -> None:
        wrong = country.value(it, 85, SUMMER)
        correct(wrong, value=55, reason="a typing mistake", by=world.founder(), now=NOW)
        assert proposed(it)[0] == "not_met"


class TestAssess:
    def test_begins_a_draft_that_goes_by_submission_to_verification(self, here: Any, it: Any) -> None:
        provider, verifier = world.person(Role.PROVIDER, here), world.person(Role.VERIFIER, here)
        draft = assess(it, "positive", as_of=SUMMER, by=provider, now=NOW)
        assert (draft.state, draft.entered_by) == ("draft", provider)
        take(draft, "submit", by=provider, now=NOW)
        take(draft, "verify", by=verifier, now=NOW)
        assert draft.state == "verified"
        with pytest.raises(DatabaseError, match="verified"), transaction.atomic():
            Assessment.objects.filter(pk=draft.pk).update(note="x")

    def test_is_never_verified_by_who_entered_measured_or_submitted_it(self, here: Any, it: Any) -> None:
        def everything() -> Any:
            return world.grant(world.person(Role.PROVIDER, here), Role.VERIFIER, here).user

        entered, measured, submitted, other = (everything() for _ in range(4))
        world.grant(measured, Role.PLANNER, here)
        value = measure(it, as_of=SUMMER, value=60, by=measured, now=NOW)
        draft = assess(it, "positive", as_of=SUMMER, measurement=value, by=entered, now=NOW)
        take(draft, "submit", by=submitted, now=NOW)
        for person in (entered, measured, submitted):
            with pytest.raises(Blocked, match="own entry"):
                take(draft, "verify", by=person, now=NOW)
        take(draft, "verify", by=other, now=NOW)

    def test_is_fixed_while_it_is_looked_at(self, here: Any, it: Any) -> None:
        draft = assess(it, "positive", as_of=SUMMER, by=world.person(Role.PROVIDER, here), now=NOW)
        take(draft, "submit", by=draft.entered_by, now=NOW)
        with pytest.raises(StepRefused, match="only a draft"):
            judge_again(draft, "on_track", by=draft.entered_by, now=NOW)
        with pytest.raises(DatabaseError, match="submitted"), transaction.atomic():
            Assessment.objects.filter(pk=draft.pk).update(judged="on_track")
        verifier = world.person(Role.VERIFIER, here)
        take(draft, "return", by=verifier, now=NOW, reason="the number?")
        judge_again(draft, "stagnating", by=draft.entered_by, now=NOW, note="counted again")
        assert (draft.judged, draft.note) == ("stagnating", "counted again")

    def test_refuses_a_measurement_that_cannot_bear_it(self, here: Any, it: Any) -> None:
        other = country.indicator(it.benchmark)
        early, later = country.value(it, 60, SPRING), country.value(it, 60, date(2020, 9, 1))
        country.redefined(it, on=date(2020, 6, 1))
        for measurement in (country.value(other, 60, SPRING), early, later):
            with pytest.raises(ValidationError) as refused:
                assess(it, "positive", as_of=SUMMER, measurement=measurement, by=world.founder(), now=NOW)
            assert list(refused.value.message_dict) == ["measurement"]

    @pytest.mark.parametrize(
        ("judged", "on", "field"),
        [("positive", TODAY + timedelta(1), "as_of"), ("positive", date(2019, 1, 1), "as_of"),
         ("not_assessed", SUMMER, "judged"), ("good", SUMMER, "judged")],
    )  # fmt: skip
    def test_refuses_what_is_no_judgement(self, it: Any, judged: str, on: date, field: str) -> None:
        with pytest.raises(ValidationError) as refused:
            assess(it, judged, as_of=on, by=world.founder(), now=NOW)
        assert list(refused.value.message_dict) == [field]

    def test_is_not_for_who_only_verifies(self, here: Any, it: Any) -> None:
        with pytest.raises(PermissionDenied):
            assess(it, "positive", as_of=SUMMER, by=world.person(Role.VERIFIER, here), now=NOW)


class TestDisagreements:
    def test_keep_both_and_are_listed_while_they_stand(self, here: Any, it: Any) -> None:
        country.value(it, 55, SPRING)
        country.value(it, 52, SUMMER)
        provider, auditor = world.person(Role.PROVIDER, here), world.person(Role.AUDITOR, here)
        draft = assess(it, "on_track", as_of=SUMMER, by=provider, now=NOW)
        [row] = disagreements([here.pk], user=auditor, now=NOW)
        assert (row.judged, row.proposed, row.proposed_met) == ("on_track", "descending", "not_met")
        assert any("moves away" in reason for reason in row.reasons)
        judge_again(draft, "descending", by=provider, now=NOW)
        assert list(disagreements([here.pk], user=auditor, now=NOW)) == []
        assert Disagreement.objects.count() == 1  # kept all the same

    def test_are_none_where_the_numbers_say_nothing(self, it: Any) -> None:
        assess(it, "not_on_track", as_of=SUMMER, by=world.founder(), now=NOW)
        assert not Disagreement.objects.exists()


class TestOverride:
    def test_needs_a_reason_and_somebody_who_plans(self, here: Any, it: Any) -> None:
        with pytest.raises(ValidationError, match="reason"):
            override_class(it.benchmark, "positive", reason="", by=world.founder(), now=NOW)
        with pytest.raises(PermissionDenied):
            override_class(it.benchmark, "positive", reason="x", by=world.person(Role.PROVIDER, here), now=NOW)
        owner = world.person(Role.UNCT_FOCAL_POINT, here)
        it.benchmark.owner = owner
        override_class(it.benchmark, "positive", reason="the law is passed", by=owner, now=NOW)


def told() -> set[Any]:
    return {message.recipient for message in Message.objects.filter(kind="benchmarks.fell")}


class TestAFall:
    @pytest.fixture
    def people(self, here: Any) -> Any:
        security = world.pillar(here, "security")
        heads = [world.person(role, here) for role in
                 (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)]  # fmt: skip
        lead = world.person(Role.PILLAR_LEAD, here, pillar=security)
        world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here, "political"))
        owner = world.person(Role.UNCT_FOCAL_POINT, here)
        return {*heads, lead, owner}, owner, security

    def condition(self, here: Any, people: Any, **fields: Any) -> Any:
        _, owner, security = people
        return country.indicator(country.benchmark(here, owner=owner, pillar=security, **fields))

    def test_of_the_class_is_told_with_the_verification(self, here: Any, people: Any) -> None:
        it = self.condition(here, people)
        country.judged(it, "on_track", SPRING)
        country.verified(it, "stagnating", SUMMER)
        assert told() == people[0]
        message = Message.objects.filter(kind="benchmarks.fell").first()
        assert message.due_at == NOW
        assert (message.payload["was"], message.payload["became"]) == ("on_track", "stagnating")

    def test_is_told_once_for_one_cause_and_not_while_nothing_falls(self, here: Any, people: Any) -> None:
        it = self.condition(here, people)
        country.verified(it, "on_track", SPRING)
        country.verified(it, "on_track", SUMMER)
        assert told() == set()
        country.verified(it, "descending", date(2020, 5, 1))  # of an earlier day: overtaken already
        assert told() == set()

    def test_of_what_no_exit_depends_on_is_not_told(self, here: Any, people: Any) -> None:
        it = self.condition(here, people, condition_for_exit=False)
        country.verified(it, "on_track", SPRING)
        country.verified(it, "not_on_track", SUMMER)
        assert told() == set()

    def test_of_the_measured_value_is_told_with_the_value(self, here: Any, people: Any) -> None:
        it = self.condition(here, people)
        country.value(it, 85, SPRING)
        assert told() == set()
        country.value(it, 76, SUMMER)
        assert told() == people[0]

    def test_by_a_person_s_word_or_the_step_is_told_too(self, here: Any, people: Any) -> None:
        it = self.condition(here, people)
        country.judged(it, "on_track", SPRING)
        override_class(it.benchmark, "descending", reason="what we saw", by=world.founder(), now=NOW)
        assert told() == people[0]
        Message.objects.all().delete()
        achieved = country.benchmark(here, owner=people[1], pillar=people[2], state="achieved")
        take(achieved, "regress", by=world.founder(), now=NOW, reason="the law was repealed")
        assert told() == people[0]

    def test_reaches_the_planner_where_nobody_else_is_there(self, here: Any) -> None:
        planner = world.person(Role.PLANNER, here)
        it = country.indicator(country.benchmark(here))
        country.judged(it, "on_track", SPRING)
        country.verified(it, "stagnating", SUMMER)
        assert planner in told()

    def test_is_written_with_what_it_was_and_is(self, here: Any, people: Any, mail: Any) -> None:
        it = self.condition(here, people)
        country.judged(it, "on_track", SPRING)
        country.verified(it, "stagnating", SUMMER)
        deliver(now=NOW)
        text = next(letter.content.decode() for letter in mail.letters if "fallen back" in letter.content.decode())
        assert "Class: on track, now challenges, stagnating." in text
        assert it.benchmark.title in text
