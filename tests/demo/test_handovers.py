"""UNAMID's tasks and sites, beside what the data say of them: docs/unamid.md has the same tables, with the sources."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from tests.rebuild import assert_rebuilt
from transitions.access.models import User
from transitions.calendar.at_a_day import calendar_at
from transitions.calendar.models import Milestone, Redating
from transitions.clock import present
from transitions.handovers.at_a_day import Standing, handovers_at
from transitions.handovers.models import (
    Acceptance,
    FollowUp,
    FollowUpAnswer,
    Handover,
    HandoverPlan,
    Incident,
    MandatedTask,
    Readiness,
    RecipientChange,
    Site,
)
from transitions.missions.models import MandateInstrument, Transition
from transitions.status.panels import View
from transitions.status.reader import status_of, view_of
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db

FACTS = (StateChange, RecipientChange, HandoverPlan, FollowUpAnswer, Readiness, Incident, Redating)

HANDED_OVER_BY = {
    # of each site the last day on which the data say that it can have been handed over
    "S-2017-01": "2017-08-16", "S-2017-02": "2017-09-12", "S-2017-03": "2017-09-12", "S-2017-04": "2017-09-12",
    "S-2017-05": "2017-10-21", "S-2017-06": "2017-10-19", "S-2017-07": "2017-10-21", "S-2017-08": "2017-10-17",
    "S-2017-09": "2017-10-15", "S-2017-10": "2017-10-12", "S-2017-11": "2017-10-21", "S-2018-01": "2018-10-04",
    "S-2018-02": "2018-10-08", "S-2018-03": "2018-10-30", "S-2018-04": "2018-11-01", "S-2018-05": "2018-11-04",
    "S-2018-06": "2018-11-08", "S-2018-07": "2018-12-20", "S-2018-08": "2018-12-20", "S-2018-09": "2018-12-20",
    "S-2018-10": "2018-12-20", "S-2018-11": "2018-12-20", "S-2019-01": "2019-04-30", "S-2019-02": "2019-07-22",
    "S-2019-03": "2019-11-19", "S-2021-01": "2021-01-21", "S-2021-02": "2021-02-03", "S-2021-03": "2021-02-15",
    "S-2021-04": "2021-06-29", "S-2021-05": "2021-03-18", "S-2021-06": "2021-06-29", "S-2021-07": "2021-04-22",
    "S-2021-08": "2021-05-06", "S-2021-09": "2021-05-20", "S-2021-10": "2021-06-29", "S-2021-11": "2021-06-29",
    "S-2021-12": "2021-06-29", "S-2021-13": "2021-06-29", "S-2021-14": "2021-12-21",
}  # fmt: skip
LAST_FOURTEEN = {f"S-2021-{number:02}" for number in range(1, 15)}

STATES = {
    # day that is looked at, day on which it is known (now, where empty): handovers by state
    ("2019-06-20", ""): {"proposed": 4, "suspended": 16, "transferred": 24},
    ("2019-06-01", "2019-06-20"): {"proposed": 4, "suspended": 16, "transferred": 23},
    ("2019-07-22", ""): {"proposed": 4, "preparing": 15, "transferred": 25},
    ("2020-12-31", ""): {"proposed": 5, "preparing": 25, "transferred": 31, "completed": 1},
    ("2021-06-30", ""): {"proposed": 3, "preparing": 12, "transferred": 49, "completed": 1, "ended": 1},
    ("2024-03-01", ""): {"proposed": 7, "preparing": 7, "transferred": 51, "completed": 1, "ended": 7},
}


@pytest.fixture(scope="module", autouse=True)
def on_1_march_2024(replayed: Any) -> Iterator[None]:
    """Replayed once: these tests only read."""
    with replayed("2024-03-01T06:00Z"):
        status.cache_clear()
        yield


def unamid() -> Any:
    return Transition.objects.get(slug="unamid")


def asked(as_of: str, known_at: str = "") -> dict[str, Any]:
    days = {name: date.fromisoformat(text) for name, text in (("as_of", as_of), ("known_at", known_at)) if text}
    return {"user": User.objects.get(username="auditor"), "now": present.now(), **days}


@cache
def status(as_of: str, known_at: str = "") -> dict[str, Any]:
    return status_of(unamid(), **asked(as_of, known_at))


def view(as_of: str, known_at: str = "") -> View:
    return view_of(unamid(), **asked(as_of, known_at))


def standing(as_of: str, known_at: str = "") -> dict[str, Standing]:
    return {row.code: row for row in handovers_at([unamid().pk], view(as_of, known_at))}


def by_state(as_of: str, known_at: str = "") -> dict[str, int]:
    found: dict[str, int] = status(as_of, known_at)["handovers"]["by_state"]
    return found


def sites_handed_over(as_of: str, known_at: str = "") -> set[str]:
    rows = standing(as_of, known_at).values()
    return {row.site for row in rows if row.site and row.track == "task" and row.state == "transferred"}


def tasks_in(state: str, as_of: str, known_at: str = "") -> set[str]:
    return {row.code for row in standing(as_of, known_at).values() if row.task and row.state == state}


def data_say(day: str) -> set[str]:
    return {code for code, last in HANDED_OVER_BY.items() if last <= day}


def open_items(as_of: str) -> dict[str, Any]:
    return {row["handover"]: row["residual_owner"] for row in status(as_of)["handovers"]["open_at_mandate_end"]}


def change(code: str, step: str) -> StateChange:
    found: StateChange = StateChange.objects.get(
        thing_type="handovers.handover", thing_id=Handover.objects.get(code=code).pk, step=step
    )
    return found


class TestSixDays:
    @pytest.mark.parametrize(("as_of", "known_at"), STATES)
    def test_count_what_the_table_in_the_docs_has(self, as_of: str, known_at: str) -> None:
        assert by_state(as_of, known_at) == STATES[as_of, known_at]

    @pytest.mark.parametrize("day", ["2019-06-20", "2019-07-22", "2020-12-31", "2021-06-30", "2024-03-01"])
    def test_have_handed_over_the_sites_that_the_data_have(self, day: str) -> None:
        """El Fasher counts as soon as its northern part went; the rest of the base is a handover that is still open."""
        assert sites_handed_over(day) == data_say(day)

    def test_of_june_2019_do_not_know_yet_what_was_published_later(self) -> None:
        """Ed Daein was handed over in April 2019, and the only source is of 21 November 2019."""
        assert data_say("2019-06-01") - sites_handed_over("2019-06-01", "2019-06-20") == {"S-2019-01"}
        assert "H-S-2019-01" not in standing("2019-06-01", "2019-06-20")

    def test_of_june_2019_know_of_the_suspension_from_its_announcement_on(self) -> None:
        assert "suspended" not in by_state("2019-06-01", "2019-06-13")
        assert "suspended" not in by_state("2019-05-12", "2019-06-20")
        suspended = {row.site for row in standing("2019-06-01", "2019-06-20").values() if row.state == "suspended"}
        assert suspended == LAST_FOURTEEN | {"S-2019-02", "S-2019-03"}
        row = change("H-S-2021-05", "suspend")
        assert (str(row.holds_from), str(row.known_from), row.approximate) == ("2019-05-13", "2019-06-14", True)
        assert "by decision of the United Nations (Department of Peace Operations)" in row.reason
        assert "decree 102 of the Transitional Military Council" in row.reason
        told = [line for line in status("2019-06-01", "2019-06-20")["recent_changes"] if "to suspended" in line]
        assert len(told) == 16
        assert all("2019-05-13 (about)" in line and "by decision of" in line for line in told)

    def test_of_the_mandate_s_end_have_residual_owners_only_where_a_source_gives_one(self) -> None:
        owners = Counter(open_items("2020-12-31").values())
        assert owners == {
            "UNAMID Mission Support": 13, "UNAMID liquidation team": 1, "United Nations country team": 2,
            "UNAMID guard unit": 1, None: 13,
        }  # fmt: skip
        assert {code for code, owner in open_items("2020-12-31").items() if owner is None} == {
            "H-F-02-1", "H-F-02-2", "H-F-03", "H-F-06", "H-F-07-1", "H-F-07-2", "H-F-08", "H-F-09", "H-F-10-1",
            "H-F-10-2", "H-F-11", "H-F-12", "H-F-18",
        }  # fmt: skip

    def test_of_tasks_are_those_that_the_data_call_handed_over_or_done(self) -> None:
        """F-03, F-18 and F-19 are “handed over” without a day: they count from the last one that can be."""
        assert tasks_in("transferred", "2020-12-31") == {"H-F-01", "H-F-04", "H-F-05", "H-F-15", "H-F-16"}
        assert tasks_in("completed", "2020-12-31") == {"H-F-17"}
        later = tasks_in("transferred", "2024-03-01") - tasks_in("transferred", "2020-12-31")
        assert later == {"H-F-03", "H-F-18", "H-F-19"}
        assert tasks_in("transferred", "2020-12-31", "2020-12-31") == {"H-F-04", "H-F-05", "H-F-15", "H-F-16"}

    def test_of_1_march_2024_have_the_second_move_open(self) -> None:
        second = {row.code for row in standing("2024-03-01").values() if row.planned_on == date(2024, 2, 29)}
        assert second == {"H-F-02-3", "H-F-03-2", "H-F-03-3", "H-F-07-3", "H-F-10-3", "H-F-20"}
        assert {standing("2024-03-01")[code].state for code in second} == {"proposed"}

    def test_after_the_mandate_s_end_show_what_was_open_then_as_it_stands_by_now(self) -> None:
        then, later = open_items("2020-12-31"), status("2024-03-01")["handovers"]["open_at_mandate_end"]
        assert {row["handover"] for row in later} == set(then)
        assert Counter(row["state"] for row in later) == {"transferred": 15, "ended": 7, "preparing": 7, "proposed": 1}


class TestPoint1TheEndMovedFiveTimes:
    def test_and_each_day_has_its_own(self) -> None:
        ends = {day: status(day)["end_date"] for day in (
            "2018-06-15", "2018-07-01", "2018-07-20", "2019-07-05", "2019-11-15", "2020-07-01"
        )}  # fmt: skip
        assert [(str(end["date"]), end["instrument"]) for end in ends.values()] == [
            ("2018-06-30", "S/RES/2363 (2017)"), ("2018-07-13", "S/RES/2425 (2018)"),
            ("2019-06-30", "S/RES/2429 (2018)"), ("2019-10-31", "S/RES/2479 (2019)"),
            ("2020-10-31", "S/RES/2495 (2019)"), ("2020-12-31", "S/RES/2525 (2020)"),
        ]  # fmt: skip

    def test_and_the_exit_target_was_conditional_and_never_cancelled(self) -> None:
        [exit_target] = [row for row in status("2020-04-15")["dates"] if row["kind"] == "withdrawal"]
        assert (str(exit_target["date"]), exit_target["basis"]) == ("2020-06-30", "conditional")
        dropped = StateChange.objects.get(thing_id=Milestone.objects.get(code="M-15").pk, step="drop")
        assert "never formally cancelled" in dropped.reason


class TestPoint2TheDecisionMovedAndTheEndDidNot:
    @pytest.mark.parametrize(("day", "decision", "by"), [
        ("2020-04-15", "2020-05-31", "S/RES/2517 (2020)"), ("2020-06-01", "2020-06-03", "S/RES/2523 (2020)"),
    ])  # fmt: skip
    def test_from_resolution_to_resolution(self, day: str, decision: str, by: str) -> None:
        found = status(day)
        [row] = [one for one in found["dates"] if one["kind"] == "decision"]
        assert (str(row["date"]), row["instrument"]) == (decision, by)
        assert str(found["end_date"]["date"]) == "2020-10-31"


class TestPoint3ThreeEnds:
    def test_are_three_dates(self) -> None:
        dates = {row["kind"]: str(row["date"]) for row in status("2021-08-01")["dates"]}
        assert (dates["mandate_expiry"], dates["withdrawal"]) == ("2020-12-31", "2021-06-30")
        [liquidation] = [row for row in calendar_of("2021-08-01") if row.code == "M-31"]
        assert (str(liquidation.due_on), liquidation.state) == ("2022-06-30", "planned")

    def test_and_the_transition_stands_accordingly(self) -> None:
        days = ("2020-12-30", "2020-12-31", "2021-06-30", "2022-07-01")
        assert [status(day)["state"] for day in days] == ["under_way", "withdrawing", "liquidating", "liquidating"]


def calendar_of(day: str) -> Any:
    shown = view(day)
    return calendar_at([unamid()], as_of=shown.as_of, known_at=shown.known_at, user=shown.user, now=shown.now)


class TestPoint4TheDecree:
    def test_changes_the_recipient_of_what_was_handed_over_and_nothing_else(self) -> None:
        before, during, after = standing("2019-05-12"), standing("2019-06-22"), standing("2019-06-23")
        camps = {row.code for row in before.values() if row.site and row.state == "transferred"} - {"H-S-2018-02"}
        assert len(camps) == 22
        for code in camps:
            assert during[code].recipient == "Rapid Support Forces"
            assert during[code].state == "transferred"
            assert after[code].recipient == f"{after[code].area} State government"
        given = {row.code for row in during.values() if row.recipient == "Rapid Support Forces"}
        assert given == camps

    def test_is_rescinded_and_the_suspension_ends_with_it(self) -> None:
        assert by_state("2019-06-22")["suspended"] == 16
        assert "suspended" not in by_state("2019-06-23")
        assert by_state("2019-06-23", "2019-06-22")["suspended"] == 16

    def test_gives_thirteen_sites_a_civilian_use_by_22_july_2019(self) -> None:
        rows = RecipientChange.objects.filter(holds_from=date(2019, 7, 22), approximate=True)
        assert set(rows.values_list("handover__site", flat=True)) == set(Site.objects.filter(code__in=(
            "S-2017-02", "S-2017-07", "S-2017-08", "S-2017-09", "S-2017-10", "S-2018-01", "S-2018-06", "S-2018-07",
            "S-2018-08", "S-2018-09", "S-2018-10", "S-2018-11", "S-2019-02",
        )).values_list("pk", flat=True))  # fmt: skip
        assert standing("2019-07-21")["H-S-2017-02"].agreed_use == "health, education and services"
        assert standing("2019-07-22")["H-S-2017-02"].agreed_use == "community hospital"
        assert standing("2019-07-22")["H-S-2017-01"].agreed_use == "health, education and services"


class TestPoint5Looting:
    @pytest.mark.parametrize(("incident", "handover", "days"), [
        ("I-2019-01", "H-S-2019-02", -1), ("I-2021-03", "H-S-2021-14-north", 3), ("I-2021-01", "H-S-2021-01", 27),
        ("I-2019-04", "H-S-2019-03", 38),
    ])  # fmt: skip
    def test_is_recorded_on_its_day(self, incident: str, handover: str, days: int) -> None:
        """El Geneina's is counted from the day that was announced for the handover."""
        looted = Incident.objects.get(code=incident)
        planned = HandoverPlan.objects.filter(handover__code=handover).exclude(planned_on=None).last()
        from_day = planned.planned_on if days < 0 and planned else change(handover, "transfer").holds_from
        assert (looted.kind, looted.holds_from - from_day) == ("looting", timedelta(days))

    @pytest.mark.parametrize(("handover", "days", "answer"), [
        ("H-S-2019-03", 90, ("unknown", "no", "no")), ("H-S-2021-01", 30, ("no", "no", "no")),
        ("H-S-2021-14-north", 7, ("unknown", "no", "unknown")),
    ])  # fmt: skip
    def test_answers_the_first_look_after_it(self, handover: str, days: int, answer: tuple[str, ...]) -> None:
        looks = list(FollowUp.objects.filter(handover__code=handover))
        look = next(one for one in looks if one.days == days)
        assert (look.performed, look.resources, look.use_respected) == answer
        assert all(one.answered_on is None for one in looks if one.days < days)

    def test_answers_nothing_where_no_source_says_anything(self) -> None:
        answered = FollowUp.objects.exclude(answered_on=None)
        assert answered.count() == FollowUpAnswer.objects.count() == 8
        assert status("2024-03-01")["follow_ups"] == {"due": 0, "overdue": 234, "failed": 8}

    def test_of_ten_of_fourteen_stays_a_figure(self) -> None:
        figure = Incident.objects.get(code="I-2021-02")
        assert (figure.task.code, figure.site, figure.handover) == ("F-18", None, None)  # type: ignore[union-attr]
        assert "fourteen" in figure.text
        of_the_last = Incident.objects.filter(handover__site__code__in=LAST_FOURTEEN)
        assert {one.handover.site.code for one in of_the_last} == {"S-2021-01", "S-2021-14"}  # type: ignore[union-attr]

    def test_came_before_the_framework_agreement(self) -> None:
        assert sites_handed_over("2021-03-03") & LAST_FOURTEEN == {"S-2021-01", "S-2021-02", "S-2021-03"}
        agreed = StateChange.objects.get(thing_id=Milestone.objects.get(code="M-23").pk, step="finish").holds_from
        assert agreed > Incident.objects.get(code="I-2021-01").holds_from

    def test_at_el_fasher_came_again_and_again(self) -> None:
        base = Site.objects.get(code="S-2021-14")
        rows = [*base.incidents.all(), *Incident.objects.filter(handover__site=base)]
        assert sorted((str(row.holds_from), row.approximate) for row in rows) == [
            ("2021-12-24", False), ("2022-01-31", True), ("2022-02-28", True), ("2022-04-04", False),
        ]  # fmt: skip


