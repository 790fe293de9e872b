"""An assessment round: entered one after the other in one go, verified by somebody else."""

from datetime import date, timedelta
from typing import Any

import pytest

from benchmarks.assessing import assess
from benchmarks.entering import enter
from benchmarks.models import Measurement
from benchmarks.rounds import round_of
from tests import country, world
from transitions.access.models import User
from transitions.access.permissions import Marking, Role
from transitions.workflow.engine import Fact

NOW, TODAY = world.NOW, world.NOW.date()
SPRING, SUMMER = date(2020, 4, 1), date(2020, 9, 1)


@pytest.fixture
def it(here: Any) -> Any:
    return country.indicator(country.benchmark(here))


@pytest.fixture
def page(client: Any, clock: None, here: Any) -> Any:
    """`page(user)` asks for the round of the summer, `page(user, do=…)` posts to it."""

    def asked(user: User, at: str = "", on: Any = SUMMER, **given: Any) -> Any:
        client.force_login(user)
        path = f"/transitions/{here.slug}/rounds/{on}/{f'?at={at}' if at else ''}"
        return client.post(path, given) if given else client.get(path)

    return asked


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


class TestThePage:
    def test_says_what_is_to_do_and_goes_on_from_one_to_the_next(self, page: Any, it: Any, provider: User) -> None:
        second = country.indicator(it.benchmark)
        said = text(page(provider))
        assert "2 to do, 0 done" in said
        assert said.index(f'data-indicator="{it.code}"') < said.index(f'data-indicator="{second.code}"')
        answer = page(provider, do="save", indicator=it.code, value="60", judged="positive", note="by phone")
        assert answer["Location"].endswith(f"/rounds/{SUMMER}/?at={second.code}")
        said = text(page(provider, at=second.code))
        assert "1 to do, 1 done" in said
        assert f"{it.code} is entered: challenges, positive trend" in said
        assert f'name="indicator" value="{second.code}"' in said

    def test_shows_what_is_proposed_for_what_is_typed_and_enters_nothing(
        self, page: Any, it: Any, provider: User
    ) -> None:
        country.value(it, 55, SPRING)
        before = country.written()
        said = text(page(provider, do="look", indicator=it.code, value="52"))
        assert "With what is typed, the program proposes: not met, descending" in said
        assert '<option value="descending" selected>' in said
        assert country.written() == before
        assert '<option value="positive" selected>' in text(
            page(provider, do="look", indicator=it.code, value="52", judged="positive")
        )

    def test_does_not_compare_a_returned_value_with_itself(
        self, page: Any, it: Any, provider: User, verifier: User
    ) -> None:
        country.value(it, 55, SPRING)
        country.returned(enter(it, "stagnating", as_of=SUMMER, by=provider, now=NOW, value=52), verifier)
        said = text(page(provider, do="look", indicator=it.code, value="52"))
        assert "With what is typed, the program proposes: not met, descending" in said

    def test_names_what_is_wrong_with_what_was_typed_still_there(self, page: Any, it: Any, provider: User) -> None:
        before = country.written()
        for given, said in (
            ({"value": "sixty", "judged": "positive"}, "Enter a number."),
            ({"value": "-1", "judged": "positive", "note": "typed"}, "It cannot be below zero."),
            ({"value": "60"}, "Choose a class."),
            ({"value": "5", "quality": "not_collected", "judged": "positive"}, "What was not collected has no value."),
        ):
            answer = page(provider, do="save", indicator=it.code, **given)
            assert answer.status_code == 400, given
            assert said in text(answer)
            assert f'value="{given["value"]}"' in text(answer)
        assert country.written() == before

    @pytest.mark.parametrize(
        ("fields", "typed", "kept"),
        [
            ({"kind": "ladder", "rungs": ["drafted", "voted"]}, {"value": "2"}, {"value": 2}),
            ({"kind": "yes_no"}, {"value": "0"}, {"value": 0}),
            ({}, {"numerator": "3", "denominator": "4"}, {"numerator": 3, "denominator": 4}),
            ({"kind": "composite", "parts": [{"name": "seats", "target": 9}, {"name": "women", "target": 3}]},
             {"part-0": "9", "part-1": "0"}, {"parts": {"seats": 9, "women": 0}}),
            ({"disaggregation": ["sex"]}, {"value": "7", "disaggregated": "men=3; women=4"},
             {"disaggregated": {"men": 3, "women": 4}}),
            ({"kind": "cumulative", "period_basis": "year_to_date"},
             {"value": "7", "period_start": "2020-01-01", "period_end": "2020-09-01"},
             {"value": 7, "period_start": date(2020, 1, 1)}),
            ({"kind": "survey"}, {"quality": "not_collected"}, {"quality": "not_collected", "value": None}),
        ],
    )  # fmt: skip
    def test_asks_for_each_kind_in_its_own_way(
        self, page: Any, here: Any, provider: User, fields: Any, typed: Any, kept: Any
    ) -> None:
        it = country.indicator(country.benchmark(here), 1, **fields)
        said = text(page(provider))
        assert all(f'name="{name}"' in said for name in typed)
        answer = page(provider, do="save", indicator=it.code, judged="no_update_expected", **typed)
        assert answer.status_code == 302, text(answer)
        row = Measurement.objects.get()
        assert {name: getattr(row, name) for name in kept} == kept

    def test_shows_a_returned_entry_with_its_reason_and_what_it_said(
        self, page: Any, it: Any, provider: User, verifier: User
    ) -> None:
        country.returned(enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60, note="by phone"), verifier)
        said = text(page(provider))
        assert "1 to do, 0 done" in said
        assert "the number?" in said
        for typed in ('value="60"', 'value="by phone"', '<option value="positive" selected>'):
            assert typed in said

    def test_does_not_write_over_a_draft_that_it_did_not_show(self, page: Any, it: Any, provider: User) -> None:
        assess(it, "stagnating", as_of=SUMMER, by=world.founder(), now=NOW)
        before = country.written()
        for version in ("", "0", "x"):
            answer = page(provider, do="save", indicator=it.code, value="60", judged="positive", version=version)
            assert answer.status_code in (400, 409)
            assert "open it again" in text(answer)
        assert country.written() == before

    def test_is_of_no_day_that_has_not_come_and_of_nothing_that_is_no_day(
        self, page: Any, it: Any, provider: User
    ) -> None:
        answer = page(provider, on=TODAY + timedelta(1))
        assert answer.status_code == 400
        assert "has not come yet" in text(answer)
        assert page(provider, on="soon").status_code == 404

    def test_takes_the_same_queries_whatever_there_is(
        self, page: Any, here: Any, it: Any, verifier: User, django_assert_max_num_queries: Any
    ) -> None:
        both = world.grant(verifier, Role.PROVIDER, here).user
        page(both)  # signing in takes some of its own
        counts = []
        for _ in range(2):
            for _ in range(3):
                one = country.indicator(country.benchmark(here))
                country.value(one, 60, SPRING)
                country.judged(one, "positive", SPRING)
                enter(one, "on_track", as_of=SUMMER, by=world.person(Role.PROVIDER, here), now=NOW, value=61)
            with django_assert_max_num_queries(40) as counted:
                assert page(both).status_code == 200
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestWhoMaySee:
    def test_somebody_of_elsewhere_sees_nothing_and_changes_nothing(self, page: Any, here: Any, it: Any) -> None:
        elsewhere = world.person(Role.PROVIDER, world.transition())
        before = country.written()
        assert page(elsewhere).status_code == 404
        assert page(elsewhere, do="save", indicator=it.code, value="60", judged="positive").status_code == 404
        assert country.written() == before

    def test_what_is_marked_is_neither_listed_nor_counted_nor_entered(
        self, page: Any, here: Any, provider: User
    ) -> None:
        secret = country.indicator(country.benchmark(here, marking=Marking.CONFIDENTIAL))
        assert secret.code not in text(page(provider))
        assert "0 to do, 0 done" in text(page(provider))
        assert page(provider, do="save", indicator=secret.code, value="60", judged="positive").status_code == 404
        entry = enter(secret, "positive", as_of=SUMMER, by=world.founder(), now=NOW, value=60)
        assert page(provider, do="verify", assessment=entry.pk, version=2).status_code == 404
        assert "1 to do" in text(page(world.person(Role.AUDITOR, here), on=SPRING))

    def test_who_only_reads_has_no_form_and_is_refused(self, page: Any, here: Any, it: Any) -> None:
        auditor = world.person(Role.AUDITOR, here)
        assert 'name="do"' not in text(page(auditor))
        before = country.written()
        assert page(auditor, do="save", indicator=it.code, value="60", judged="positive").status_code == 403
        assert country.written() == before


