"""The matrix: who takes over what, as a page and as a spreadsheet, on any day, for those who may see it."""

from datetime import date, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept
from transitions.handovers.bars import HOW_FAR, OF_STATE, OF_WEAKNESS, Bar, drawn
from transitions.handovers.follow_ups import answer
from transitions.handovers.incidents import record_incident
from transitions.handovers.lifecycle import HandoverLifecycle
from transitions.handovers.matrix import BARE, WEAKEST_FIRST, gaps, weakness, without_ready_recipient
from transitions.handovers.models import Dimension, Handover, Incident, Level, MandatedTask, Site
from transitions.handovers.recipients import assess, change_recipient, propose, weakest
from transitions.missions.models import Area
from transitions.workflow.engine import Fact, take

NOW, TODAY = world.NOW, world.TODAY
SEVEN = Dimension.values


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW)


def later(days: int) -> Any:
    return NOW + timedelta(days=days)


def task(two_sides: SimpleNamespace, title: str, **fields: Any) -> MandatedTask:
    code = f"T-{next(world.number)}"
    return MandatedTask.objects.create(**{"transition": two_sides.here, "code": code, "title": title} | fields)


def handed(two_sides: SimpleNamespace, of: Any, **fields: Any) -> Handover:
    """Proposed, to the country team's office unless somebody else is named."""
    what = {"site": of} if isinstance(of, Site) else {"task": of}
    fields = {"recipient_kind": "country_team", "recipient_office": two_sides.theirs} | fields
    handover = Handover(transition=two_sides.here, code=f"H-{next(world.number)}", **what, **fields)
    return propose([handover], by=two_sides.planner, now=NOW)[0]


def assessed(two_sides: SimpleNamespace, handover: Handover, **levels: str) -> Handover:
    for name, level in (dict.fromkeys(SEVEN, Level.READY) | levels).items():
        assess(handover, name, level, evidence="seen", by=two_sides.planner, now=NOW)
    return handover


@pytest.fixture
def look(client: Any, two_sides: SimpleNamespace) -> Any:
    def at(query: str = "", by: Any = None) -> Any:
        client.force_login(by or two_sides.planner)
        return client.get(f"/transitions/{two_sides.here.slug}/handovers/?{query}")

    return at


def codes(answer: Any) -> list[str]:
    """Of the rows of the page, from the top."""
    page = answer.context["page"]
    return [(one.row if hasattr(one, "row") else one).code for one in page]


@pytest.fixture
def sheet(client: Any, two_sides: SimpleNamespace) -> Any:
    def at(query: str = "", by: Any = None) -> Any:
        client.force_login(by or two_sides.planner)
        answer = client.get(f"/transitions/{two_sides.here.slug}/handovers.xlsx?{query}")
        assert answer.status_code == 200
        return load_workbook(BytesIO(answer.content)).worksheets[0]

    return at


def table(sheet: Any) -> list[dict[str, Any]]:
    headings = [cell.value for cell in sheet[2]]
    return [dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(min_row=3, values_only=True)]


class TestReadiness:
    def test_is_the_weakest_of_seven(self) -> None:
        ready = dict.fromkeys(SEVEN, Level.READY)
        assert weakest(ready) == Level.READY
        assert weakest(ready | {"skills": Level.PARTLY}) == Level.PARTLY

    @pytest.mark.parametrize("name", SEVEN)
    def test_is_unknown_while_one_was_never_looked_at(self, name: str) -> None:
        levels = {other: Level.READY for other in SEVEN if other != name}
        row = BARE._replace(state="offered", readiness=weakest(levels), readiness_by_dimension=levels)
        assert row.readiness is None
        assert weakness(row) == "unknown"
        assert gaps(row) == "1 of 7 unknown"

    @pytest.mark.parametrize("name", SEVEN)
    def test_is_not_ready_where_one_is_not_however_strong_the_others(self, name: str) -> None:
        assert weakest(dict.fromkeys(SEVEN, Level.READY) | {name: Level.NOT_READY}) == Level.NOT_READY
        assert weakest({name: Level.NOT_READY}) == Level.NOT_READY  # nothing unknown can make it better

    def test_says_which_dimensions_hold_it_down(self, two_sides: SimpleNamespace, look: Any) -> None:
        row = assessed(two_sides, handed(two_sides, task(two_sides, "Courts")), money="not_ready", staff="not_ready")
        text = look().content.decode()
        assert row.code in text
        assert "staff, money" in text
        assert 'class="level not_ready">not ready' in text