class TestPoint6ThePauseAndTheSlips:
    def test_pause_holds_from_resolution_2479_to_resolution_2495(self) -> None:
        days = ("2019-06-26", "2019-06-27", "2019-10-30", "2019-10-31")
        assert [len(status(day)["pauses"]) for day in days] == [0, 1, 1, 0]

    def test_kalma_moved_by_a_week_at_the_government_s_request(self) -> None:
        rows = list(HandoverPlan.objects.filter(handover__code="H-S-2021-05").exclude(planned_on=None))
        assert [str(row.planned_on) for row in rows] == ["2021-03-11", "2021-03-18"]
        assert rows[1].reason.startswith("asked for by the Government of South Darfur")
        assert str(change("H-S-2021-05", "transfer").holds_from) == "2021-03-18"

    def test_sortony_was_put_off_without_a_new_day(self) -> None:
        assert str(standing("2021-03-27")["H-S-2021-06"].planned_on) == "2021-03-28"
        assert standing("2021-03-28")["H-S-2021-06"].planned_on is None
        handed_over = change("H-S-2021-06", "transfer")
        assert (str(handed_over.holds_from), handed_over.approximate) == ("2021-06-29", True)
        assert "2021-03-28" in handed_over.reason

    def test_all_team_sites_were_closed_before_the_end_of_june_2021(self) -> None:
        [row] = [one for one in calendar_of("2021-06-30") if one.code == "M-26"]
        assert (row.state, str(row.done_on)) == ("done", "2021-06-29")