class TestVerifying:
    def test_is_one_button_for_who_may(self, page: Any, it: Any, provider: User, verifier: User) -> None:
        entry = enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60)
        assert f'aria-label="Verify {it.code}"' in text(page(verifier))
        assert page(verifier, do="verify", assessment=entry.pk, version=entry.version).status_code == 302
        entry.refresh_from_db()
        assert entry.state == "verified"
        assert "1 of 1 verified" in text(page(verifier))

    def test_sends_back_with_a_reason(self, page: Any, it: Any, provider: User, verifier: User) -> None:
        entry = enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60)
        answer = page(verifier, do="return", assessment=entry.pk, version=entry.version, reason=" ")
        assert answer.status_code == 409
        assert "needs a reason" in text(answer)
        assert (
            page(verifier, do="return", assessment=entry.pk, version=entry.version, reason="which?").status_code == 302
        )
        entry.refresh_from_db()
        assert entry.state == "draft"

    def test_of_one_s_own_entry_says_why_not_and_is_refused(
        self, page: Any, here: Any, it: Any, provider: User
    ) -> None:
        both = world.grant(provider, Role.VERIFIER, here).user
        entry = enter(it, "positive", as_of=SUMMER, by=both, now=NOW, value=60)
        said = text(page(both))
        assert "Nobody verifies their own entry" in said
        assert f'aria-label="Verify {it.code}"' not in said
        answer = page(both, do="verify", assessment=entry.pk, version=entry.version)
        assert answer.status_code == 409
        assert f"{it.code}: Nobody verifies their own entry" in text(answer)
        entry.refresh_from_db()
        assert entry.state == "submitted"

    @pytest.mark.parametrize("version", ["1", "", "x"])
    def test_from_a_stale_page_is_refused(
        self, page: Any, it: Any, provider: User, verifier: User, version: str
    ) -> None:
        entry = enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60)
        assert page(verifier, do="verify", assessment=entry.pk, version=version).status_code in (400, 409)
        entry.refresh_from_db()
        assert entry.state == "submitted"

    def test_is_shown_without_buttons_to_the_others(self, page: Any, it: Any, provider: User) -> None:
        enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60)
        said = text(page(provider))
        assert "Waiting for verification (1)" in said
        assert "waits for a verifier" in said
        assert f'aria-label="Verify {it.code}"' not in said


