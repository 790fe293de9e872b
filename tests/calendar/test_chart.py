"""The calendar as a picture: what stands in it, for who sees it and for who does not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

from transitions.calendar.at_a_day import Row
from transitions.calendar.chart import drawn

TODAY = date(2020, 10, 1)
ONE = Row(
    id=1, transition_id=1, code="A", title="Close it", kind="site", pillar="security", pillar_name="Security",
    owner=None, office=None, hard=False, marking="unclassified", approximate=False, illustrative=False,
    due_on=date(2020, 12, 1), state="planned", version=1, done_on=None, overdue=False, version_due_on=None,
    slip_days=None,
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def picture(*rows: Row, **more: Any) -> ElementTree.Element:
    return ElementTree.fromstring(drawn(rows, as_of=TODAY, **more))


def lines_of(svg: ElementTree.Element) -> list[str]:
    """What stands to the left of the picture, from the top; last the day that it is looked at."""
    return [text.text or "" for text in svg.iter(f"{SVG}text") if text.get("transform", "").startswith("translate(-")]


class TestDrawn:
    def test_names_and_describes_itself(self) -> None:
        svg = picture(replace(ONE, overdue=True), words="Calendar <of> it")
        assert svg.get("role") == "img"
        assert [svg[0].text, svg[1].text] == ["Calendar <of> it", "overdue: triangle"]

    def test_keeps_what_titles_say_to_the_letter(self) -> None:
        title = 'Sign <2.4567> & role="x" opacity="1"'
        assert f"A {title}" in lines_of(picture(replace(ONE, title=title)))

    def test_shows_what_was_planned_under_what_came(self) -> None:
        svg = picture(replace(ONE, version_due_on=date(2020, 11, 1)))
        marks = [(path.get("fill"), path.get("stroke")) for path in svg.iter(f"{SVG}path") if path.get("stroke-width")]
        hollow, full = ("white", "#5a6775"), ("#0b5cad", "#0b5cad")
        assert [marks.count(hollow), marks.count(full)] == [2, 2]  # each once in the picture, once in its legend

    def test_shows_what_happened_over_what_was_meant_to(self) -> None:
        svg = picture(replace(ONE, state="done", done_on=ONE.due_on, version_due_on=ONE.due_on))
        marks = [path.get("fill") for path in svg.iter(f"{SVG}path") if path.get("stroke-width")]
        assert marks[:3] == ["white", "#0b5cad", "#2f6b3a"]

    def test_differs_by_shape_where_it_is_overdue(self) -> None:
        shapes = [
            {path.get("d") for path in picture(replace(ONE, overdue=late)).iter(f"{SVG}path") if path.get("stroke")}
            for late in (True, False)
        ]
        assert shapes[0] != shapes[1]

    def test_groups_by_pillar_and_then_by_date(self) -> None:
        rows = [replace(ONE, code=code, pillar_name=pillar) for code, pillar in
                [("A", "Security"), ("B", None), ("C", "Political"), ("D", "Security")]]  # fmt: skip
        said = [line.split(" Close")[0] for line in lines_of(picture(*rows))]
        assert said[:-1] == ["– Political", "C", "– Security", "A", "D", "– No pillar", "B"]

    def test_says_where_a_day_is_not_certain(self) -> None:
        assert "A (approximate) Close it" in lines_of(picture(replace(ONE, approximate=True)))

    def test_stays_small(self) -> None:
        days = [TODAY + timedelta(days=5 * number) for number in range(60)]
        rows = [
            replace(ONE, code=f"UNAMID-{i:02}", title="Close and hand over the team site of the north and its land",
                    pillar_name=f"Pillar {i % 3}", due_on=day, version_due_on=day - timedelta(days=i))
            for i, day in enumerate(days)
        ]  # fmt: skip
        assert len(drawn(rows, as_of=TODAY, end_date=date(2020, 12, 31))) < 60_000

    def test_is_nothing_where_nothing_has_a_date(self) -> None:
        assert drawn([], as_of=TODAY) == drawn([replace(ONE, due_on=None)], as_of=TODAY) == ""