class TestPoint7OpenedInPartAndFourUsers:
    def test_golo_was_opened_and_is_no_handover_away_from_the_mission(self) -> None:
        opened = Site.objects.get(code="S-2018-00")
        assert "opened" in opened.kind
        assert "28 January 2018" in opened.note
        assert not opened.handovers.exists()
        assert Site.objects.get(code="S-2021-12").handovers.get().state == "transferred"

    def test_el_fasher_was_handed_over_in_part(self) -> None:
        rows = {row.part: row.state for row in standing("2024-03-01").values() if row.site == "S-2021-14"}
        assert rows == {"": "preparing", "northern part": "transferred"}

    def test_kutum_has_four_users(self) -> None:
        rows = [row for row in standing("2021-02-03").values() if row.site == "S-2021-02"]
        assert {row.part: row.state for row in rows} == {
            "": "ended", "engineering college": "transferred", "women's centre": "transferred",
            "youth centre": "transferred", "veterinary services": "transferred",
        }  # fmt: skip
        assert {row.state for row in standing("2021-02-02").values() if row.site == "S-2021-02"} == {"preparing"}

    def test_nyala_s_assets_are_a_track_of_their_own(self) -> None:
        assert standing("2019-11-19")["H-S-2019-03-assets"].track == "assets"

    def test_all_but_one_of_the_forty_sites_have_a_handover(self) -> None:
        assert Site.objects.count() == 40
        assert set(Site.objects.filter(handovers=None).values_list("code", flat=True)) == {"S-2018-00"}
        assert MandatedTask.objects.count() == 20
        assert not MandatedTask.objects.filter(handovers=None).exists()