class TestPage:
    def test_asks_for_a_sign_in_and_hides_other_transitions(self, client: Any, two_sides: SimpleNamespace) -> None:
        for name in ("handovers/", "handovers.xlsx"):
            path = f"/transitions/{two_sides.here.slug}/{name}"
            client.logout()
            assert client.get(path)["Location"].startswith("/admin/login/")
            client.force_login(world.person(Role.PLANNER, world.transition("under_way")))
            assert client.get(path).status_code == 404

    def test_has_every_handover_and_what_has_none(self, two_sides: SimpleNamespace, look: Any) -> None:
        courts = handed(two_sides, task(two_sides, "Courts"))
        left = task(two_sides, "Prisons")
        done = task(two_sides, "Elections", continues="no")
        base = Site.objects.create(transition=two_sides.here, code="S-1", name="Kutum")
        answer = look()
        rows = {row.code: row.state for row in answer.context["page"]}
        assert rows == {courts.code: "proposed", left.code: "no_handover", done.code: "ends_with_mission",
                        base.code: "no_handover"}  # fmt: skip
        assert "ends with mission" in answer.content.decode()

    def test_shows_what_stands_on_the_section_of_the_transition_s_page(
        self, client: Any, two_sides: SimpleNamespace, look: Any
    ) -> None:
        for number in range(12):
            task(two_sides, f"Task {number}")
        client.force_login(two_sides.planner)
        text = client.get(f"/transitions/{two_sides.here.slug}/").content.decode()
        assert f"/transitions/{two_sides.here.slug}/handovers/?list=unready" in text
        assert "8 of 12" in text
        assert text.count('<tr class="weakest-none">') == 8

    def test_says_how_many_are_not_on_it(self, two_sides: SimpleNamespace, look: Any) -> None:
        for number in range(103):
            task(two_sides, f"Task {number}")
        text = look().content.decode()
        assert "1 to 100 of 103" in text
        assert "3 are not on this page" in text
        assert len(look("page=2").context["page"]) == 3
        assert look("page=2").content.decode().count("Next page") == 0

    def test_marks_what_is_red_by_shape_and_word(self, two_sides: SimpleNamespace, look: Any) -> None:
        row = handed(two_sides, task(two_sides, "Courts"))
        assess(row, "money", "ready", evidence="budget", by=two_sides.planner, now=NOW, money_until=date(2020, 9, 30))
        text = look().content.decode()
        assert '<span class="red">2020-09-30, passed</span>' in text

    def test_does_not_count_on_money_that_was_there_until_the_day_before(
        self, two_sides: SimpleNamespace, look: Any
    ) -> None:
        row = assessed(two_sides, handed(two_sides, task(two_sides, "Courts")))
        given = {"evidence": "budget", "by": two_sides.planner, "money_until": TODAY}
        assess(row, "money", "ready", now=NOW, **given)
        assert codes(look("list=unready")) == []
        rehearse(later(1))
        [shown] = look("list=unready").context["page"]
        assert (shown.readiness, gaps(shown)) == (None, "1 of 7 unknown")
        assess(row, "money", "not_ready", now=later(1), **given)
        [shown] = look("list=unready").context["page"]
        assert shown.readiness == "not_ready"


