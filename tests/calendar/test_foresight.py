"""What follows from a new day, as a pure function: nothing earlier, all in order, no day later than needed."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calendar.graphs import DAYS, NONE, edge, graph, graphs, item, key, on
from transitions.calendar.blackouts import Blackouts
from transitions.calendar.foresight import Preview, preview
from transitions.calendar.graph import Graph
from transitions.calendar.models import NationalEvent
from transitions.missions.ends import End

ELECTION = NationalEvent(title="Election", from_date=on(20), until=on(25), blackout=True)


def foreseen(of: Graph, code: str, day: int | None, blackouts: Blackouts = NONE, ends: Any = ()) -> Preview:
    return preview(of, {key(code): None if day is None else on(day)}, blackouts, ends)


def pushes(found: Preview) -> dict[str, date | None]:
    return {push.item.code: push.day for push in found.follows}


def concerns(found: Preview, code: str) -> list[str]:
    return [c.code for push in (*found.moves, *found.follows) if push.item.code == code for c in push.concerns]


class TestAChain:
    @pytest.mark.parametrize("kind", ["finish_to_start", "not_before", "overlap"])
    def test_is_pushed_to_the_earliest_day_that_each_kind_allows(self, kind: str) -> None:
        of = graph([item("A", 0), item("B", 5), item("C", 30)], edge("A", "B", 3, kind), edge("B", "C", 10, kind))
        assert pushes(foreseen(of, "A", 10)) == {"B": on(13)}
        assert pushes(foreseen(of, "A", 20)) == {"B": on(23), "C": on(33)}
        assert pushes(foreseen(of, "A", -10)) == {}

    def test_says_because_of_what_and_in_the_end_of_which_move(self) -> None:
        of = graph(
            [item("A", 0), item("B", 5), item("C", 6), item("X", 1)], edge("A", "B"), edge("B", "C"), edge("X", "C")
        )
        [b, c] = foreseen(of, "A", 10).follows
        assert (b.because, b.cause) == (key("A"), key("A"))
        assert (c.because, c.cause) == (key("B"), key("A"))

    def test_ends_at_what_has_no_day_and_says_so(self) -> None:
        of = graph([item("A", 0), item("B", None), item("C", 1)], edge("A", "B"), edge("B", "C"))
        found = foreseen(of, "A", 10)
        assert pushes(found) == {}
        assert [one.code for one in found.undated] == ["B"]

    @pytest.mark.parametrize("fields", [
        {"open": False, "done_on": on(4)}, {"open": False, "gone": True},
    ])  # fmt: skip
    def test_ends_at_what_is_over(self, fields: Any) -> None:
        of = graph([item("A", 0), item("B", 5, **fields), item("C", 6)], edge("A", "B"), edge("B", "C"))
        assert pushes(foreseen(of, "A", 10)) == {}

    def test_counts_from_the_day_that_something_came_not_from_the_one_it_was_planned_for(self) -> None:
        done = item("B", 50, open=False, done_on=on(4), started_on=on(2))
        of = graph([item("A"), done, item("C", 1), item("D", 2)], edge("A", "C"), edge("A", "D"), edge("B", "C", 3),
                   edge("B", "D", 3, "overlap"))  # fmt: skip
        assert pushes(foreseen(of, "A", 0)) == {"C": on(7), "D": on(5)}

    def test_does_not_wait_for_the_end_of_what_runs_already_to_run_beside_it(self) -> None:
        running = item("A", 10, started_on=on(0))
        of = graph([running, item("B", 12), item("C", 12)], edge("A", "B", 5, "overlap"), edge("A", "C", 5))
        assert pushes(foreseen(of, "A", 40)) == {"C": on(45)}

    def test_does_not_wait_for_what_has_gone_for_good(self) -> None:
        of = graph([item("A"), item("B", 50, open=False, gone=True), item("C", 1)], edge("A", "C"), edge("B", "C"))
        assert pushes(foreseen(of, "A", 5)) == {"C": on(5)}

    def test_is_held_by_what_has_lapsed(self) -> None:
        of = graph([item("A"), item("B", 50, open=False), item("C", 1)], edge("A", "C"), edge("B", "C"))
        assert pushes(foreseen(of, "A", 0)) == {"C": on(50)}

    def test_stays_within_what_a_date_can_be(self) -> None:
        of = graph([item("A", 0), item("B", 5)], edge("A", "B", 30_000))
        found = preview(of, {key("A"): date(9999, 12, 1)}, NONE, [])
        assert pushes(found) == {"B": date.max}


class TestConcerns:
    def test_of_what_lies_too_early_already(self) -> None:
        of = graph(
            [item("A", 0), item("B", 5), item("X", 9), item("C", 20)], edge("A", "B"), edge("X", "B"), edge("A", "C")
        )
        found = foreseen(of, "A", 12)
        assert concerns(found, "B") == ["broken_before"]
        assert concerns(foreseen(of, "A", 25), "C") == []

    def test_of_what_is_asked_for_against_what_it_waits_for_itself(self) -> None:
        of = graph([item("A", 10), item("B", 20)], edge("A", "B", 5))
        assert concerns(foreseen(of, "B", 14), "B") == ["before_what_it_waits_for"]
        assert concerns(foreseen(of, "B", 15), "B") == []

    @pytest.mark.parametrize(("day", "area", "expected"), [
        (19, None, 0), (20, None, 1), (25, None, 1), (26, None, 0), (22, 1, 1),
    ])  # fmt: skip
    def test_of_a_blackout_of_the_country(self, day: int, area: int | None, expected: int) -> None:
        for shuns in (True, False):
            of = graph([item("A"), item("B", 1, shuns_blackouts=shuns, area_id=area)], edge("A", "B"))
            found = foreseen(of, "A", day, Blackouts([ELECTION], {}))
            assert concerns(found, "B") == ["blackout"] * (expected if shuns else 0)

    @pytest.mark.parametrize(("area", "expected"), [(1, 1), (2, 1), (3, 1), (4, 0), (None, 0)])
    def test_of_a_blackout_of_an_area_and_all_its_parts(self, area: int | None, expected: int) -> None:
        local = NationalEvent(title="Rains", from_date=on(20), until=on(25), blackout=True, area_id=1)
        within = {1: None, 2: 1, 3: 2, 4: None}
        of = graph([item("A"), item("B", 1, shuns_blackouts=True, area_id=area)], edge("A", "B"))
        assert concerns(foreseen(of, "A", 22, Blackouts([local], within)), "B") == ["blackout"] * expected

    def test_do_not_run_round_areas_that_lie_in_one_another(self) -> None:
        assert list(Blackouts([ELECTION], {1: 2, 2: 1}).around(1)) == [1, 2]

    def test_of_a_date_of_the_end_that_is_crossed(self) -> None:
        ends = [End("mandate_expiry", "fixed", "S/RES/1", "Council", 1, on(30)),
                End("liquidation", "unconfirmed", "a letter", "Government", 1, on(60))]  # fmt: skip
        of = graph([item("A", 0), item("B", 5), item("C", 40)], edge("A", "B"), edge("A", "C", 5))
        assert concerns(foreseen(of, "A", 30, NONE, ends), "B") == []
        found = foreseen(of, "A", 38, NONE, ends)
        assert (concerns(found, "B"), concerns(found, "C")) == (["beyond_the_end"], [])  # C lay beyond it before
        [sentence] = {c.sentence for push in found.follows for c in push.concerns}
        assert sentence == f"Beyond “mandate expiry” on {on(30)} (S/RES/1)"
        far = foreseen(of, "A", 61, NONE, ends)
        assert concerns(far, "B") == ["beyond_the_end"] * 2
        assert "unconfirmed" in str(far.follows)

    def test_of_hard_ones_and_of_owners_to_be_told(self) -> None:
        of = graph([item("A"), item("B", 1, hard=True, owner="Amina")], edge("A", "B"))
        assert concerns(foreseen(of, "A", 9), "B") == ["hard", "owner"]


class TestDigest:
    def test_is_another_whenever_something_else_would_be_done_or_said(self) -> None:
        of = graph([item("A", 0), item("B", 5, shuns_blackouts=True), item("C", None)], edge("A", "B"), edge("B", "C"))
        same = {foreseen(of, "A", 22).digest for _ in range(2)}
        others = [
            foreseen(of, "A", 23),
            foreseen(graph([item("A", 1), *[of.items[key(code)] for code in "BC"]], *of.edges), "A", 22),
            foreseen(graph([item("A", 0), item("B", 6), item("C", None)], *of.edges), "A", 22),
            foreseen(graph(list(of.items.values()), edge("A", "B", 1), edge("B", "C")), "A", 22),
            foreseen(graph(list(of.items.values()), edge("A", "B")), "A", 22),
            foreseen(of, "A", 22, Blackouts([ELECTION], {})),
        ]
        assert len(same) == 1
        assert len({*same, *(one.digest for one in others)}) == len(others) + 1


class TestAnyGraph:
    @settings(max_examples=400, deadline=None)
    @given(of=graphs(), data=st.data())
    def test_is_in_order_afterwards_and_nothing_earlier_nor_later_than_needed(self, of: Graph, data: Any) -> None:
        movable = [one for one in of.items.values() if one.open]
        if not movable:
            return
        moves = {
            data.draw(st.sampled_from(movable)).key: data.draw(st.one_of(DAYS.map(on), st.none()))
            for _ in range(data.draw(st.integers(1, 2)))
        }
        found = preview(of, moves, NONE, [])
        pushed = {push.item.key: push.day for push in found.follows}
        after = Graph({k: replace(one, day=(moves | pushed).get(k, one.day)) for k, one in of.items.items()}, of.edges)

        assert not pushed.keys() & moves.keys()
        for push in found.follows:
            assert push.item.open
            assert push.item.day is not None
            assert push.day is not None
            assert push.day > push.item.day
            sooner = replace(after.items[push.item.key], day=push.day - timedelta(days=1))
            assert Graph({**after.items, sooner.key: sooner}, of.edges).broken(sooner.key)
        for k in of.reached(moves) - moves.keys():
            if after.items[k].open:
                assert after.broken(k) == []
        assert preview(after, {k: after.items[k].day for k in moves}, NONE, []).follows == ()
