"""What stands in a calendar feed of a handover: its day, its answer, conditions, follow-ups, and whose they are."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests import world
from tests.calendar.feeds import seen_by, uid
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept
from transitions.handovers.models import Condition, FollowUp, Handover, MandatedTask
from transitions.handovers.plans import plan
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
NOW, TODAY, DUE = world.NOW, world.TODAY, date(2020, 12, 1)


@pytest.fixture(autouse=True)
def clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW)


class TestAHandover:
    def test_is_the_same_event_on_its_new_day(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        by = two_sides.planner
        plan(handover, planned_on=DUE, by=by, now=NOW, reason="agreed")
        was = seen_by(by, two_sides.here)[uid(handover)]
        plan(handover, planned_on=DUE + timedelta(days=30), by=by, now=NOW, reason="the rains")
        becomes = seen_by(by, two_sides.here)[uid(handover)]
        assert becomes["SEQUENCE"] > was["SEQUENCE"]
        assert becomes["DTSTART"].dt == DUE + timedelta(days=30)
        assert str(becomes["UID"]) == str(was["UID"])

    def test_is_cancelled_when_it_ends_without_one(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        by = two_sides.planner
        plan(handover, planned_on=DUE, by=by, now=NOW, reason="agreed")
        take(handover, "end_without_handover", by=by, now=NOW, reason="the task has ended")
        assert str(seen_by(by, two_sides.here)[uid(handover)]["STATUS"]) == "CANCELLED"

    def test_is_both_sides_own_and_no_other_office_s(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        plan(handover, planned_on=DUE, by=two_sides.planner, now=NOW, reason="agreed")
        Handover.objects.update(owner=two_sides.planner)
        for user, sees in ((two_sides.planner, True), (two_sides.recipient, True), (two_sides.elsewhere, False)):
            assert (uid(handover) in seen_by(user)) == sees
            assert uid(handover) in seen_by(user, two_sides.here)

    def test_that_is_marked_hides_the_words_of_all_that_belongs_to_it(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        Condition.objects.create(handover=offered, sentence="Pay the informants", due_on=DUE)
        Handover.objects.update(marking="confidential")
        MandatedTask.objects.update(marking="confidential")
        found = seen_by(two_sides.planner, two_sides.here)
        assert {event["SUMMARY"] for event in found.values()} == {offered.code}
        assert all(str(event["DESCRIPTION"]) == str(event["URL"]) for event in found.values())
        assert len(found) == 2


class TestWhatIsOwed:
    def test_of_an_offer_is_its_answer(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        [answer] = [event for key, event in seen_by(two_sides.recipient).items() if key.startswith("handovers.answer")]
        offered.refresh_from_db()
        assert answer["DTSTART"].dt == offered.answer_due_on
        assert str(answer["SUMMARY"]) == f"Answer to the offer: {offered}"
        assert [alarm["TRIGGER"].dt.days for alarm in answer.walk("VALARM")] == [-3]
        accept(offered, by=two_sides.recipient, now=NOW)
        assert not any(key.startswith("handovers.answer") for key in seen_by(two_sides.recipient))

    def test_of_a_condition_is_its_owner_s_until_it_is_met_and_cancelled_when_void(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        office = world.office(two_sides.here)
        user = world.person("provider", two_sides.here, at=office)
        one = Condition.objects.create(handover=offered, sentence="Fuel", due_on=DUE, owner_office=office)
        assert "Fuel" in str(seen_by(user)[uid(one)]["DESCRIPTION"])
        assert uid(one) not in seen_by(two_sides.elsewhere)
        Condition.objects.update(void_on=TODAY)
        void = seen_by(user)[uid(one)]
        assert (str(void["STATUS"]), void["SEQUENCE"]) == ("CANCELLED", 1)
        Condition.objects.update(void_on=TODAY - timedelta(days=91))
        assert uid(one) not in seen_by(user)

    def test_after_a_transfer_is_each_follow_up(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        found = seen_by(two_sides.recipient)
        checks = list(FollowUp.objects.all())
        assert {uid(check) for check in checks} == set(found)
        assert {found[uid(check)]["DTSTART"].dt for check in checks} == {check.due_on for check in checks}

    def test_of_a_task_without_recipient_is_to_name_one(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        given = {"transition": two_sides.here, "naming_due_on": DUE, "naming_owner": two_sides.planner}
        unnamed = MandatedTask.objects.create(code="T-U", title="Radio", **given)
        MandatedTask.objects.filter(pk=handover.task_id).update(naming_due_on=DUE, naming_owner=two_sides.planner)
        found = [key for key in seen_by(two_sides.planner) if key.startswith("handovers.naming")]
        assert found == [f"handovers.naming-{unnamed.pk}"]
