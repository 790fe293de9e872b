"""One indicator from its first value to its last: a line with its breaks, and a table of every figure."""

from datetime import date
from typing import Any

import pytest

from benchmarks.indicator_chart import axis, drawn, steps
from benchmarks.indicator_marks import aims, joined
from benchmarks.measuring import correct, measure
from benchmarks.models import Indicator
from benchmarks.one_indicator import Story, story_of
from tests import country, world
from transitions.access.models import User
from transitions.access.permissions import Marking, Role
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact
from transitions.workflow.models import StateChange

NOW, TODAY = world.NOW, world.NOW.date()
FEBRUARY, SPRING, SUMMER, AUTUMN = date(2020, 2, 1), date(2020, 4, 1), date(2020, 7, 1), date(2020, 9, 1)


@pytest.fixture
def it(here: Any) -> Any:
    return country.indicator(country.benchmark(here))


def told(it: Indicator, **days: Any) -> Story:
    return story_of(it, view_of(it.transition, user=console(), now=NOW, **days))


def pairs(story: Story) -> list[tuple[str, str]]:
    """Which values are joined by a line."""
    y, at = axis(story.versions)
    layers = joined(story.versions, {"type": "temporal"}, y, at)
    return [(row["from"], row["to"]) for layer in layers for row in layer["data"]["values"]]


def picture(it: Indicator, **days: Any) -> str:
    return drawn(told(it, **days), words="What it shows")


class TestTheLine:
    def test_joins_what_was_counted_in_one_way(self, it: Any) -> None:
        for number, on in ((50, FEBRUARY), (55, SPRING), (60, SUMMER)):
            country.value(it, number, on)
        assert pairs(told(it)) == [(str(FEBRUARY), str(SPRING)), (str(SPRING), str(SUMMER))]

    def test_breaks_where_the_definition_changes(self, it: Any) -> None:
        for number, on in ((50, FEBRUARY), (55, SPRING)):
            country.value(it, number, on)
        country.redefined(it, 90, on=date(2020, 6, 1))
        for number, on in ((20, SUMMER), (25, AUTUMN)):
            country.value(it, number, on)
        assert pairs(told(it)) == [(str(FEBRUARY), str(SPRING)), (str(SUMMER), str(AUTUMN))]
        svg = picture(it)
        assert "definition 2 from 2020-06-01: not comparable with before" in svg
        for said in ("target ≥ 80 by 2020-12-31", "target ≥ 90 by 2020-12-31", "baseline 50", "looked at 2020-10-01"):
            assert said in svg

    def test_is_of_dashes_where_there_is_no_trend(self, here: Any) -> None:
        it = country.indicator(country.benchmark(here), 800, kind="cumulative", period_basis="cumulative_since")
        for number, on, since in (
            (300, FEBRUARY, "2020-01-01"),
            (350, SPRING, "2020-01-01"),
            (200, SUMMER, "2020-05-01"),
        ):
            country.value(it, number, on, period_start=date.fromisoformat(since), period_end=on)
        country.value(it, 250, AUTUMN, period_start=date(2020, 5, 1), period_end=AUTUMN, quality="method_changed")
        y, at = axis(told(it).versions)
        [line] = joined(told(it).versions, {"type": "temporal"}, y, at)
        assert [row["other"] for row in line["data"]["values"]] == [False, True, True]

    def test_has_an_axis_of_its_own_for_what_is_counted_in_another_unit(self, it: Any) -> None:
        country.value(it, 55, SPRING)
        country.redefined(it, 900, on=date(2020, 6, 1), kind="count", unit="officers", baseline=None)
        country.value(it, 700, SUMMER)
        svg = picture(it)
        assert "definition 1: percentage" in svg
        assert "definition 2: officers" in svg

    def test_shows_the_correction_alone(self, it: Any) -> None:
        wrong = country.value(it, 60, SPRING)
        correct(wrong, value=61, reason="a typing mistake", by=world.founder(), now=NOW)
        story = told(it)
        assert [one.number for one in story.versions[0].drawn] == [61]
        assert [one.number for one in story.figures] == [60, 61]

    def test_is_of_the_day_and_as_known_on_the_day(self, it: Any) -> None:
        country.value(it, 55, SPRING, known=SPRING)
        country.value(it, 60, SUMMER, known=AUTUMN)
        assert len(told(it, as_of=SPRING).figures) == 1
        assert len(told(it, as_of=SUMMER, known_at=SUMMER).figures) == 1
        assert len(told(it).figures) == 2

    def test_is_nothing_while_there_is_nothing(self, here: Any) -> None:
        bare = country.indicator(country.benchmark(here), since=Fact("S/2020/9", AUTUMN, AUTUMN))
        assert picture(bare, as_of=SUMMER) == ""


