from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import world
from transitions.access.permissions import Role
from transitions.handovers.agreement import accept, accept_on_paper, write_text
from transitions.handovers.conditions import mark_met
from transitions.handovers.incidents import record_incident
from transitions.handovers.models import (
    Acceptance,
    Condition,
    Dimension,
    FollowUp,
    Handover,
    Incident,
    Level,
    MandatedTask,
    PackageItem,
    PackageTemplateItem,
    RecipientKind,
    Site,
)
from transitions.handovers.recipients import assess, change_recipient, propose, weakest
from transitions.outbox.models import Message
from transitions.workflow.engine import Blocked, Fact, Override, StepRefused, available, take

NOW, TODAY = world.NOW, world.NOW.date()


def blockers(refused: Any) -> list[str]:
    return [blocker.code for blocker in refused.value.blockers]


class TestOffer:
    def test_needs_recipient_text_package_and_a_look_at_the_recipient(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        take(handover, "prepare", by=two_sides.planner, now=NOW)
        handover.package.all().delete()
        PackageItem.objects.create(handover=handover, title="Maps")
        Handover.objects.filter(pk=handover.pk).update(recipient_kind="")
        with pytest.raises(Blocked) as refused:
            take(handover, "offer", by=two_sides.planner, now=NOW)
        assert blockers(refused) == ["no_recipient", "no_text", "package_item_missing", "recipient_not_assessed"]

    def test_without_a_look_at_the_recipient_is_the_head_of_mission_s_to_override(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        take(handover, "prepare", by=two_sides.planner, now=NOW)
        handover.package.update(not_needed_because="there is none")
        write_text(handover, "Words", by=two_sides.planner, now=NOW)
        with pytest.raises(Blocked):
            take(handover, "offer", by=two_sides.planner, now=NOW, despite=Override("now"))
        take(handover, "offer", by=two_sides.head, now=NOW, despite=Override("now"))
        assert Message.objects.filter(recipient=two_sides.desk).exists()

    def test_package_comes_from_the_template_of_the_recipient_s_kind(self, two_sides: SimpleNamespace) -> None:
        PackageTemplateItem.objects.all().delete()
        PackageTemplateItem.objects.create(recipient_kind=RecipientKind.COMMUNITY, title="Contacts")
        PackageTemplateItem.objects.create(recipient_kind=RecipientKind.NATIONAL, title="Case files")
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Base")
        fields = {"transition": two_sides.here, "site": site, "recipient_kind": RecipientKind.COMMUNITY}
        [made] = propose([Handover(code="H-9", recipient="the town", **fields)], by=two_sides.planner, now=NOW)
        assert [item.title for item in made.package.all()] == ["Contacts"]


class TestAccept:
    def test_is_for_the_recipient_s_own_office(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        for by in (two_sides.planner, two_sides.other, two_sides.elsewhere, two_sides.head):
            with pytest.raises(PermissionDenied):
                accept(offered, by=by, now=NOW)
        assert not Acceptance.objects.exists()
        accept(offered, by=two_sides.recipient, now=NOW)
        assert offered.state == "accepted"

    def test_by_who_may_record_facts_needs_the_recipient_s_answer(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        with pytest.raises(Blocked) as refused:
            take(offered, "accept", by=two_sides.other, now=NOW)
        assert blockers(refused) == ["no_acceptance"]

    def test_is_never_the_offerer_s_even_with_a_post_on_both_sides(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        world.grant(two_sides.planner, Role.UNCT_FOCAL_POINT, two_sides.here, at=two_sides.theirs)
        with pytest.raises(Blocked) as refused:
            accept(offered, by=two_sides.planner, now=NOW)
        assert blockers(refused) == ["offerer_answers"]
        assert not Acceptance.objects.exists()

    def test_without_an_answer_of_the_recipient_is_blocked(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        with pytest.raises(Blocked) as refused:
            take(offered, "accept", by=two_sides.elsewhere, now=NOW)
        assert blockers(refused) == ["no_acceptance"]

    def test_as_a_plain_step_is_an_answer_too(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        steps = {step.name: blocked for step, blocked in available(offered, by=two_sides.recipient, now=NOW)}
        assert steps["accept"] == []
        take(offered, "accept", by=two_sides.recipient, now=NOW)
        given = Acceptance.objects.get()
        assert (given.recorded_by, given.text.number, given.on_paper) == (two_sides.recipient, 1, False)

    def test_needs_a_post_that_answers_in_that_office(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        world.grant(two_sides.elsewhere, Role.PROVIDER, two_sides.here, at=two_sides.theirs)
        with pytest.raises(PermissionDenied):
            accept(offered, by=two_sides.elsewhere, now=NOW)

    def test_twice_has_one_effect(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        accept(offered, by=two_sides.recipient, now=NOW, version=3)
        with pytest.raises(StepRefused):
            accept(offered, by=two_sides.recipient, now=NOW, version=3)
        assert Acceptance.objects.count() == 1

    def test_with_conditions_needs_one(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        with pytest.raises(Blocked) as refused:
            accept(offered, by=two_sides.recipient, now=NOW, with_conditions=True)
        assert blockers(refused) == ["no_condition"]

    def test_refusing_needs_a_reason_and_is_the_recipient_s(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        with pytest.raises(PermissionDenied):
            take(offered, "refuse", by=two_sides.planner, now=NOW, reason="no")
        with pytest.raises(Blocked) as refused:
            take(offered, "refuse", by=two_sides.elsewhere, now=NOW, reason="no")
        assert blockers(refused) == ["not_the_recipient"]
        take(offered, "refuse", by=two_sides.recipient, now=NOW, reason="no staff")


class TestOnPaper:
    def paper(self, offered: Handover, by: Any, **more: Any) -> Any:
        given = {"signatory": "The minister", "signed_on": TODAY, "reference": "MoJ/1"} | more
        return accept_on_paper(offered, by=by, now=NOW, **given)

    def test_is_entered_by_somebody_else_than_the_offerer(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        for by in (two_sides.planner, two_sides.elsewhere):
            with pytest.raises(PermissionDenied):
                self.paper(offered, by)
        self.paper(offered, two_sides.other)
        assert "on paper" in str(Acceptance.objects.get())

    @pytest.mark.parametrize("wrong", [{"signatory": ""}, {"reference": ""}, {"signed_on": TODAY + timedelta(days=1)}])
    def test_has_signatory_reference_and_a_day_that_has_come(
        self, two_sides: SimpleNamespace, offered: Handover, wrong: Any
    ) -> None:
        with pytest.raises(ValidationError):
            self.paper(offered, two_sides.other, **wrong)
        offered.refresh_from_db()
        assert offered.state == "offered"


class TestANewWord:
    def test_voids_what_was_accepted_and_tells_both_sides(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        write_text(offered, "The courts of two towns.", by=two_sides.planner, now=NOW)
        assert offered.state == "preparing"
        told = Message.objects.filter(kind="workflow.step_taken", recipient=two_sides.theirs.head)
        assert told.filter(payload__change=offered_change(offered)).exists()
        take(offered, "offer", by=two_sides.planner, now=NOW)
        assert not offered.acceptances.filter(handover_version=offered.version).exists()
        accept(offered, by=two_sides.recipient, now=NOW)
        assert offered.acceptances.last().text.number == 2

    def test_is_the_handing_over_side_s(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        with pytest.raises(PermissionDenied):
            write_text(offered, "Other", by=two_sides.recipient, now=NOW)
        with pytest.raises(ValidationError):
            write_text(offered, "The courts of three towns.", by=two_sides.planner, now=NOW)


def offered_change(handover: Handover) -> int:
    from transitions.workflow.models import StateChange

    return int(StateChange.objects.about(handover).get(step="reword").pk)


class TestTransfer:
    def test_waits_for_the_conditions(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        condition = Condition.objects.create(handover=offered, sentence="Two vehicles", due_on=TODAY)
        accept(offered, by=two_sides.recipient, now=NOW, with_conditions=True)
        with pytest.raises(Blocked) as refused:
            take(offered, "transfer", by=two_sides.planner, now=NOW)
        assert blockers(refused) == ["condition_not_met"]
        mark_met(condition, by=two_sides.planner, now=NOW, source="delivery note")
        take(offered, "transfer", by=two_sides.planner, now=NOW)

    def test_makes_follow_ups_from_the_day_on_which_it_holds(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        for step in ("prepare", "offer", "accept", "transfer"):
            by = two_sides.head if step != "prepare" else two_sides.planner
            world.grant(by, Role.RESIDENT_COORDINATOR, two_sides.here)
            world.grant(by, Role.PLANNER, two_sides.here)
            take(handover, step, by=by, now=NOW, despite=Fact("note", holds_from=date(2020, 9, 1)))
        days = {check.days: check.due_on for check in FollowUp.objects.all()}
        assert days == {30: date(2020, 10, 1), 90: date(2020, 11, 30), 180: date(2021, 2, 28)}


class TestRecipient:
    def test_changes_back_to_preparing_with_headquarters_told(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        change_recipient(offered, kind="community", name="the town", by=two_sides.planner, now=NOW, reason="decree")
        offered.refresh_from_db()
        assert (offered.state, offered.recipient) == ("preparing", "the town")
        assert Message.objects.filter(recipient=two_sides.desk).exists()
        assert offered.recipient_changes.count() == 2

    def test_after_the_transfer_is_a_fact_and_the_state_stays(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        change_recipient(offered, kind="national_government", name="the army", by=two_sides.planner, now=NOW,
                         reason="decree 102", agreed_use="barracks")  # fmt: skip
        offered.refresh_from_db()
        assert (offered.state, offered.agreed_use) == ("transferred", "barracks")

    def test_step_alone_changes_nothing(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        with pytest.raises(Blocked) as refused:
            take(offered, "change_recipient", by=two_sides.planner, now=NOW, reason="x")
        assert blockers(refused) == ["same_recipient"]

    def test_is_not_changed_by_having_been_named_when_it_was_proposed(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        with pytest.raises(Blocked) as refused:
            take(handover, "change_recipient", by=two_sides.planner, now=NOW, reason="x")
        assert blockers(refused) == ["same_recipient"]


class TestReadiness:
    def test_is_the_weakest_and_unknown_while_one_was_never_looked_at(self) -> None:
        ready = dict.fromkeys(Dimension.values, Level.READY)
        assert weakest({}) is None
        assert weakest(ready) == Level.READY
        assert weakest(ready | {"money": Level.PARTLY}) == Level.PARTLY
        assert weakest({"money": Level.NOT_READY}) == Level.NOT_READY
        assert weakest({key: level for key, level in ready.items() if key != "skills"}) is None

    def test_only_money_has_an_until(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        with pytest.raises(ValidationError):
            assess(handover, Dimension.STAFF, Level.READY, evidence="x", by=two_sides.planner, now=NOW,
                   money_until=TODAY)  # fmt: skip


class TestIncident:
    def test_tells_the_heads_and_stops_nothing(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        incident = Incident(transition=two_sides.here, code="I-1", kind="looting", handover=handover, text="Looted",
                            source="press")  # fmt: skip
        record_incident(incident, by=two_sides.planner, now=NOW, happened_on=TODAY, known_from=TODAY)
        told = set(Message.objects.filter(kind="handovers.incident").values_list("recipient", flat=True))
        assert {two_sides.head.pk, two_sides.desk.pk} <= told
        handover.refresh_from_db()
        assert handover.state == "proposed"

    @pytest.mark.parametrize("wrong", [{"source": " "}, {"handover": None}])
    def test_has_a_source_and_is_about_something(
        self, two_sides: SimpleNamespace, handover: Handover, wrong: Any
    ) -> None:
        given = {"transition": two_sides.here, "code": "I-1", "kind": "looting", "handover": handover, "text": "x",
                 "source": "press"} | wrong  # fmt: skip
        with pytest.raises(ValidationError):
            record_incident(Incident(**given), by=two_sides.planner, now=NOW, happened_on=TODAY, known_from=TODAY)
        assert not Incident.objects.exists()


class TestTheTransition:
    def test_s_plan_waits_for_recipients_and_its_cessation_for_owners(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        MandatedTask.objects.create(transition=two_sides.here, code="T-0", title="Radio")
        with pytest.raises(Blocked) as refused:
            take(two_sides.here, "cease_operations", by=two_sides.head, now=NOW)
        assert sorted(blockers(refused)) == ["handover_open", "task_open"]
        world.grant(two_sides.head, Role.HEADQUARTERS_DESK, two_sides.here)
        change = take(two_sides.here, "cease_operations", by=two_sides.head, now=NOW, despite=Fact("S/RES/1", TODAY))
        assert change.open_items.count() == 2