class TestTheRounds:
    def test_are_listed_with_their_reports_and_lead_to_any_day(
        self, client: Any, clock: None, here: Any, it: Any, provider: User
    ) -> None:
        report = country.report(here, SPRING)
        country.judged(it, "positive", SPRING)
        enter(it, "positive", as_of=SUMMER, by=provider, now=NOW, value=60)
        client.force_login(provider)
        path = f"/transitions/{here.slug}/rounds/"
        said = text(client.get(path))
        assert report.symbol in said
        assert f"{path}{SUMMER}/" in said
        assert client.get(path, {"as_of": "2020-05-01"})["Location"] == f"{path}2020-05-01/"
        assert client.get(path, {"as_of": "soon"}).status_code == 404
        client.force_login(world.person(Role.PROVIDER, world.transition()))
        assert client.get(path).status_code == 404

    def test_are_a_link_away_from_the_transition_and_from_the_admin(
        self, client: Any, clock: None, here: Any, it: Any
    ) -> None:
        planner = world.person(Role.PLANNER, here)
        User.objects.filter(pk=planner.pk).update(is_staff=True)
        client.force_login(planner)
        path = f"/transitions/{here.slug}/rounds/"
        for page in (f"/transitions/{here.slug}/", "/admin/benchmarks/assessment/", "/admin/benchmarks/indicator/"):
            assert path in client.get(page).content.decode(), page

    def test_leave_out_what_was_not_defined_then(self, here: Any, it: Any, provider: User) -> None:
        from_summer = country.indicator(it.benchmark, since=Fact("S/2020/7", SUMMER, SUMMER))
        found = round_of(here, SPRING, user=provider, now=NOW)
        assert [line.code for line in found.lines] == [it.code]
        assert from_summer.code in [line.code for line in round_of(here, SUMMER, user=provider, now=NOW).lines]