class TestDays:
    def test_show_what_stood_and_what_was_known(self, two_sides: SimpleNamespace, look: Any, sheet: Any) -> None:
        row = handed(two_sides, task(two_sides, "Courts"))
        rehearse(later(60))
        fact = Fact("report", holds_from=date(2020, 10, 20), known_from=date(2020, 11, 20))
        world.grant(two_sides.head, Role.PLANNER, two_sides.here)
        take(row, "suspend", by=two_sides.head, now=later(60), despite=fact)
        change_recipient(row, kind="community", name="the town", by=two_sides.planner, now=later(60), reason="decree")
        for known, state in (("2020-11-01", "proposed"), ("2020-11-25", "suspended"), ("2020-11-30", "preparing")):
            query = f"as_of={min(known, '2020-11-25')}&known_at={known}" if state != "preparing" else ""
            [found] = look(query).context["page"]
            assert found.state == state
            [line] = table(sheet(query))
            assert line["state"] == state
            assert line["recipient"] == ("the town" if state == "preparing" else str(two_sides.theirs))

    def test_leave_out_what_no_instrument_had_given_yet(self, two_sides: SimpleNamespace, look: Any) -> None:
        then = world.instrument(two_sides.here.mission, adopted_on=date(2020, 9, 1))
        known = task(two_sides, "Courts", instrument=then)
        undated = task(two_sides, "Prisons")
        assert codes(look()) == [known.code, undated.code]
        assert codes(look("as_of=2020-09-15&known_at=2020-09-15")) == [known.code]
        assert codes(look("as_of=2020-08-15&known_at=2020-09-15")) == []

    @pytest.mark.parametrize("query", ["as_of=2030-01-01", "as_of=soon", "known_at=2030-01-01"])
    def test_that_cannot_be_are_refused(self, look: Any, query: str) -> None:
        answer = look(query)
        assert answer.status_code == 400
        assert f"{query.split('=')[0]}: " in answer.content.decode()


class TestFilters:
    def test_keep_what_they_name(self, two_sides: SimpleNamespace, look: Any) -> None:
        darfur = Area.objects.create(transition=two_sides.here, code="darfur", name="Darfur")
        kutum = Area.objects.create(transition=two_sides.here, code="kutum", name="Kutum", parent=darfur)
        nyala = Area.objects.create(transition=two_sides.here, code="nyala", name="Nyala")
        pillar = world.pillar(two_sides.here)
        of_pillar = handed(two_sides, task(two_sides, "Courts", pillar=pillar), track="staff")
        inside = handed(two_sides, task(two_sides, "Police", area=kutum))
        there = handed(two_sides, task(two_sides, "Prisons", area=kutum), area=nyala)
        named = handed(two_sides, task(two_sides, "Mines"), recipient_office=None, recipient="The town")
        without = task(two_sides, "Schools")
        take(named, "prepare", by=two_sides.planner, now=NOW)
        for query, expected in (
            ("pillar=security", [of_pillar]), ("area=darfur", [inside]), ("area=kutum", [inside]),
            ("area=nyala", [there]), ("recipient=The+town", [named]), ("recipient=nobody+named", [without]),
            ("state=preparing", [named]), ("state=no_handover", [without]), ("track=staff", [of_pillar]),
            ("pillar=security&area=nyala", []),
        ):  # fmt: skip
            assert codes(look(query)) == [one.code for one in expected], query

    @pytest.mark.parametrize(
        "query",
        ["pillar=x", "area=x", "recipient=x", "state=x", "track=x", "list=x", "page=0", "piller=security"],
    )
    def test_are_refused_by_name(self, client: Any, two_sides: SimpleNamespace, look: Any, query: str) -> None:
        handed(two_sides, task(two_sides, "Courts"))
        name = query.partition("=")[0]
        for path in ("handovers/", "handovers.xlsx"):
            look()
            answer = client.get(f"/transitions/{two_sides.here.slug}/{path}?{query}")
            assert answer.status_code == 400
            assert f"{name}: " in answer.content.decode()
            assert "Courts" not in answer.content.decode()