class TestPoint8TheSecondMove:
    def test_follows_the_first(self) -> None:
        moved = {row.code: row.follows.code for row in Handover.objects.exclude(follows=None)}  # type: ignore[union-attr]
        assert moved == {
            "H-F-02-3": "H-F-02-1", "H-F-03-2": "H-F-03", "H-F-03-3": "H-F-03", "H-F-07-3": "H-F-07-2",
            "H-F-10-3": "H-F-10-2",
        }  # fmt: skip

    def test_goes_to_an_envoy_to_the_country_team_or_to_nobody_with_a_reason(self) -> None:
        rows = standing("2024-03-01")
        assert rows["H-F-03-2"].recipient == "Secretary-General's Personal Envoy for Sudan"
        assert {rows[code].recipient for code in ("H-F-03-3", "H-F-07-3", "H-F-10-3", "H-F-20")} == {
            "United Nations country team"
        }
        assert (rows["H-F-02-3"].recipient, rows["H-F-02-3"].recipient_kind) == (None, "nobody")
        assert "no source names anybody" in Handover.objects.get(code="H-F-02-3").no_recipient_reason

    def test_was_not_known_before_the_council_ended_unitams(self) -> None:
        before = standing("2023-11-30", "2023-11-30")
        assert not {"H-F-20", "H-F-03-2"} & set(before)
        assert before["H-F-02-1"].state == "proposed"
        assert standing("2023-12-03")["H-F-02-1"].state == "ended"

    def test_successor_began_before_its_predecessor_ended(self) -> None:
        begun = MandateInstrument.objects.get(symbol="S/RES/2524 (2020)").adopted_on
        assert (date(2020, 12, 31) - begun).days == 211
        assert str(change("H-F-03", "transfer").holds_from) == "2021-01-27"