class TestAValue:
    def test_shows_its_quality_by_its_shape(self, it: Any) -> None:
        for on, quality in ((FEBRUARY, ""), (SPRING, "verified"), (SUMMER, "estimated"), (AUTUMN, "method_changed")):
            country.value(it, 60, on, quality=quality)
        svg = picture(it)
        legend = svg[svg.index("<desc>") : svg.index("</desc>")]
        assert "verified: circle; no quality flag: circle; estimated: diamond; method changed: triangle" in legend
        for name in ("verified", "no quality flag", "estimated", "method changed"):
            assert f">{name}</text>" in svg
        assert "stroke-dasharray" in svg  # the way to where the method changed

    def test_that_there_is_not_stands_below_and_never_at_zero(self, it: Any) -> None:
        country.value(it, None, SPRING, quality="not_collected")
        country.value(it, None, SUMMER, value_text="most of them")
        [version] = told(it).versions
        assert version.drawn == []
        assert [one.quality for one in version.without_number] == ["not_collected", "in words"]
        svg = picture(it)
        for said in ("without a number", ">not collected</text>", ">in words</text>"):
            assert said in svg

    def test_of_a_ladder_or_of_a_yes_or_no_stands_on_an_axis_of_words(self, here: Any) -> None:
        ladder = country.indicator(country.benchmark(here), 2, baseline=1, kind="ladder", rungs=["drafted", "in force"])
        country.value(ladder, 1, SPRING)
        assert list((steps(told(ladder).versions) or {}).values()) == ["1 drafted", "2 in force"]
        country.value(ladder, 0, SUMMER)
        assert "0 none of them" in (steps(told(ladder).versions) or {}).values()
        assert ">2 in force</text>" in picture(ladder)
        yes_no = country.indicator(country.benchmark(here), 1, baseline=0, kind="yes_no")
        country.value(yes_no, 1, SPRING)
        assert ">yes</text>" in picture(yes_no)
        assert steps(told(country.indicator(country.benchmark(here))).versions) is None

    def test_of_a_composite_is_how_many_of_its_parts_pass(self, here: Any) -> None:
        parts = [{"name": "seats", "target": 9}, {"name": "women", "target": 3}, {"name": "deaths", "direction": "<=",
                                                                                  "target": 1}]  # fmt: skip
        it = country.indicator(country.benchmark(here), baseline=None, kind="composite", parts=parts)
        country.value(it, None, SPRING, parts={"seats": 9, "women": 2, "deaths": 0})
        story = told(it)
        assert [one.number for one in story.figures] == [2]
        assert "how many of its parts pass" in picture(it)
        y, at = axis(story.versions)
        layers = aims(story.versions[0], (SPRING, AUTUMN), {"type": "temporal"}, y, at)
        assert layers[0]["data"]["values"][0]["place"] == 3

    def test_that_is_a_share_is_drawn_from_its_two_numbers(self, it: Any) -> None:
        country.value(it, None, SPRING, numerator=3, denominator=4)
        country.value(it, None, SUMMER, numerator=0, denominator=0)
        assert [one.number for one in told(it).figures] == [75, None]


