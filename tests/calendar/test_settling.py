"""Resolution day: what an instrument has touched is settled item by item, and the list closes itself."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import world
from tests.filled import filled
from tests.resolution import DECEMBER, LATER, NOW, OCTOBER, handover, how, latest, recorded, row
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.calendar.models import AffectedItem, Kept, Redating
from transitions.calendar.resolution_lists import lists_of
from transitions.calendar.settling import DROP, KEEP, REDATE, Choice, settle
from transitions.handovers.models import HandoverPlan, Site
from transitions.handovers.plans import plan
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, MandateInstrument
from transitions.workflow.engine import Fact, take
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Any:
    """The mandate's end was in October; it moves to December: three milestones and two handovers lie after it."""
    it = world.transition("under_way")
    recorded(it, date(2019, 10, 31), OCTOBER)
    for code, month in (("M-9", 9), ("M-11", 11), ("M-12", 12)):
        world.milestone(it, code=code, due_on=date(2020, month, 15))
    world.milestone(it, code="R-1", due_on=date(2020, 12, 1), kind="report")
    handover(it, "H-1")
    handover(it, "H-2", site=filled(Site, it, name="Nyala"))
    recorded(it, world.TODAY, DECEMBER)
    return it


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


def chosen(here: Any, code: str, how: str, reason: str = "as agreed", **more: Any) -> Choice:
    return Choice(row(here, code).item, how, reason, **more)


class TestAList:
    def test_has_what_every_room_has_open_by_its_sort(self, here: Any) -> None:
        assert {row.code: row.sort for row in latest(here).rows} == {
            "M-11": "Milestones", "M-12": "Milestones", "R-1": "Reports due", "H-1": "Handovers of tasks",
            "H-2": "Handovers of sites",
        }  # fmt: skip
        assert set(how(here).values()) == {"open"}

    def test_says_which_end_moves_from_when_to_when_and_on_which_basis(self, here: Any) -> None:
        [move] = latest(here).moves
        assert str(move) == "mandate expiry from 2020-10-31 to 2020-12-31, expires unless renewed"
        assert move.days == 61

    def test_has_moved_nothing(self, here: Any) -> None:
        assert Redating.objects.count() == 4
        assert HandoverPlan.objects.count() == 2

    def test_is_never_altered(self, here: Any) -> None:
        item = AffectedItem.objects.first()
        with pytest.raises(Exception, match="append_only"):
            AffectedItem.objects.filter(pk=item.pk).update(day=LATER)

    def test_takes_the_same_queries_whatever_it_holds(self, here: Any, django_assert_max_num_queries: Any) -> None:
        counts = []
        for more in (1, 12):
            for number in range(more):
                owner = world.person(Role.PROVIDER, here)
                world.milestone(here, due_on=LATER, owner=owner, owner_office=world.office(here, head=owner))
                handover(here, f"H-{more}-{number}")
            recorded(here, world.TODAY - timedelta(days=20 - more), DECEMBER + timedelta(days=more))
            with django_assert_max_num_queries(30) as asked:
                found = lists_of(here, user=world.founder(), now=NOW)
                assert [line.owner for one in found for line in one.rows if line.drop]
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestSettled:
    def test_is_what_got_another_day_since(self, here: Any, planner: Any) -> None:
        redate(here.milestones.get(code="M-11"), LATER, by=planner, now=NOW, reason="x")
        plan(here.handovers.get(code="H-1"), planned_on=LATER, by=planner, now=NOW, reason="x")
        assert {code for code, way in how(here).items() if way == "re-dated"} == {"M-11", "H-1"}

    def test_stays_so_when_it_comes_back_to_its_day(self, here: Any, planner: Any) -> None:
        item = here.milestones.get(code="M-11")
        redate(item, LATER, by=planner, now=NOW, reason="x")
        redate(item, date(2020, 11, 15), by=planner, now=NOW + timedelta(days=9), reason="y")
        assert how(here)["M-11"] == "re-dated"

    def test_is_not_what_moved_before_the_instrument_came(self, here: Any, planner: Any) -> None:
        early = Fact("letter of August", date(2020, 8, 1))
        redate(here.milestones.get(code="M-11"), LATER, by=planner, now=NOW, reason="x", fact=early)
        assert how(here)["M-11"] == "open"

    def test_is_not_what_only_got_another_residual_owner(self, here: Any, planner: Any) -> None:
        plan(here.handovers.get(code="H-1"), residual_office=world.office(here), by=planner, now=NOW, reason="x")
        assert how(here)["H-1"] == "open"

    def test_is_what_was_dropped_or_finished_as_long_as_it_is(self, here: Any, planner: Any) -> None:
        item = here.milestones.get(code="M-11")
        take(item, "drop", by=planner, now=NOW, reason="x")
        take(here.milestones.get(code="M-12"), "finish", by=planner, now=NOW)
        take(here.handovers.get(code="H-2"), "end_without_handover", by=planner, now=NOW, reason="x")
        assert [how(here)[code] for code in ("M-11", "M-12", "H-2")] == ["dropped", "finished", "dropped"]
        take(item, "reopen", by=planner, now=NOW)
        assert how(here)["M-11"] == "open"

    def test_is_what_a_later_list_has_taken_over(self, here: Any) -> None:
        recorded(here, world.TODAY - timedelta(days=1), OCTOBER + timedelta(days=1))  # late, and overtaken already
        with_mandate = lists_of(here, user=world.founder(), now=NOW)
        assert len(with_mandate) == 1
        extended = record_instrument(
            MandateInstrument(mission=here.mission, symbol="S/NEXT", body="Council", adopted_on=world.TODAY),
            [Effect(kind="mandate_expiry", date=LATER, basis="fixed")], by=world.founder(), now=NOW, source="a source",
        )  # fmt: skip
        new, old = lists_of(here, user=world.founder(), now=NOW)
        assert new.instrument == extended
        assert {row.how for row in old.rows} == {"taken over"}
        assert {row.code for row in new.open} == {row.code for row in old.rows}
        assert (old.closed, new.closed) == (True, False)


