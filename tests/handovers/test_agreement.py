"""What is agreed: words and scope in versions. A change after the offer voids it, and both sides hear what is void."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import world
from tests.rebuild import assert_rebuilt
from transitions.access.permissions import Role
from transitions.handovers.agreement import accept, accept_on_paper, change_agreed, write_text
from transitions.handovers.conditions import Asked, mark_met
from transitions.handovers.models import Acceptance, Condition, Handover, PackageTemplateItem
from transitions.handovers.recipients import change_recipient
from transitions.handovers.suspension import suspend_in_scope
from transitions.missions.models import Area
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.workflow.engine import Blocked, Fact, StepRefused, take
from transitions.workflow.models import Evidence, StateChange

NOW, TODAY = world.NOW, world.NOW.date()
VEHICLES = Asked("Two vehicles are there", TODAY)


@pytest.fixture
def area(two_sides: SimpleNamespace) -> Area:
    return Area.objects.create(transition=two_sides.here, code="north", name="North")


@pytest.fixture
def accepted(two_sides: SimpleNamespace, offered: Handover) -> Handover:
    accept(offered, by=two_sides.recipient, now=NOW, conditions=[VEHICLES])
    return offered


class TestAChangeOfScope:
    @pytest.mark.parametrize("change", ["area", "part", "track", "agreed_use"])
    def test_voids_what_was_accepted(
        self, two_sides: SimpleNamespace, accepted: Handover, area: Area, change: str
    ) -> None:
        wanted: dict[str, Any] = {"area": area, "part": "the registry", "track": "records", "agreed_use": "a school"}
        written = change_agreed(accepted, **{change: wanted[change]}, by=two_sides.planner, now=NOW)
        assert (written.number, written.text) == (2, "The courts of three towns.")
        assert getattr(written, change) == wanted[change]
        accepted.refresh_from_db()
        assert (accepted.state, getattr(accepted, change)) == ("preparing", wanted[change])
        assert f"changed: {change.replace('_', ' ')}; what was accepted is void: version 1" in last(accepted).reason
        assert_rebuilt()

    def test_tells_both_sides_what_is_void(self, two_sides: SimpleNamespace, accepted: Handover, mail: Any) -> None:
        Handover.objects.update(owner=two_sides.other)
        Message.objects.all().delete()
        change_agreed(accepted, part="the registry", by=two_sides.planner, now=NOW, reason="the rest stays here")
        deliver(now=NOW)
        letters = {letter.rcpt_tos[0]: letter.content.decode() for letter in mail.letters}
        ours, theirs = (two_sides.planner, two_sides.other), (two_sides.theirs.head, two_sides.recipient)
        assert letters.keys() == {person.email for person in (*ours, *theirs)}  # whoever changed it has the notice, too
        for text in letters.values():
            assert "the rest stays here; what was accepted is void: version 1 of the text" in text.replace("\n", " ")
            subject = text.partition("Subject:")[2].partition("\nDate")[0].replace("\r\n", "")
            assert "is preparing, the acceptance is void" in subject

    def test_of_an_offer_takes_the_offer_back(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        change_agreed(offered, part="the registry", by=two_sides.planner, now=NOW)
        offered.refresh_from_db()
        assert offered.state == "preparing"
        assert "what was offered is void: version 1" in last(offered).reason

    def test_before_the_offer_is_a_version_and_no_step(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        change_agreed(handover, text="Words", part="the registry", by=two_sides.planner, now=NOW)
        handover.refresh_from_db()
        assert (handover.state, handover.version, handover.part) == ("proposed", 1, "the registry")

    def test_of_the_use_is_dated_like_the_recipient(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        change_agreed(accepted, agreed_use="a school", by=two_sides.planner, now=NOW)
        assert accepted.recipient_changes.last().agreed_use == "a school"
        change_recipient(accepted, kind="country_team", office=two_sides.theirs, agreed_use="a clinic",
                         by=two_sides.planner, now=NOW, reason="asked for")  # fmt: skip
        assert accepted.texts.last().agreed_use == "a clinic"

    def test_is_the_handing_over_side_s(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        with pytest.raises(PermissionDenied):
            change_agreed(accepted, part="the registry", by=two_sides.recipient, now=NOW)

    @pytest.mark.parametrize("given", [{}, {"part": ""}, {"text": " "}, {"text": "The courts of three towns."}])
    def test_must_change_something(self, two_sides: SimpleNamespace, accepted: Handover, given: Any) -> None:
        with pytest.raises(ValidationError):
            change_agreed(accepted, **given, by=two_sides.planner, now=NOW)
        accepted.refresh_from_db()
        assert (accepted.state, accepted.texts.count()) == ("accepted", 1)

    def test_from_a_stale_page_is_refused(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        with pytest.raises(StepRefused, match="open it again"):
            change_agreed(accepted, part="x", by=two_sides.planner, now=NOW, version=accepted.version - 1)

    def test_of_another_transition_s_area_is_refused(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        other = world.transition()
        elsewhere = Area.objects.create(transition=other, code="south", name="South")
        with pytest.raises(ValidationError):
            change_agreed(accepted, area=elsewhere, by=two_sides.planner, now=NOW)
        assert accepted.texts.count() == 1


class TestWhatWasHandedOver:
    @pytest.mark.parametrize("state", ["transferred", "completed", "lapsed", "ended"])
    def test_keeps_its_text(self, two_sides: SimpleNamespace, accepted: Handover, state: str) -> None:
        Handover.objects.update(state=state)
        with pytest.raises(StepRefused, match="stays as it is"):
            write_text(accepted, "Other words", by=two_sides.planner, now=NOW)
        with pytest.raises(StepRefused):
            change_agreed(accepted, part="x", by=two_sides.planner, now=NOW)
        assert accepted.texts.count() == 1


class TestAnotherRecipient:
    def test_voids_what_was_accepted_and_says_so(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        change_recipient(accepted, kind="community", name="the town", by=two_sides.planner, now=NOW, reason="decree")
        assert "decree; what was accepted is void: version 1" in last(accepted).reason
        assert Condition.objects.get().void_on == TODAY

    def test_recorded_late_and_overtaken_changes_nothing(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        late = Fact("letter", holds_from=TODAY.replace(month=9))
        change_recipient(accepted, kind="community", name="the town", by=two_sides.planner, now=NOW, reason="x",
                         fact=late)  # fmt: skip
        accepted.refresh_from_db()
        assert (accepted.state, accepted.recipient_office) == ("accepted", two_sides.theirs)
        assert accepted.recipient_changes.count() == 2
        assert_rebuilt()

    def test_asks_for_the_package_of_its_kind(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        accepted.package.all().delete()
        PackageTemplateItem.objects.get_or_create(recipient_kind="community", title="Contacts")
        change_recipient(accepted, kind="community", name="the town", by=two_sides.planner, now=NOW, reason="x")
        assert accepted.package.filter(title="Contacts", provided_on=None).exists()


class TestConditions:
    def test_come_with_the_acceptance_in_one(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        change = accept(offered, by=two_sides.recipient, now=NOW, conditions=[VEHICLES])
        assert change.step == "accept_with_conditions"
        given = Acceptance.objects.get()
        assert [one.sentence for one in given.conditions.all()] == ["Two vehicles are there"]
        assert change.reason == f"on condition of “Two vehicles are there” by {VEHICLES.due_on}"

    @pytest.mark.parametrize("wrong", ["nothing", "an office of another transition", "due before it"])
    def test_that_are_wrong_leave_no_acceptance(
        self, two_sides: SimpleNamespace, offered: Handover, wrong: str
    ) -> None:
        office = world.office(world.transition())
        asked = {
            "nothing": Asked(" ", TODAY),
            "an office of another transition": Asked("Vehicles", TODAY, owner_office=office),
            "due before it": Asked("Vehicles", TODAY - timedelta(days=1)),
        }[wrong]
        with pytest.raises(ValidationError):
            accept(offered, by=two_sides.recipient, now=NOW, conditions=[VEHICLES, asked])
        assert not Acceptance.objects.exists()
        assert not Condition.objects.exists()

    def test_go_with_the_acceptance_that_they_came_with(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        write_text(accepted, "Two towns", by=two_sides.planner, now=NOW)
        condition = Condition.objects.get()
        assert (condition.void_on, condition.owed_on) == (TODAY, None)
        with pytest.raises(StepRefused, match="is void"):
            mark_met(condition, by=two_sides.recipient, now=NOW, source="x")
        take(accepted, "offer", by=two_sides.planner, now=NOW)
        with pytest.raises(Blocked):
            accept(accepted, by=two_sides.recipient, now=NOW, with_conditions=True)  # the void ones are none
        accept(accepted, by=two_sides.recipient, now=NOW)
        take(accepted, "transfer", by=two_sides.planner, now=NOW)

    def test_go_with_a_suspension(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        suspend_in_scope(two_sides.here, by=two_sides.head, now=NOW, reason="decree")
        assert Condition.objects.get().void_on == TODAY

    def test_that_are_part_of_the_offer_stay(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        Condition.objects.create(handover=accepted, sentence="The keys", due_on=TODAY)
        write_text(accepted, "Two towns", by=two_sides.planner, now=NOW)
        assert Condition.objects.get(sentence="The keys").void_on is None

    def test_hold_the_transfer_until_they_are_met(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        with pytest.raises(Blocked):
            take(accepted, "transfer", by=two_sides.planner, now=NOW)
        mark_met(Condition.objects.get(), by=two_sides.recipient, now=NOW, source="delivery note")
        take(accepted, "transfer", by=two_sides.planner, now=NOW)
        assert_rebuilt()

    def test_are_met_on_the_word_of_their_owner_a_planner_or_the_recipient(
        self, two_sides: SimpleNamespace, accepted: Handover
    ) -> None:
        condition = Condition.objects.get()
        owner = world.person(Role.MISSION_SUPPORT, two_sides.here)
        for by in (owner, two_sides.elsewhere, two_sides.head):
            with pytest.raises(PermissionDenied):
                mark_met(condition, by=by, now=NOW, source="x")
        Condition.objects.update(owner=owner)
        answers = [owner, two_sides.recipient, two_sides.planner, world.person(Role.PROVIDER, two_sides.here)]
        with pytest.raises(PermissionDenied):
            mark_met(condition, by=answers.pop(), now=NOW, source="x")
        for number, by in enumerate(answers):
            mark_met(condition, met=number % 2 == 0, by=by, now=NOW, source="x")
        condition.refresh_from_db()
        assert (condition.met_on, condition.answers.count()) == (TODAY, 3)
        assert_rebuilt()

    def test_are_met_on_the_word_of_a_source_and_once(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        condition = Condition.objects.get()
        with pytest.raises(ValidationError):
            mark_met(condition, by=two_sides.planner, now=NOW, source=" ")
        mark_met(condition, by=two_sides.planner, now=NOW, source="note", fact=Fact("note", TODAY.replace(month=9)))
        assert condition.met_on == TODAY.replace(month=9)
        with pytest.raises(StepRefused, match="already"):
            mark_met(condition, by=two_sides.planner, now=NOW, source="note")


class TestOnPaper:
    def test_may_be_a_file_that_is_kept_with_its_sum(
        self, two_sides: SimpleNamespace, offered: Handover, settings: Any, tmp_path: Any
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        coordinator = world.person(Role.RESIDENT_COORDINATOR, two_sides.here)
        paper = SimpleUploadedFile("act.pdf", b"signed")
        accept_on_paper(offered, signatory="The minister", signed_on=TODAY, file=paper, by=coordinator, now=NOW,
                        conditions=[VEHICLES])  # fmt: skip
        given = Acceptance.objects.get()
        assert given.evidence == Evidence.objects.about(offered).get()
        assert len(given.evidence.sha256) == 64
        assert offered.state == "accepted"
        assert given.conditions.count() == 1

    def test_is_neither_without_file_nor_without_reference(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        with pytest.raises(ValidationError):
            accept_on_paper(offered, signatory="The minister", signed_on=TODAY, by=two_sides.head, now=NOW)
        assert not Acceptance.objects.exists()

    def test_may_itself_be_a_fact_that_is_recorded_late(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        early = Fact("report", holds_from=TODAY.replace(month=9))
        change = accept_on_paper(offered, signatory="The minister", signed_on=early.holds_from, reference="1",
                                 by=two_sides.head, now=NOW, fact=early)  # fmt: skip
        assert change.holds_from == early.holds_from


def last(handover: Handover) -> StateChange:
    found: StateChange = StateChange.objects.about(handover).order_by("-version")[0]
    return found
