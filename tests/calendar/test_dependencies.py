"""What waits for what, of whatever rooms: never in a circle, never across transitions, seen by who sees both ends."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import world
from tests.filled import filled
from transitions.access.permissions import Marking, Role
from transitions.calendar.dated import Dated, since
from transitions.calendar.dependencies import link, path, unlink
from transitions.calendar.graph import graph_of
from transitions.calendar.models import ENDS_STAY, Dependency
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse

pytestmark = pytest.mark.django_db
ADD = "admin:calendar_dependency_add"


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


def one_of_each(here: Any) -> list[Any]:
    day = date(2020, 11, 1)
    return [world.milestone(here), world.handover(here), world.event(here, day, day)]


def linked(first: Any, then: Any, **more: Any) -> Dependency:
    return link(first, then, by=world.founder(), now=world.NOW, **more)


class TestLink:
    def test_joins_things_of_any_kind_in_any_way(self, here: Any) -> None:
        milestone, handover, event = one_of_each(here)
        made = [linked(event, milestone, kind="not_before"), linked(milestone, handover, kind="overlap", lag_days=30),
                linked(handover, world.milestone(here))]  # fmt: skip
        read = Dependency.objects.order_by("pk")
        assert [(one.first, one.then) for one in read] == [(one.first, one.then) for one in made]
        assert str(read[1]) == f"{handover.code} waits for {milestone.code}"

    def test_refuses_a_circle_across_kinds_and_spells_it_out(self, here: Any) -> None:
        milestone, handover, _ = one_of_each(here)
        last = world.milestone(here)
        linked(milestone, handover, kind="overlap")
        linked(handover, last, kind="not_before")
        spelled = f"{milestone.code} → {handover.code} → {last.code} → {milestone.code}"
        with pytest.raises(ValidationError, match=spelled):
            linked(last, milestone)
        assert Dependency.objects.count() == 2

    def test_spells_out_no_name_that_one_may_not_see(self, here: Any) -> None:
        pillar = world.pillar(here)
        lead = world.person(Role.PILLAR_LEAD, here, pillar=pillar)
        first = world.milestone(here, pillar=pillar)
        secret = world.milestone(here, pillar=pillar, code="SECRET", marking=Marking.STRICTLY_CONFIDENTIAL)
        last = world.milestone(here, pillar=pillar)
        linked(first, secret)
        linked(secret, last)
        with pytest.raises(ValidationError) as refused:
            link(last, first, by=lead, now=world.NOW)
        assert "→ an item that you may not see →" in str(refused.value)
        assert "SECRET" not in str(refused.value)

    @pytest.mark.parametrize("wrong", ["itself", "an event waits", "twice", "no kind", "not dated"])
    def test_refuses_what_makes_no_sense(self, here: Any, wrong: str) -> None:
        milestone, handover, event = one_of_each(here)
        linked(milestone, handover)
        first, then, kind = {
            "itself": (milestone, milestone, "overlap"), "an event waits": (milestone, event, "overlap"),
            "twice": (milestone, handover, "overlap"), "no kind": (event, milestone, "sometimes"),
            "not dated": (world.phase(here), milestone, "overlap"),
        }[wrong]  # fmt: skip
        with pytest.raises(ValidationError):
            linked(first, then, kind=kind)
        assert Dependency.objects.count() == 1

    def test_to_a_handover_is_for_planners_and_the_lead_of_its_task_s_pillar(self, here: Any) -> None:
        milestone, handover, _ = one_of_each(here)
        handover.task.pillar = world.pillar(here)
        handover.task.save()
        other = world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here, "political"))
        lead = world.person(Role.PILLAR_LEAD, here, pillar=world.pillar(here))
        with pytest.raises(PermissionDenied):
            link(milestone, handover, by=other, now=world.NOW)
        made = link(milestone, handover, by=lead, now=world.NOW)
        with pytest.raises(PermissionDenied):
            unlink(made, by=other, now=world.NOW)
        unlink(made, by=lead, now=world.NOW)
        assert not Dependency.objects.exists()

    def test_looks_for_a_circle_in_one_query(self, here: Any, django_assert_num_queries: Any) -> None:
        things = [world.milestone(here), *(world.handover(here) for _ in range(6))]
        for first, then in pairwise(things):
            linked(first, then)
        with django_assert_num_queries(1):
            assert path(things[-1], things[0]) == []


def named_by_one(thing: Any, end: str) -> Dependency:
    ends = {"first": world.milestone(thing.transition), "then": world.milestone(thing.transition)} | {end: thing}
    made: Dependency = Dependency.objects.create(transition=thing.transition, **ends)
    connection.check_constraints()
    return made


class TestTheDatabase:
    """Holds both ends as it would hold a foreign key: whatever kind of thing they are."""

    @pytest.mark.parametrize("label", Dated.all)
    def test_has_its_trigger_on_every_dated_model(self, label: str) -> None:
        assert ENDS_STAY in Dated.all[label].model._meta.triggers

    @pytest.mark.parametrize("position", range(3))
    @pytest.mark.parametrize("wrong", ["another transition", "gone", "no such kind", "undated"])
    def test_refuses_an_end_that_is_not_there(self, here: Any, position: int, wrong: str) -> None:
        first = one_of_each(world.transition() if wrong == "another transition" else here)[position]
        made = Dependency(transition=here, then=world.milestone(here), first=first)
        if wrong == "gone":
            made.first_id += 1_000_000
        if wrong in ("no such kind", "undated"):
            made.first_type = "nothing.here" if wrong == "no such kind" else "missions.transition"
        made.save()
        with pytest.raises(DatabaseError, match=r"ends_are_here|transition_id"):
            connection.check_constraints()

    @pytest.mark.parametrize("end", ["first", "then"])
    @pytest.mark.parametrize("position", range(3))
    def test_keeps_what_a_dependency_names(self, here: Any, position: int, end: str) -> None:
        thing = filled(type(one_of_each(here)[position]), here)  # which nothing else holds
        made = named_by_one(thing, end)
        type(thing)._base_manager.filter(pk=thing.pk).delete()
        with pytest.raises(IntegrityError, match="ends_stay"), transaction.atomic():
            connection.check_constraints()
        made.delete()
        connection.check_constraints()

    @pytest.mark.parametrize("end", ["first", "then"])
    @pytest.mark.parametrize("position", range(3))
    def test_keeps_it_in_its_transition(self, here: Any, position: int, end: str) -> None:
        thing = one_of_each(here)[position]
        named_by_one(thing, end)
        type(thing)._base_manager.filter(pk=thing.pk).update(transition=world.transition())
        with pytest.raises(IntegrityError, match=r"ends_stay|violates foreign key"):
            connection.check_constraints()


class TestVisibility:
    def test_is_of_both_ends(self, here: Any) -> None:
        milestone, handover, event = one_of_each(here)
        secret = world.handover(here, marking=Marking.STRICTLY_CONFIDENTIAL)
        open_one = linked(event, milestone)
        hidden = [linked(milestone, secret), linked(secret, handover)]
        linked(*(world.milestone(elsewhere) for elsewhere in [world.transition("under_way")] * 2))
        seen = Dependency.objects.visible_to(world.person(Role.GOVERNMENT_FOCAL_POINT, here), now=world.NOW)
        assert list(seen) == [open_one]
        planner = Dependency.objects.visible_to(world.person(Role.PLANNER, here), now=world.NOW)
        assert set(planner) == {open_one, *hidden}


class TestSince:
    @pytest.mark.parametrize(("past", "expected"), [
        ([], None), (["planned"], None), (["planned", "under_way"], 2), (["planned", "under_way", "done"], 2),
        (["planned", "under_way", "suspended"], None), (["planned", "under_way", "suspended", "under_way"], 4),
    ])  # fmt: skip
    def test_is_the_first_day_of_the_unbroken_run(self, past: list[str], expected: int | None) -> None:
        states = [(state, date(2020, 1, number)) for number, state in enumerate(past, 1)]
        assert since(states, ("under_way", "done")) == (expected and date(2020, 1, expected))


class TestGraph:
    def test_is_read_in_the_same_queries_whatever_there_is(self, here: Any, django_assert_num_queries: Any) -> None:
        for more in (1, 8):
            for _ in range(more):
                milestone, handover, event = one_of_each(here)
                linked(event, milestone), linked(milestone, handover)
            with django_assert_num_queries(5):  # dependencies, states, and the things of three kinds
                graph = graph_of(here, now=world.NOW)
        assert (len(graph.items), len(graph.edges)) == (27, 18)

    def test_around_a_thing_is_what_follows_and_all_that_this_waits_for(self, here: Any) -> None:
        a, b, c, other, apart = (world.milestone(here) for _ in range(5))
        linked(a, b), linked(b, c), linked(other, c), linked(other, apart)
        graph = graph_of(here, now=world.NOW, around=[("calendar.milestone", b.pk)])
        assert {pk for _, pk in graph.items} == {a.pk, b.pk, c.pk, other.pk}


class TestCircles(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(pairs=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(Dependency.Kind.values)), max_size=14
    ))  # fmt: skip
    def test_of_mixed_kinds_are_never_accepted(self, pairs: Any) -> None:
        here = world.transition("under_way")
        things = [*one_of_each(here), *one_of_each(here)]
        accepted = set()
        for first, then, kind in pairs:
            try:
                linked(things[first], things[then], kind=kind)
                accepted.add((first, then))
            except ValidationError:
                assert then in (2, 5) or (first, then) in accepted or closes(accepted, first, then)
        graph_of(here, now=world.NOW).order  # noqa: B018 - raises for a circle
        assert Dependency.objects.filter(transition=here).count() == len(accepted)


def closes(accepted: set[tuple[int, int]], first: int, then: int) -> bool:
    """Whether there is a way from `then` to `first` already."""
    reached, ahead = {then}, [then]
    while ahead:
        here = ahead.pop()
        new = [b for a, b in accepted if a == here and b not in reached]
        reached.update(new)
        ahead += new
    return first in reached


class TestPage:
    @pytest.fixture
    def planner(self, client: Any, here: Any) -> Any:
        Rehearsal.objects.all().delete()
        rehearse(world.NOW)
        user = world.person(Role.PLANNER, here)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    def test_names_both_ends_by_their_codes(self, planner: Any, here: Any) -> None:
        _, handover, event = one_of_each(here)
        given = {"transition": here.pk, "first": event.title.upper(), "then": handover.code.lower(),
                 "kind": "not_before", "lag_days": 14}  # fmt: skip
        assert planner.post(reverse(ADD), given).status_code == 302
        made = Dependency.objects.get()
        assert (made.first, made.then, made.kind, made.lag_days) == (event, handover, "not_before", 14)
        listed = planner.get(reverse("admin:calendar_dependency_changelist")).content.decode()
        assert event.title in listed
        shown = planner.get(reverse("admin:calendar_dependency_change", args=[made.pk])).content.decode()
        assert handover.code in shown

    def test_says_which_name_is_none_or_more_than_one(self, planner: Any, here: Any) -> None:
        milestone = world.milestone(here, code="A")
        world.handover(here, code="A")
        given = {"transition": here.pk, "first": "A", "then": "Z", "kind": "overlap", "lag_days": 0}
        text = planner.post(reverse(ADD), given).content.decode()
        assert "There is more than one “A”: write “milestone A” or “handover A”." in text
        assert "There is nothing called “Z”" in text
        planner.post(reverse(ADD), given | {"first": "milestone A", "then": "Handover A"})
        assert Dependency.objects.get().first == milestone

    def test_finds_nothing_that_is_elsewhere_or_marked(self, planner: Any, here: Any) -> None:
        then = world.milestone(here)
        elsewhere = world.milestone(world.transition("under_way"))
        given = {"transition": here.pk, "first": elsewhere.code, "then": then.code, "kind": "overlap", "lag_days": 0}
        assert "There is nothing called" in planner.post(reverse(ADD), given).content.decode()
        assert not Dependency.objects.exists()