class TestPoint10SourcesDisagree:
    def test_on_the_day_at_el_fasher_and_both_are_kept(self) -> None:
        row = change("H-S-2021-14-north", "transfer")
        assert (str(row.holds_from), row.approximate) == ("2021-12-21", True)
        assert "21 December, another source 20 December" in row.reason

    def test_on_names_and_all_are_kept(self) -> None:
        assert Site.objects.get(name="Um Baru").also_called == "Ambro; Amru; Um Baro"
        assert Site.objects.exclude(also_called="").count() == 27

    def test_on_fourteen_sites_of_which_thirteen_have_a_name(self) -> None:
        named = sites_handed_over("2021-06-30") & LAST_FOURTEEN
        assert named == LAST_FOURTEEN - {"S-2021-14"}
        assert len(named) == 13


class TestReplay:
    def test_rebuilds(self) -> None:
        assert assert_rebuilt() >= 100

    def test_acceptances_are_on_paper_from_the_day_of_their_source(self) -> None:
        paper = Acceptance.objects.get(handover__code="H-S-2017-09")
        assert (paper.on_paper, paper.signatory, str(paper.signed_on)) == (
            True,
            "Acting Wali of South Darfur",
            "2017-10-15",
        )
        assert change("H-S-2017-09", "accept").holds_from == paper.signed_on
        without = Handover.objects.filter(state="transferred", acceptances=None)
        assert set(without.values_list("code", flat=True)) == {"H-S-2017-05", "H-S-2018-04"}

    def test_every_fact_has_its_source(self) -> None:
        for model in FACTS:
            assert not model._base_manager.filter(source="").exists(), model
        assert not Acceptance.objects.filter(reference="").exists()
