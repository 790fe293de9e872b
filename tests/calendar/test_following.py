"""A new day together with what follows from it: what the preview says equals what is then done, or nothing is."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Marking, Role
from transitions.calendar.dated import Dated, NewDay
from transitions.calendar.dates import redate
from transitions.calendar.dependencies import link
from transitions.calendar.following import foresee, redate_with_what_follows, told
from transitions.calendar.graph import graph_of
from transitions.calendar.models import Dependency, Redating
from transitions.handovers.models import Handover, HandoverPlan, MandatedTask
from transitions.outbox.kinds import NoLonger, letters
from transitions.outbox.models import Message
from transitions.workflow.engine import StepRefused, take

pytestmark = pytest.mark.django_db
BY = world.founder
NOW, TODAY = world.NOW, world.TODAY


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


def on(day: int) -> date:
    return TODAY + timedelta(days=day)


def waits(then: Any, first: Any, days: int = 0, kind: str = "finish_to_start") -> Dependency:
    return link(first, then, kind=kind, lag_days=days, by=BY(), now=NOW)


def to(thing: Any, day: int | None, **more: Any) -> NewDay:
    return NewDay(thing, None if day is None else on(day), **{"reason": "the road is closed"} | more)


def done(*moves: NewDay, by: Any = None) -> Any:
    expected = foresee(moves, now=NOW).digest
    return redate_with_what_follows(moves, by=by or BY(), now=NOW, expected=expected)


def day_of(thing: Any) -> Any:
    thing.refresh_from_db()
    return getattr(thing, Dated.all[thing._meta.label_lower].day)


class TestAChainAcrossRooms:
    @pytest.fixture
    def chain(self, here: Any) -> list[Any]:
        """An election, a milestone that comes after it, a handover that overlaps with that, a milestone at the end."""
        event = world.event(here, on(5), on(10), blackout=False)
        first = world.milestone(here, due_on=on(10))
        handover = world.handover(here, planned_on=on(20))
        last = world.milestone(here, due_on=on(22))
        waits(first, event, 3, "not_before"), waits(handover, first, 10, "overlap"), waits(last, handover, 2)
        return [event, first, handover, last]

    def test_is_moved_by_the_doors_of_its_rooms_with_the_reason(self, chain: list[Any]) -> None:
        _, first, handover, last = chain
        found = done(to(first, 15, drivers=("politics",)))
        assert [day_of(one) for one in (first, handover, last)] == [on(15), on(25), on(27)]
        assert [(push.item.code, push.day) for push in found.follows] == [(handover.code, on(25)), (last.code, on(27))]
        [plan] = HandoverPlan.objects.exclude(was_planned_on=None)
        assert (plan.was_planned_on, plan.planned_on) == (on(20), on(25))
        asked, followed = Redating.objects.exclude(reason="").order_by("pk")
        assert (asked.reason, asked.drivers) == ("the road is closed", ["politics"])
        why = f"follows from {first.code}: the road is closed"
        assert (plan.reason, followed.reason, followed.was_due_on) == (why, why, on(22))
        assert_rebuilt()

    def test_begins_at_any_of_them(self, chain: list[Any]) -> None:
        _, first, handover, last = chain
        done(to(handover, 30, reason="their staff are late"))
        assert [day_of(one) for one in (first, handover, last)] == [on(10), on(30), on(32)]

    def test_is_told_of_what_it_waits_for_on_its_new_day(self, chain: list[Any]) -> None:
        event, first, *_ = chain
        found = told(foresee([to(first, 12)], now=NOW), first.transition, by=BY(), now=NOW)
        assert found["moves"][0]["warnings"] == [
            {"code": "before_what_it_waits_for", "sentence": f"It may not come before {on(13)}, because of {event}"}
        ]

    def test_takes_the_same_queries_however_much_follows(self, here: Any, django_assert_max_num_queries: Any) -> None:
        by, counts = BY(), []
        by.grants_in_force(now=NOW)
        first = world.milestone(here, due_on=on(0))
        for more in (1, 6):
            for _ in range(more):
                owner = world.person(Role.PROVIDER, here)
                waits(world.milestone(here, due_on=on(1), owner=owner, pillar=world.pillar(here)), first)
                waits(world.handover(here, planned_on=on(1), owner=owner), first)
            expected = foresee([to(first, len(counts) * 50 + 10)], now=NOW).digest
            with django_assert_max_num_queries(60) as counted:
                moves = [to(first, len(counts) * 50 + 10)]
                found = redate_with_what_follows(moves, by=by, now=NOW, expected=expected)
                told(found, here, by=by, now=NOW)
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestAHandoverThatIsWaitedFor:
    """As what stands first: which of its states count as begun, done or gone."""

    @pytest.mark.parametrize(("state", "expected"), [
        ("proposed", (False, False, False, True)), ("refused", (False, False, False, True)),
        ("accepted", (True, False, False, True)), ("transferred", (True, True, False, False)),
        ("completed", (True, True, False, False)), ("ended", (False, False, True, False)),
        ("lapsed", (False, False, False, False)),
    ])  # fmt: skip
    def test_is_begun_with_the_acceptance_and_done_with_the_transfer(self, state: str, expected: Any) -> None:
        past = [("proposed", on(-9)), (state, on(-3))]
        handover = Handover(state=state, task=MandatedTask(), planned_on=on(1))
        item = Dated.all["handovers.handover"].item(handover, past, today=TODAY)
        assert (item.started_on == on(-3), item.done_on == on(-3), item.gone, item.open) == expected


class TestStale:
    @pytest.mark.parametrize("meanwhile", ["moved", "linked", "unlinked", "dropped", "other move"])
    def test_preview_is_refused_and_nothing_is_done(self, here: Any, meanwhile: str) -> None:
        first, then, other = (world.milestone(here, due_on=on(5)) for _ in range(3))
        wait = waits(then, first)
        expected = foresee([to(first, 9)], now=NOW).digest
        match meanwhile:
            case "moved":
                redate(then, on(7), by=BY(), now=NOW, reason="x")
            case "linked":
                waits(other, then)
            case "unlinked":
                wait.delete()
            case "dropped":
                take(then, "drop", by=BY(), now=NOW, reason="x")
        before = Redating.objects.count()
        moves = [to(first, 8 if meanwhile == "other move" else 9)]
        with pytest.raises(StepRefused) as refused:
            redate_with_what_follows(moves, by=BY(), now=NOW, expected=expected)
        assert refused.value.code == "stale"
        assert Redating.objects.count() == before
        assert day_of(first) == on(5)

    def test_is_a_thing_that_is_gone(self, here: Any) -> None:
        gone = world.milestone(here)
        move = to(gone, 9)
        gone.pk += 1_000_000
        with pytest.raises(StepRefused):
            foresee([move], now=NOW)


class TestRefused:
    def test_is_all_of_it_where_one_door_refuses(self, here: Any) -> None:
        first, then = world.milestone(here, due_on=on(5)), world.milestone(here, due_on=on(5))
        waits(then, first)
        for wrong in (to(first, 9, reason=" "), to(first, 9, drivers=["weather"])):
            with pytest.raises(ValidationError):
                done(wrong)
        with pytest.raises(StepRefused):
            done(to(first, 9, version=7))
        assert (day_of(first), day_of(then)) == (on(5), on(5))

    @pytest.mark.parametrize("step", ["finish", "drop"])
    def test_is_a_move_of_what_is_over(self, here: Any, step: str) -> None:
        over = world.milestone(here)
        take(over, step, by=BY(), now=NOW, reason="x")
        with pytest.raises(StepRefused):
            foresee([to(over, 9)], now=NOW)

    def test_is_a_lead_whose_move_reaches_another_pillar(self, here: Any) -> None:
        mine, other = world.pillar(here), world.pillar(here, "political")
        lead = world.person(Role.PILLAR_LEAD, here, pillar=mine)
        first, near = (world.milestone(here, due_on=on(5), pillar=mine) for _ in range(2))
        waits(near, first)
        assert told(foresee([to(first, 9)], now=NOW), here, by=lead, now=NOW)["may_move_all"]
        done(to(first, 9), by=lead)
        waits(world.milestone(here, due_on=on(9), pillar=other), near)
        assert not told(foresee([to(first, 12)], now=NOW), here, by=lead, now=NOW)["may_move_all"]
        with pytest.raises(PermissionDenied):
            done(to(first, 12), by=lead)
        assert (day_of(first), day_of(near)) == (on(9), on(9))


class TestWhatIsMarked:
    @pytest.fixture
    def lead(self, here: Any) -> Any:
        """Plans, and is cleared for what is confidential only."""
        return world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here))

    def marked(self, here: Any, marking: str = Marking.STRICTLY_CONFIDENTIAL, **more: Any) -> Any:
        return world.milestone(here, title="Witnesses", marking=marking, pillar=world.pillar(here), **more)

    def test_is_not_named_to_who_may_not_see_it_and_not_moved_by_them(self, here: Any, lead: Any) -> None:
        first = world.milestone(here, due_on=on(5), pillar=world.pillar(here))
        hidden = self.marked(here, due_on=on(6))
        last = world.milestone(here, due_on=on(7), pillar=world.pillar(here))
        undated = self.marked(here, due_on=None)
        waits(hidden, first), waits(last, hidden), waits(undated, last)
        shown = told(foresee([to(first, 9)], now=NOW), here, by=lead, now=NOW)
        unseen, seen = shown["follows"]
        assert {value for name, value in unseen.items() if name not in ("title", "warnings")} == {None}
        assert (unseen["title"], unseen["warnings"]) == ("an item that you may not see", [])
        assert (seen["code"], seen["because"]) == (last.code, "an item that you may not see")
        assert shown["undated"] == ["an item that you may not see"]
        assert "Witnesses" not in str(shown)
        assert hidden.code not in str(shown)
        with pytest.raises(PermissionDenied) as refused:
            done(to(first, 9), by=lead)
        assert hidden.code not in str(refused.value)
        done(to(first, 9))
        assert day_of(hidden) == on(9)

    def test_is_not_named_in_the_warnings_either(self, here: Any, lead: Any) -> None:
        hidden = self.marked(here, due_on=on(20))
        first, then = (world.milestone(here, due_on=on(5), pillar=world.pillar(here)) for _ in range(2))
        waits(first, hidden), waits(then, hidden), waits(then, first)
        shown = told(foresee([to(first, 9)], now=NOW), here, by=lead, now=NOW)
        sentences = [one["sentence"] for row in (*shown["moves"], *shown["follows"]) for one in row["warnings"]]
        assert len(sentences) == 2
        assert all(sentence.endswith("because of an item that you may not see") for sentence in sentences)

    def test_is_not_named_in_the_history_of_what_is_open_to_all(self, here: Any) -> None:
        hidden, more_open = self.marked(here, due_on=on(5)), self.marked(here, Marking.CONFIDENTIAL, due_on=on(5))
        plain = world.milestone(here, due_on=on(5))
        also = self.marked(here, due_on=on(5))
        waits(more_open, hidden), waits(plain, more_open), waits(also, hidden)
        done(to(hidden, 9, reason="moved at night"))
        reasons = {row.milestone_id: row.reason for row in Redating.objects.exclude(reason="")}
        assert reasons[more_open.pk] == reasons[plain.pk] == "follows from an item that is marked"
        assert reasons[also.pk] == f"follows from {hidden.code}: moved at night"

    def test_of_what_lay_too_early_for_something_else_that_is_said(self, here: Any) -> None:
        other = world.milestone(here, due_on=on(30))
        first, then = (world.milestone(here, due_on=on(5)) for _ in range(2))
        waits(then, first), waits(then, other)
        done(to(first, 9))
        assert then.redatings.last().reason == f"lay too early for {other.code}"


class TestLetters:
    @pytest.fixture
    def moved(self, here: Any) -> Any:
        first = world.milestone(here, due_on=on(5))
        then = world.milestone(here, due_on=on(5), owner=world.person(Role.PROVIDER, here))
        waits(then, first), waits(world.milestone(here, due_on=on(5), owner=BY()), first)
        waits(world.milestone(here, due_on=on(5)), first)
        done(to(first, 9))
        return then

    def test_go_to_the_owners_of_what_moved_along_but_not_to_who_moved_it(self, moved: Any) -> None:
        [message] = Message.objects.all()
        assert message.recipient == moved.owner
        [letter] = letters([message], now=NOW).values()
        assert letter.subject == f"{moved.code} was moved to {on(9)}"
        assert f"moved {moved} from {on(5)} to {on(9)}: follows from" in letter.text

    def test_say_code_and_link_only_of_what_is_marked(self, moved: Any) -> None:
        type(moved).objects.filter(pk=moved.pk).update(marking=Marking.CONFIDENTIAL)
        [letter] = letters(Message.objects.all(), now=NOW).values()
        assert "follows" not in letter.text
        assert moved.title not in letter.subject + letter.text

    def test_are_withdrawn_once_it_has_another_day_again(self, moved: Any) -> None:
        redate(moved, on(10), by=BY(), now=NOW, reason="x")
        [letter] = letters(Message.objects.all(), now=NOW).values()
        assert isinstance(letter, NoLonger)


class TestAnyPlan(TestCase):
    """Random things of three kinds, in random states and on random days, that wait for one another at random."""

    @settings(max_examples=15, deadline=None)
    @given(data=st.data())
    def test_is_done_as_the_preview_says(self, data: Any) -> None:
        here = world.transition("under_way")
        things = self.things(here, data)
        for first, then in data.draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14)):
            kind, days = data.draw(st.sampled_from(Dependency.Kind.values)), data.draw(st.integers(0, 12))
            try:
                waits(things[then], things[first], days, kind)
            except ValidationError:
                continue
        before = graph_of(here, now=NOW)
        movable = [one for one in things if before.items[NewDay(one, None, "").key].open]
        if not movable:
            return
        thing = data.draw(st.sampled_from(movable))
        move = to(thing, data.draw(st.integers(-5, 40)))
        if before.items[move.key].day == move.day:
            return
        found = foresee([move], now=NOW)
        redate_with_what_follows([move], by=BY(), now=NOW, expected=found.digest)

        after = graph_of(here, now=NOW)
        said = {push.item.key: push.day for push in (*found.moves, *found.follows)}
        assert {key: item.day for key, item in after.items.items()} == {
            key: said.get(key, item.day) for key, item in before.items.items()
        }
        assert all(push.day > push.item.day for push in found.follows)
        downstream = after.reached([move.key]) - {move.key}
        assert all(after.broken(key) == [] for key in downstream if after.items[key].open)
        assert_rebuilt()

    def things(self, here: Any, data: Any) -> list[Any]:
        days = st.one_of(st.integers(0, 40), st.none())
        drawn = [None if (day := data.draw(days)) is None else on(day) for _ in range(6)]
        milestones = [world.milestone(here, due_on=day) for day in drawn[:4]]
        handovers = [world.handover(here, planned_on=day) for day in drawn[4:]]
        start = on(data.draw(st.integers(-5, 10)))
        events = [world.event(here, start, start + timedelta(days=3)) for _ in range(2)]
        for one in milestones:
            for step in data.draw(st.sampled_from([(), (), ("start",), ("finish",), ("drop",), ("start", "suspend")])):
                take(one, step, by=BY(), now=NOW, reason="x")
        return [*milestones, *handovers, *events]
