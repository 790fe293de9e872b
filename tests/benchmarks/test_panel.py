"""Benchmarks on a transition's page: every figure leads to its source, its date and its verifier."""

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests import country, world
from tests.benchmarks.files import bring_tables, update
from transitions.access.permissions import Role

SPRING, SUMMER = date(2020, 4, 1), date(2020, 7, 1)


@pytest.fixture
def page(client: Any, clock: None, here: Any) -> Any:
    def asked(**query: Any) -> str:
        client.force_login(world.person(Role.AUDITOR, here))
        answer = client.get(f"/transitions/{here.slug}/", query)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return asked


@pytest.fixture
def it(here: Any) -> Any:
    return country.indicator(country.benchmark(here))


def part(said: str, heading: str) -> str:
    """From one heading to the next."""
    after = said[said.index(heading) :]
    ends = [place for place in (after.find("<h3>", 4), after.find("<details>"), after.find("</section>")) if place > 0]
    return after[: min(ends)]


class TestWhatMoved:
    def test_is_said_with_the_judgement_that_moved_it(self, page: Any, here: Any, it: Any) -> None:
        country.report(here, SPRING, known=SPRING)
        country.judged(it, "on_track", SPRING)
        entry = country.verified(it, "stagnating", SUMMER)
        moved = part(page(), "<h3>What moved")
        for said in (f"/indicators/{it.code}/", "on track", "stagnating", "▼ worse", "fell back", "condition for exit",
                     "2020-07-01", "verified by Verifier."):  # fmt: skip
            assert said in moved, said
        assert entry.state == "verified"

    def test_is_nothing_where_nothing_did(self, page: Any, it: Any) -> None:
        country.judged(it, "on_track", SPRING)
        assert "No indicator has another class." in part(page(), "<h3>What moved")


class TestForecast:
    @pytest.mark.parametrize(
        ("end", "said"),
        [(date(2020, 12, 31), "until 2020-12-31"), (date(2020, 8, 31), "the end, 2020-08-31, has passed")],
    )
    def test_is_of_a_day_to_come(self, page: Any, here: Any, it: Any, end: date, said: str) -> None:
        made = world.instrument(here.mission, adopted_on=SPRING)
        made.effects.create(kind="mandate_expiry", date=end, basis="fixed")
        assert f"every class stays as it is{';' if 'passed' in said else ''} {said}" in page()


class TestTheWayToAFigure:
    def test_goes_from_a_report_to_its_own_day(self, page: Any, here: Any, it: Any) -> None:
        report = country.report(here, SPRING, known=SPRING + timedelta(10))
        where = f"?as_of={SPRING}&amp;known_at={SPRING + timedelta(10)}#readiness"
        said = page()
        for heading in ("<h3>By report", "<h3>Benchmarks by report"):
            assert f'{where}">{report.symbol}</a>' in part(said, heading)

    def test_goes_from_a_benchmark_to_its_indicators_and_on_to_their_pages(self, page: Any, here: Any, it: Any) -> None:
        said = page(as_of=str(SUMMER), known_at=str(world.TODAY))
        for heading in ("<h3>Benchmarks by report", "<h3>What is carried over"):
            assert f'href="#of-{it.benchmark.code}"' in part(said, heading)
        assert f'id="of-{it.benchmark.code}"' in said
        days = f"?as_of={SUMMER}&amp;known_at={world.TODAY}"
        assert f'href="/transitions/{here.slug}/indicators/{it.code}/{days}"' in said

    @pytest.mark.parametrize("code", ["a/b", "1 a?b#c", "é&“"])
    def test_goes_there_whatever_the_code(self, page: Any, client: Any, here: Any, code: str) -> None:
        country.indicator(country.benchmark(here), code=code)
        said = page()
        link = unescape(said[said.index(f"/transitions/{here.slug}/indicators/") :].split('"')[0])
        assert client.get(link).status_code == 200
        assert client.get(f"/transitions/{here.slug}/rounds/{SUMMER}/").status_code == 200


class TestBenchmarksByReport:
    def test_say_where_a_class_is_carried_from_an_earlier_report(
        self, page: Any, set_up: Any, tmp_path: Path, here: Any
    ) -> None:
        classes = {code: update(code, **{"class": "on_track"}) for code in ("1.1", "1.2", "1.3", "1.4")}
        assert bring_tables(here, tmp_path, updates=[*classes.values()]).written
        later = [update(code, "S/2", **{"class": "positive"}) for code in ("1.1", "1.2", "1.3")]
        assert bring_tables(here, tmp_path, updates=later).written
        table = part(page(), "<h3>Benchmarks by report")
        assert "the bars above count only what the report itself judges" in table
        cells = re.findall(r'<td class="nowrap">(.*?)</td>', table)
        assert ["on track" in cells[1], "carried" in cells[1]] == [True, False]
        assert ["positive" in cells[2], "carried" in cells[2]] == [True, True]
