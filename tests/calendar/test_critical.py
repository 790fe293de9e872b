"""The critical path: last days that hold, and the chain with the least float."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import world
from tests.calendar.graphs import NONE, edge, graph, graphs, item, on
from transitions.access.permissions import Marking, Role
from transitions.calendar.critical import critical_path, paths_to_the_end, slacks_of
from transitions.calendar.dates import redate
from transitions.calendar.dependencies import link
from transitions.calendar.foresight import preview
from transitions.calendar.graph import Graph
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.missions.ends import End

END = End("mandate_expiry", "fixed", "S/RES/1", "Council", 1, on(100))


def spelled(of: Graph) -> list[tuple[str, int | None]]:
    return [(slack.item.code, slack.float_days) for slack in critical_path(of, END, today=on(0)).chain]


class TestSlack:
    def test_leaves_room_for_everything_that_waits(self) -> None:
        of = graph([item("A", 10), item("B", 40), item("C", 50)], edge("A", "B", 20), edge("A", "C", 45))
        found = {
            slack.item.code: (slack.latest, slack.float_days) for slack in critical_path(of, END, today=on(0)).slacks
        }
        assert found == {"A": (on(55), 45), "C": (on(100), 50), "B": (on(100), 60)}

    def test_of_what_has_no_day_is_unknown_and_still_holds_what_it_waits_for(self) -> None:
        of = graph([item("A", 10), item("B", None)], edge("A", "B", 20))
        path = critical_path(of, END, today=on(0))
        assert [(s.item.code, s.latest, s.float_days) for s in path.slacks] == [("A", on(80), 70), ("B", on(100), None)]
        assert critical_path(graph([item("A", None)]), END, today=on(0)).least_float_days is None

    def test_of_what_is_late_counts_from_today(self) -> None:
        of = graph([item("A", 10), item("B", 90), item("C", 97)])
        path = critical_path(of, END, today=on(95))
        assert [(slack.item.code, slack.float_days) for slack in path.slacks] == [("C", 3), ("A", 5), ("B", 5)]

    def test_is_negative_where_it_is_too_late(self) -> None:
        path = critical_path(graph([item("A", 90), item("B", 95)], edge("A", "B", 20)), END, today=on(0))
        assert path.least_float_days == -10

    def test_is_not_held_by_what_is_over_nor_by_what_it_runs_beside_already(self) -> None:
        of = graph([item("A", 10, started_on=on(1)), item("B", 20), item("C", 30, open=False, gone=True)],
                   edge("A", "B", 30, "overlap"), edge("B", "C", 30))  # fmt: skip
        assert {slack.item.code: slack.latest for slack in critical_path(of, END, today=on(0)).slacks} == {
            "A": on(100),
            "B": on(100),
        }


class TestChain:
    def test_is_spelled_from_the_first_to_the_last(self) -> None:
        of = graph([item("A", 10), item("B", 30), item("C", 60), item("X", 0), item("Y", 90)],
                   edge("A", "B", 10), edge("X", "B"), edge("B", "C", 25), edge("B", "Y"))  # fmt: skip
        assert spelled(of) == [("A", 55), ("B", 45), ("Y", 10)]
        tight = graph([*(replace(one, day=on(70)) if one.code == "C" else one for one in of.items.values())],
                      edge("A", "B", 15), edge("X", "B"), edge("B", "C", 65))  # fmt: skip
        assert spelled(tight) == [("A", 10), ("B", 5), ("C", 30)]

    def test_shows_what_has_no_day_in_it_as_unknown(self) -> None:
        of = graph([item("A", None), item("B", 90), item("C", None)], edge("A", "B"), edge("B", "C", 5))
        assert spelled(of) == [("A", None), ("B", 5), ("C", None)]

    def test_is_empty_where_nothing_open_has_a_day(self) -> None:
        assert spelled(graph([item("A", None), item("B", 5, open=False)])) == []


class TestAnyGraph:
    @settings(max_examples=300, deadline=None)
    @given(of=graphs(), data=st.data())
    def test_may_slip_to_the_last_day_and_no_further(self, of: Graph, data: Any) -> None:
        """Checked against what a new day leads to: the two must say the same."""
        of = early(of)
        end = max(one.day for one in of.items.values() if one.day) + timedelta(days=data.draw(st.integers(0, 90)))
        for k, slack in slacks_of(of, end, today=on(0)).items():
            assert latest_after(of, k, slack.latest) <= end
            assert latest_after(of, k, slack.latest + timedelta(days=1)) > end


def early(of: Graph) -> Graph:
    """Everything with a day, on the earliest that it can have."""
    items = {k: replace(one, day=on(0)) for k, one in of.items.items()}
    plain = Graph(items, of.edges)
    for k in plain.order:
        limits = [e.allows_from(plain.items[e.first], plain.items[e.first].day) for e in plain.into[k]]
        items[k] = replace(items[k], day=max([on(0), *(limit for limit in limits if limit)]))
    return plain


def latest_after(of: Graph, k: Any, day: Any) -> Any:
    """The last day of any open thing that waits for this one, once this one lies on a day."""
    pushed = {push.item.key: push.day for push in preview(of, {k: day}, NONE, []).follows}
    return max(pushed.get(other, of.items[other].day) if other != k else day
               for other in of.reached([k]) if of.items[other].open)  # fmt: skip


@pytest.mark.django_db
class TestToldToAPerson:
    @pytest.fixture
    def here(self) -> Any:
        Rehearsal.objects.all().delete()
        rehearse(world.NOW)
        it = world.transition("under_way")
        made = world.instrument(it.mission)
        for kind, day in (("mandate_expiry", "2020-12-31"), ("liquidation", "2021-06-30"), ("decision", "2020-11-01")):
            made.effects.create(kind=kind, date=day, basis="fixed")
        return it

    def test_is_to_each_date_of_the_end(self, here: Any) -> None:
        first, then = world.handover(here), world.milestone(here)
        link(first, then, lag_days=10, by=world.founder(), now=world.NOW)
        found = paths_to_the_end(here, user=world.founder(), now=world.NOW)
        assert [(one["end"].kind, one["least_float_days"]) for one in found["ends"]] == [
            ("mandate_expiry", 20), ("liquidation", 201),
        ]  # fmt: skip
        assert [step["code"] for step in found["ends"][0]["chain"]] == [first.code, then.code]
        assert [(one["code"], one["by_end"]["mandate_expiry"]["float_days"]) for one in found["items"]] == [
            (first.code, 20), (then.code, 30),
        ]  # fmt: skip

    def test_leaves_out_what_was_meant_for_later_but_not_what_has_slipped(self, here: Any) -> None:
        """Of the mandate's end, which an instrument had set to a later day before it was moved ahead."""
        world.instrument(here.mission, adopted_on=date(2019, 1, 1)).effects.create(
            kind="mandate_expiry", date="2021-02-28", basis="fixed"
        )
        later = world.milestone(here, due_on=date(2021, 3, 1))
        overtaken = world.handover(here, planned_on=date(2021, 2, 28))
        slipped = world.milestone(here, due_on=date(2020, 12, 1))
        redate(slipped, date(2021, 4, 1), by=world.founder(), now=world.NOW, reason="x")
        link(overtaken, later, by=world.founder(), now=world.NOW)
        found = paths_to_the_end(here, user=world.founder(), now=world.NOW)
        floats = {one["code"]: {kind: to["float_days"] for kind, to in one["by_end"].items()} for one in found["items"]}
        assert floats == {
            slipped.code: {"mandate_expiry": -91, "liquidation": 90},
            overtaken.code: {"mandate_expiry": -59, "liquidation": 122},
            later.code: {"liquidation": 121},
        }

    def test_names_nothing_that_one_may_not_see(self, here: Any, client: Any) -> None:
        first = world.milestone(here, title="Witnesses", code="SECRET", marking=Marking.STRICTLY_CONFIDENTIAL)
        then = world.milestone(here)
        link(first, then, lag_days=10, by=world.founder(), now=world.NOW)
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        found = paths_to_the_end(here, user=reader, now=world.NOW)
        assert found["ends"][0]["least_float_days"] == 30
        assert [step["title"] for step in found["ends"][0]["chain"]] == ["an item that you may not see", str(then)]
        assert found["ends"][0]["chain"][0]["float_days"] is None
        client.force_login(reader)
        page = client.get(f"/transitions/{here.slug}/critical-path/").content.decode()
        assert str(then) in page
        assert "SECRET" not in page
        assert "Witnesses" not in page

    def test_is_nothing_where_no_instrument_sets_a_date(self, client: Any) -> None:
        here = world.transition("under_way")
        world.milestone(here)
        client.force_login(world.person(Role.PLANNER, here))
        assert (
            "nothing to measure float against"
            in client.get(f"/transitions/{here.slug}/critical-path/").content.decode()
        )
        here.mission = None
        assert paths_to_the_end(here, user=world.founder(), now=world.NOW) == {"ends": [], "items": []}

    def test_is_not_there_for_who_may_not_see_the_transition(self, here: Any, client: Any) -> None:
        client.force_login(world.person(Role.PLANNER, world.transition("under_way")))
        assert client.get(f"/transitions/{here.slug}/critical-path/").status_code == 404

    def test_takes_the_same_queries_whatever_there_is(
        self, here: Any, client: Any, django_assert_max_num_queries: Any
    ) -> None:
        client.force_login(world.person(Role.PLANNER, here))
        counts = []
        for more in (1, 6):
            for _ in range(more):
                day = world.TODAY
                first, then, event = world.milestone(here), world.handover(here), world.event(here, day, day)
                link(first, then, by=world.founder(), now=world.NOW)
                link(event, first, by=world.founder(), now=world.NOW)
            with django_assert_max_num_queries(40) as counted:
                page = client.get(f"/transitions/{here.slug}/critical-path/")
            counts.append(len(counted))
            assert '<svg role="img"' in page.content.decode()
        assert counts[0] == counts[1]

    def test_of_what_has_no_day_is_shown_as_unknown(self, here: Any, client: Any) -> None:
        world.milestone(here, due_on=None)
        client.force_login(world.person(Role.PLANNER, here))
        page = client.get(f"/transitions/{here.slug}/critical-path/").content.decode()
        assert "1 of them has no day" in page
        assert "the float is unknown" in page