class TestWithoutAReadyRecipient:
    def test_holds_none_not_ready_and_unknown_and_nothing_else(self, two_sides: SimpleNamespace, look: Any) -> None:
        assessed(two_sides, handed(two_sides, task(two_sides, "Ready")))
        partly = assessed(two_sides, handed(two_sides, task(two_sides, "Partly")), skills="partly_ready")
        unknown = handed(two_sides, task(two_sides, "Unknown"))
        weak = assessed(two_sides, handed(two_sides, task(two_sides, "Weak")), money="not_ready")
        without = task(two_sides, "Without")
        task(two_sides, "Ends", continues="no")
        assert codes(look("list=unready")) == [without.code, weak.code, unknown.code, partly.code]

    def test_holds_what_lapsed_until_something_follows_it(self) -> None:
        lapsed = BARE._replace(id=1, code="A", task="T", state="lapsed", readiness="ready")
        again = BARE._replace(id=2, code="B", state="accepted", readiness="ready", follows=1)
        refused = BARE._replace(id=3, code="C", state="refused", readiness="ready")
        given_away = lapsed._replace(id=4, code="D", task=None, site="S")
        assert without_ready_recipient([lapsed, refused, given_away]) == [lapsed, refused]
        assert without_ready_recipient([lapsed, again]) == []


class TestWhatEachWillReceive:
    def test_is_what_is_still_to_come_by_recipient_and_day(self, two_sides: SimpleNamespace, look: Any) -> None:
        second = handed(two_sides, task(two_sides, "Courts"), planned_on=date(2020, 12, 1))
        first = handed(two_sides, task(two_sides, "Police"), planned_on=date(2020, 11, 1))
        undated = handed(two_sides, task(two_sides, "Mines"))
        other = handed(two_sides, task(two_sides, "Wells"), recipient_office=None, recipient="A town")
        ended = handed(two_sides, task(two_sides, "Radio"))
        take(ended, "end_without_handover", by=two_sides.planner, now=NOW, reason="closed")
        task(two_sides, "Without")
        assert codes(look("list=receives")) == [one.code for one in (other, first, second, undated)]
        assert codes(look("list=receives&recipient=A+town")) == [other.code]


class TestWhatHappenedAfter:
    @pytest.fixture
    def transferred(self, two_sides: SimpleNamespace, offered: Handover) -> Handover:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        handed(two_sides, task(two_sides, "Not yet"))
        return offered

    def happened(self, answer: Any) -> list[tuple[str, int]]:
        [one] = answer.context["page"]
        return [(what.kind, what.days_after) for what in one.happenings]

    def test_is_told_with_the_days_since_the_transfer(
        self, two_sides: SimpleNamespace, transferred: Handover, look: Any, sheet: Any
    ) -> None:
        looted = Incident(transition=two_sides.here, code="I-1", kind="looting", handover=transferred,
                          text="Levelled by looters", source="a report")  # fmt: skip
        of_task = Incident(transition=two_sides.here, code="I-2", kind="attack", task=transferred.task, text="Shots",
                           source="a report")  # fmt: skip
        before = Incident(transition=two_sides.here, code="I-3", kind="attack", task=transferred.task, text="Before",
                          source="a report")  # fmt: skip
        by = two_sides.planner
        rehearse(later(100))
        for incident, days in ((looted, 27), (of_task, 3), (before, -1)):
            on = TODAY + timedelta(days=days)
            record_incident(incident, by=by, now=later(100), happened_on=on, known_from=on)
        answer(transferred.follow_ups.get(days=30), performed="yes", resources="no", use_respected="yes", by=by,
               now=later(35), source="a visit")  # fmt: skip
        change_recipient(transferred, kind="community", name="the town", by=by, now=later(40), reason="a decree")
        take(transferred, "lapse", by=by, now=later(50), reason="nobody does it")
        answered = look("list=after")
        assert self.happened(answered) == [
            ("incident", 3), ("incident", 27), ("failed", 35), ("recipient", 40), ("lapsed", 50), ("late", 90),
        ]  # fmt: skip
        text = answered.content.decode()
        assert "incident, 27 days after" in text
        assert "Before" not in text
        lines = table(sheet("list=after"))
        assert [(line["what happened"], line["days after"]) for line in lines][1] == ("incident", 27)
        assert lines[1]["in words"] == "looting: Levelled by looters"

    def test_is_told_as_far_as_it_was_known(self, two_sides: SimpleNamespace, transferred: Handover, look: Any) -> None:
        looted = Incident(transition=two_sides.here, code="I-1", kind="looting", handover=transferred, text="Levelled",
                          source="a report")  # fmt: skip
        rehearse(later(29))
        record_incident(looted, by=two_sides.planner, now=later(29), happened_on=TODAY + timedelta(days=20),
                        known_from=TODAY + timedelta(days=25))  # fmt: skip
        for days, expected in ((19, []), (22, []), (25, [("incident", 20)])):
            day = TODAY + timedelta(days=days)
            assert self.happened(look(f"list=after&as_of={day}&known_at={day}")) == expected

    def test_says_where_nothing_is_on_record(self, transferred: Handover, look: Any, sheet: Any) -> None:
        assert "nothing on record" in look("list=after").content.decode()
        [line] = table(sheet("list=after"))
        assert (line["what happened"], line["days after"]) == ("nothing on record", None)

    def test_tells_of_the_same_thing_handed_on(
        self, two_sides: SimpleNamespace, transferred: Handover, look: Any
    ) -> None:
        rehearse(later(20))
        fact = Fact("a report", holds_from=TODAY + timedelta(days=10))
        again = Handover(transition=two_sides.here, code="H-Z", task=transferred.task, follows=transferred,
                         recipient_kind="community", recipient="the town")  # fmt: skip
        propose([again], by=world.founder(), now=later(20), source=fact, state="transferred")
        first, second = look("list=after").context["page"]
        assert [(one.kind, one.days_after, one.words) for one in first.happenings] == [
            ("handed_on", 10, "H-Z, to the town")
        ]
        assert second.happenings == []