class TestSettle:
    def test_settles_each_in_its_own_way_and_closes_the_list(self, here: Any, planner: Any) -> None:
        choices = [
            chosen(here, "M-11", REDATE, day=LATER), chosen(here, "H-1", REDATE, day=LATER),
            chosen(here, "M-12", KEEP, "it does not hang on the end"), chosen(here, "R-1", DROP),
            chosen(here, "H-2", DROP),
        ]  # fmt: skip
        assert settle(here, choices, by=planner, now=NOW) == 5
        found = latest(here)
        assert found.by_way == {"re-dated": 2, "kept": 1, "dropped": 2}
        assert found.closed
        assert here.milestones.get(code="M-11").due_on == here.handovers.get(code="H-1").planned_on == LATER
        assert here.milestones.get(code="M-12").due_on == date(2020, 12, 15)
        assert (row(here, "M-12").why, row(here, "M-12").by) == ("it does not hang on the end", planner)
        assert here.handovers.get(code="H-2").state == "ended"

    @pytest.mark.parametrize(
        ("code", "choice", "why"),
        [
            ("M-12", {"how": KEEP, "reason": " "}, "Say why"),
            ("M-12", {"how": REDATE}, "Give the new day"),
            ("M-12", {"how": REDATE, "day": date(2020, 12, 15)}, "that day already"),
            ("H-2", {"how": REDATE, "day": LATER, "version": 7}, "changed since"),
            ("M-12", {"how": "shrug"}, "Choose"),
        ],
    )
    def test_settles_all_or_none_and_names_the_row_with_its_reason(
        self, here: Any, planner: Any, code: str, choice: dict[str, Any], why: str
    ) -> None:
        good = [chosen(here, "M-11", REDATE, day=LATER), chosen(here, "R-1", DROP), chosen(here, "H-1", KEEP)]
        with pytest.raises(ValidationError) as refused:
            settle(here, [*good, chosen(here, code, **choice)], by=planner, now=NOW)
        [(field, [sentence])] = refused.value.message_dict.items()
        assert field == f"item-{row(here, code).pk}"
        assert sentence.startswith(str(row(here, code).thing))
        assert why in sentence
        assert set(how(here).values()) == {"open"}
        assert not Kept.objects.exists()

    def test_names_what_the_room_of_the_thing_refuses(self, here: Any, planner: Any) -> None:
        take(here.handovers.get(code="H-1"), "prepare", by=planner, now=NOW)
        far = chosen(here, "M-12", REDATE, day=LATER)
        long = chosen(here, "M-11", REDATE, "x" * 10, day=LATER)
        take(here.milestones.get(code="R-1"), "start", by=planner, now=NOW)
        choices = [far, long, chosen(here, "R-1", DROP, version=1)]
        with pytest.raises(ValidationError) as refused:
            settle(here, choices, by=planner, now=NOW)
        assert list(refused.value.message_dict) == [f"item-{row(here, 'R-1').pk}"]

    def test_refuses_what_somebody_else_has_settled(self, here: Any, planner: Any) -> None:
        choice = chosen(here, "M-11", KEEP)
        redate(here.milestones.get(code="M-11"), LATER, by=world.person(Role.PLANNER, here), now=NOW, reason="x")
        with pytest.raises(ValidationError, match="re-dated already"):
            settle(here, [choice], by=planner, now=NOW)

    def test_is_for_who_plans_the_item(self, here: Any) -> None:
        item = here.milestones.get(code="M-11")
        owner, pillar = world.person(Role.UNCT_FOCAL_POINT, here), world.pillar(here)
        type(item).objects.filter(pk=item.pk).update(owner=owner, pillar=pillar)
        for way, day in ((KEEP, None), (DROP, None), (REDATE, LATER)):
            with pytest.raises(PermissionDenied, match="M-11"):
                settle(here, [chosen(here, "M-11", way, day=day)], by=owner, now=NOW)
        lead = world.person(Role.PILLAR_LEAD, here, pillar=pillar)
        with pytest.raises(PermissionDenied, match="M-12"):
            settle(here, [chosen(here, "M-11", KEEP), chosen(here, "M-12", KEEP)], by=lead, now=NOW)
        assert not Kept.objects.exists()
        settle(here, [chosen(here, "M-11", KEEP)], by=lead, now=NOW)

    def test_re_dates_many_in_as_many_queries_as_few(
        self, here: Any, planner: Any, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(20):
            world.milestone(here, code=f"N-{number}", due_on=LATER)
        recorded(here, world.TODAY - timedelta(days=3), DECEMBER)  # recorded late, touches nothing
        extended = MandateInstrument(mission=here.mission, symbol="S/N", body="Council", adopted_on=world.TODAY)
        effect = Effect(kind="liquidation", date=date(2021, 1, 1), basis="fixed")
        record_instrument(extended, [effect], by=world.founder(), now=NOW, source="a source")
        choices = [chosen(here, f"N-{number}", REDATE, day=date(2021, 5, 5)) for number in range(20)]
        planner.grants_in_force(now=NOW)  # read once for each user object
        counts = []
        for batch in (choices[:2], choices[2:]):
            with django_assert_max_num_queries(40) as asked:
                settle(here, batch, by=planner, now=NOW)
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestWhoSeesFewer:
    def test_counts_their_own_and_is_told_what_else_keeps_the_list_open(self, here: Any, planner: Any) -> None:
        for code in ("M-11", "H-1"):
            thing = row(here, code).thing
            type(thing).objects.filter(pk=thing.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
        reader = world.person(Role.UNCT_FOCAL_POINT, here)
        assert (len(latest(here, reader).seen), latest(here, reader).open_unseen) == (3, 2)
        settle(here, [chosen(here, code, KEEP) for code in ("M-12", "R-1", "H-2")], by=planner, now=NOW)
        found = latest(here, reader)
        assert (found.open, found.by_way, found.closed, found.open_unseen) == ([], {"kept": 3}, False, 2)
        settle(here, [chosen(here, code, KEEP) for code in ("M-11", "H-1")], by=planner, now=NOW)
        assert latest(here, reader).closed
        assert {str(kept.item.thing) for kept in Kept.objects.visible_to(reader, now=NOW)} == {
            str(row(here, code).thing) for code in ("M-12", "R-1", "H-2")
        }
        assert AffectedItem.objects.visible_to(reader, now=NOW).count() == 3

    def test_leaves_history_as_the_rooms_write_it(self, here: Any, planner: Any) -> None:
        settle(here, [chosen(here, "R-1", DROP, "not asked for any more")], by=planner, now=NOW)
        change = StateChange.objects.about(row(here, "R-1").thing).get(step="drop")
        assert (change.by, change.reason) == (planner, "not asked for any more")