@pytest.fixture
def page(client: Any, clock: None, here: Any) -> Any:
    def asked(user: User, it: Indicator, **query: Any) -> Any:
        client.force_login(user)
        return client.get(f"/transitions/{here.slug}/indicators/{it.code}/", query)

    return asked


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


class TestThePage:
    def test_leads_each_figure_to_its_source_its_date_and_its_verifier(self, page: Any, here: Any, it: Any) -> None:
        provider, auditor = world.person(Role.PROVIDER, here), world.person(Role.AUDITOR, here)
        value = measure(it, as_of=SPRING, value=60, quality="estimated", source="census", by=provider, now=NOW)
        entry = country.verified(it, "positive", SPRING, measurement=value, by=provider)
        said = text(page(auditor, it))
        verifier = StateChange.objects.get(thing_id=entry.pk, state="verified").by
        for part in ("2020-04-01", ">60<", "estimated", "census", str(provider), str(verifier), '<svg role="img"'):
            assert part in said, part
        country.value(it, 70, SUMMER)
        assert "nobody yet" in text(page(auditor, it))

    def test_keeps_what_was_corrected_and_says_why(self, page: Any, here: Any, it: Any) -> None:
        correct(country.value(it, 60, SPRING), value=61, reason="a typing mistake", by=world.founder(), now=NOW)
        assert "a typing mistake" in text(page(world.person(Role.AUDITOR, here), it))

    def test_is_of_any_two_days_and_refuses_what_is_none(self, page: Any, here: Any, it: Any) -> None:
        auditor = world.person(Role.AUDITOR, here)
        country.value(it, 60, SUMMER, note="a note of the summer")
        assert "a note of the summer" not in text(page(auditor, it, as_of=str(SPRING)))
        for odd in ("soon", "2021-01-01"):
            assert page(auditor, it, as_of=odd).status_code == 400

    def test_is_not_there_for_who_may_not_see_it(self, page: Any, here: Any, it: Any) -> None:
        secret = country.indicator(country.benchmark(here, marking=Marking.CONFIDENTIAL))
        provider = world.person(Role.PROVIDER, here)
        assert page(provider, it).status_code == 200
        assert page(provider, secret).status_code == 404
        assert page(world.person(Role.PLANNER, world.transition()), it).status_code == 404

    def test_is_a_link_away_from_the_transition_s_page(self, client: Any, page: Any, here: Any, it: Any) -> None:
        client.force_login(world.person(Role.PROVIDER, here))
        assert f'/transitions/{here.slug}/indicators/{it.code}/"' in text(client.get(f"/transitions/{here.slug}/"))

    def test_stands_on_the_admin_s_page_too(self, client: Any, clock: None, here: Any, it: Any) -> None:
        country.value(it, 60, SPRING, note="a note of the spring")
        planner = world.person(Role.PLANNER, here)
        User.objects.filter(pk=planner.pk).update(is_staff=True)
        client.force_login(planner)
        said = text(client.get(f"/admin/benchmarks/indicator/{it.pk}/change/"))
        assert '<svg role="img"' in said
        assert "a note of the spring" in said

    def test_takes_the_same_queries_whatever_there_is(
        self, page: Any, here: Any, it: Any, django_assert_max_num_queries: Any
    ) -> None:
        auditor, counts = world.person(Role.AUDITOR, here), []
        page(auditor, it)  # signing in takes some of its own
        for month in (2, 5):
            for day in range(1, 5):
                value = country.value(it, 60, date(2020, month, day))
                country.verified(it, "positive", date(2020, month, day), measurement=value)
            country.redefined(it, on=date(2020, month + 1, 1))
            with django_assert_max_num_queries(20) as counted:
                assert page(auditor, it).status_code == 200
            counts.append(len(counted))
        assert counts[0] == counts[1]