class TestSpreadsheet:
    def test_has_all_rows_with_their_days_and_types(self, two_sides: SimpleNamespace, sheet: Any) -> None:
        row = assessed(two_sides, handed(two_sides, task(two_sides, "Courts"), planned_on=date(2020, 12, 1)),
                       money="not_ready")  # fmt: skip
        for number in range(101):
            task(two_sides, f"Task {number}")
        book = sheet()
        found = {line["code"]: line for line in table(book) if line["code"]}
        assert len(table(book)) == 102
        line = found[row.code]
        assert (line["readiness"], line["money"], line["money until"]) == ("not ready", "not ready", "unknown")
        assert line["planned for"].date() == date(2020, 12, 1)
        assert book.freeze_panes == "A3"

    def test_begins_with_what_it_holds(self, two_sides: SimpleNamespace, sheet: Any) -> None:
        world.pillar(two_sides.here)
        task(two_sides, "Courts", pillar=world.pillar(two_sides.here))
        assert sheet("pillar=security&list=unready")["A1"].value == (
            f"{two_sides.here}: Without a ready recipient; as of 2020-10-01, as known on 2020-10-01; pillar: Security"
        )

    def test_fills_red_cells(self, two_sides: SimpleNamespace, sheet: Any) -> None:
        assessed(two_sides, handed(two_sides, task(two_sides, "Courts")), money="not_ready")
        book = sheet()
        headings = [cell.value for cell in book[2]]
        red = {name for name, cell in zip(headings, book[3], strict=True) if cell.fill.fgColor.rgb == "FFA3261B"}
        assert red == {"readiness", "money"}

    def test_writes_as_text_what_a_spreadsheet_would_calculate(self, two_sides: SimpleNamespace, sheet: Any) -> None:
        for title in ("=1+1", "+1", "-1", "@x", "Bell \x07"):
            task(two_sides, title)
        book = sheet()
        column = [cell.value for cell in book[2]].index("title")
        cells = [row[column] for row in book.iter_rows(min_row=3)]
        assert [cell.value for cell in cells] == ["'=1+1", "'+1", "'-1", "'@x", "Bell "]
        assert {cell.data_type for cell in cells} == {"s"}


