"""The step chart: what stands in it for who sees it, and for who sees no colour or nothing at all."""

from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

from transitions.missions.strength import Ceiling, Report, StrengthOf
from transitions.missions.strength_chart import drawn

TODAY = date(2020, 10, 1)
FIRST = Ceiling(
    component="military", since=date(2018, 7, 13), until=date(2019, 6, 26), number=4050, instrument="S/1", source="",
    text="", approximate=False, not_restated_by="",
)  # fmt: skip
THEN = replace(FIRST, since=date(2019, 6, 27), until=None, number=None, instrument="S/2")
REPORT = Report("military", date(2020, 9, 1), 4000, "report", "", approximate=False)
SVG = "{http://www.w3.org/2000/svg}"


def picture(*ceilings: Ceiling, reports: Any = (), words: str = "") -> ElementTree.Element:
    components = list(dict.fromkeys(one.component for one in (*ceilings, *reports)))
    return ElementTree.fromstring(drawn(StrengthOf(components, [*ceilings], [*reports]), as_of=TODAY, words=words))


def texts(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def rules(svg: ElementTree.Element) -> list[ElementTree.Element]:
    """The thick lines of what is authorised."""
    return [line for line in svg.iter(f"{SVG}line") if line.get("stroke-width") == "2.5"]


class TestDrawn:
    def test_names_and_describes_itself(self) -> None:
        svg = picture(FIRST, words="Strength <of> it")
        assert svg.get("role") == "img"
        assert svg[0].text == "Strength <of> it"
        assert "dashed: not restated" in str(svg[1].text)

    def test_has_a_line_for_what_is_known_and_none_for_what_is_not(self) -> None:
        assert [len(rules(picture(FIRST))), len(rules(picture(FIRST, THEN))), len(rules(picture(THEN)))] == [1, 1, 0]
        assert "no authorised figure" in texts(picture(FIRST, THEN))
        assert "0" not in [text for text in texts(picture(FIRST, THEN)) if text.isdecimal() and text != "0"]

    def test_says_nothing_of_unknown_figures_where_each_is_known(self) -> None:
        assert "no authorised figure" not in texts(picture(replace(FIRST, until=None)))

    def test_has_each_component_in_a_picture_of_its_own(self) -> None:
        said = texts(picture(FIRST, replace(FIRST, component="police", number=2500)))
        assert {"military", "police", "4,050", "2,500"} <= set(said)

    def test_breaks_the_line_of_what_was_not_restated(self) -> None:
        [whole] = rules(picture(replace(FIRST, until=None)))
        [broken] = rules(picture(replace(FIRST, until=None, not_restated_by="S/2")))
        assert whole.get("stroke-dasharray") != broken.get("stroke-dasharray") == "4,3"

    def test_says_where_a_day_is_not_certain(self) -> None:
        svg = picture(replace(FIRST, approximate=True), reports=[replace(REPORT, approximate=True)])
        assert {"≈ 4,050", "≈ 4,000"} <= set(texts(svg))
        hollow = [path.get("fill") for path in svg.iter(f"{SVG}path") if path.get("stroke-width") == "1.5"]
        assert hollow == ["white"]

    def test_is_as_wide_as_what_is_known_of_the_days_to_come(self) -> None:
        later = replace(FIRST, since=date(2022, 7, 1), until=None, number=900)
        assert any("2022" in text for text in texts(picture(replace(FIRST, until=date(2022, 6, 30)), later)))

    def test_is_nothing_where_nothing_is_on_record(self) -> None:
        assert drawn(StrengthOf([], [], []), as_of=TODAY) == ""
