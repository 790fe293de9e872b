from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import world
from transitions.access.permissions import Role
from transitions.calendar.models import Milestone
from transitions.missions.models import Pause
from transitions.workflow.engine import Fact, StepRefused, begin
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db
NOW = world.NOW
TODAY = NOW.date()


def as_stored(thing):
    stored = type(thing).objects.get(pk=thing.pk)
    return stored.state, stored.version


class TestBegin:
    def test_writes_the_first_row_of_history_of_each(self, here, planner):
        pauses = [Pause(transition=here, reason="Rains", asked_by="Government") for _ in range(3)]
        head = world.person(Role.HEAD_OF_MISSION, here)
        begin(pauses, by=head, now=NOW)
        changes = StateChange.objects.filter(thing_type="missions.pause", thing_id__in=[pause.pk for pause in pauses])
        assert {(row.version, row.was, row.state, row.role) for row in changes} == {
            (1, "", "in_force", Role.HEAD_OF_MISSION)
        }
        assert len(changes) == 3

    def test_costs_the_same_for_many(self, here, planner, django_assert_num_queries):
        pillar = world.pillar(here)
        planner.grants_in_force(now=NOW)
        for size in (2, 50):
            items = [Milestone(transition=here, code=f"{size}-{n}", title="x", pillar=pillar) for n in range(size)]
            with django_assert_num_queries(5):  # a savepoint and its release, the lock, two inserts
                begin(items, by=planner, now=NOW)

    @pytest.mark.parametrize("fields", [{"title": ""}, {"kind": "wish"}, {"marking": "secret"}, {"transition": None}])
    def test_names_a_wrong_field_and_inserts_nothing(self, here, planner, fields):
        good = Milestone(transition=here, code="A", title="Good")
        with pytest.raises((ValidationError, Milestone.transition.RelatedObjectDoesNotExist)):
            begin([good, Milestone(**{"transition": here, "code": "B", "title": "Bad"} | fields)], by=planner, now=NOW)
        assert not Milestone.objects.exists()

    def test_in_a_later_state_needs_a_fact(self, here, planner):
        item = Milestone(transition=here, code="A", title="Done long ago")
        with pytest.raises(StepRefused) as refused:
            begin([item], by=planner, now=NOW, state="done")
        assert refused.value.code == "wrong-state"
        begin([item], by=planner, now=NOW, state="done", source=Fact("report", date(2020, 9, 1)))
        assert as_stored(item) == ("done", 1)
        assert StateChange.objects.about(item).get().holds_from == date(2020, 9, 1)

    def test_in_a_state_that_there_is_not_is_refused(self, here, planner):
        with pytest.raises(StepRefused):
            begin([Milestone(transition=here, code="A", title="A")], by=planner, now=NOW, state="lost",
                  source=Fact("report", TODAY))  # fmt: skip

    def test_in_a_later_state_is_only_for_who_may_record_facts(self, here):
        lead = world.person(Role.PILLAR_LEAD, here)
        with pytest.raises(PermissionDenied):
            begin([Milestone(transition=here, code="A", title="A")], by=lead, now=NOW, state="done",
                  source=Fact("report", TODAY))  # fmt: skip

    def test_from_a_source_that_speaks_of_the_future_is_refused(self, here, planner):
        with pytest.raises(ValidationError) as refused:
            begin([Milestone(transition=here, code="A", title="A")], by=planner, now=NOW,
                  source=Fact("report", TODAY + timedelta(days=1)))  # fmt: skip
        assert list(refused.value.message_dict) == ["holds_from"]

    def test_of_things_of_two_transitions_is_judged_in_each(self, here, planner):
        elsewhere = world.transition("under_way")
        items = [Milestone(transition=of, code="A", title="A") for of in (here, elsewhere)]
        with pytest.raises(PermissionDenied):
            begin(items, by=planner, now=NOW)
        assert not Milestone.objects.exists()

    def test_of_nothing_is_nothing(self, planner):
        assert begin([], by=planner, now=NOW) == []