class TestWhoMayNotSee:
    @pytest.mark.parametrize("query", ["", "list=unready", "list=receives", "list=after"])
    def test_a_marked_task_learns_nothing_of_it(
        self, client: Any, two_sides: SimpleNamespace, look: Any, sheet: Any, query: str
    ) -> None:
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, two_sides.here)
        before = look(query, by=reader).content
        task(two_sides, "Witnesses", marking=Marking.CONFIDENTIAL)
        Site.objects.create(transition=two_sides.here, code="S-S", name="Safe house", marking=Marking.CONFIDENTIAL)
        secret = handed(two_sides, task(two_sides, "Sources", marking=Marking.CONFIDENTIAL), recipient_office=None,
                        recipient="The court")  # fmt: skip
        fact = Fact("a paper", holds_from=TODAY)
        moved = Handover(transition=two_sides.here, code="H-S", task=secret.task, recipient_kind="community",
                         recipient="A village")  # fmt: skip
        propose([moved], by=world.founder(), now=NOW, source=fact, state="transferred")
        assert stripped(look(query, by=reader).content) == stripped(before)
        assert table(sheet(query, by=reader)) == []
        assert look("recipient=The+court", by=reader).status_code == 400

    def test_a_marked_incident_learns_nothing_of_it(
        self, two_sides: SimpleNamespace, look: Any, offered: Handover
    ) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        incident = Incident(transition=two_sides.here, code="I-1", kind="looting", handover=offered, text="Levelled",
                            source="a report", marking=Marking.CONFIDENTIAL)  # fmt: skip
        record_incident(incident, by=two_sides.planner, now=NOW, happened_on=TODAY, known_from=TODAY)
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, two_sides.here)
        assert "Levelled" in look("list=after").content.decode()
        assert "Levelled" not in look("list=after", by=reader).content.decode()


def stripped(page: bytes) -> bytes:
    """Without what differs from one request to the next."""
    return b"\n".join(line for line in page.split(b"\n") if b"csrf" not in line)


class TestQueries:
    @pytest.mark.parametrize(
        ("path", "most"),
        [("", 66), ("handovers/", 31), ("handovers/?list=unready", 31), ("handovers/?list=receives", 31),
         ("handovers/?list=after", 31), ("handovers.xlsx", 31), ("handovers.xlsx?list=after", 31)],
    )  # fmt: skip
    def test_are_as_many_for_three_rows_as_for_thirty(
        self, client: Any, two_sides: SimpleNamespace, path: str, most: int
    ) -> None:
        client.force_login(two_sides.planner)
        counts = []
        fact = Fact("a report", holds_from=TODAY)
        for more in (3, 27):
            for number in range(more):
                of = task(two_sides, "Courts", pillar=world.pillar(two_sides.here, f"p{number}"))
                assessed(two_sides, handed(two_sides, of, planned_on=TODAY))
                done = Handover(transition=two_sides.here, code=f"D-{next(world.number)}", task=of, recipient="A town",
                                recipient_kind="community")  # fmt: skip
                propose([done], by=world.founder(), now=NOW, source=fact, state="transferred")
                incident = Incident(transition=two_sides.here, code=done.code, kind="looting", task=of, text="Looted",
                                    source="a report")  # fmt: skip
                record_incident(incident, by=two_sides.planner, now=NOW, happened_on=TODAY, known_from=TODAY)
                task(two_sides, "Without")
            with CaptureQueriesContext(connection) as counted:
                assert client.get(f"/transitions/{two_sides.here.slug}/{path}").status_code == 200
            counts.append(len(counted))
        assert counts[1] <= counts[0] < most  # fewer where the latest changes are all of one kind


class TestPicture:
    def test_has_a_class_for_every_state(self) -> None:
        assert sorted(OF_STATE) == sorted([*HandoverLifecycle.states(), "no_handover", "ends_with_mission"])
        assert sorted(OF_WEAKNESS) == sorted(WEAKEST_FIRST)

    def test_says_in_words_what_it_shows(self) -> None:
        svg = drawn([Bar("<Security>", [0, 0, 2, 0, 0, 1, 0])], HOW_FAR, "How far it is")
        assert "&lt;Security&gt;: 2 offered, 1 stopped" in svg
        assert 'role="img"' in svg
        assert "<Security>" not in svg
