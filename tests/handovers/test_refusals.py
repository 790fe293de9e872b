"""What must not be: each thing that a handover refuses, tried at the admin's pages and over REST, in one place.

Acceptance by who offered it, by a superuser, on a paper entered by who offered it; an edit after the acceptance; a
transfer with a condition unmet. Refused, nothing has changed, in no table; voided, both sides are told. Over REST there
is no way to write a text or to enter a paper. The rules behind it: test_handovers.py, test_agreement.py.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from knox.models import AuthToken

from tests import world
from tests.handovers.ways import assert_refused, at_the_page, in_the_admin, over_rest, path, steps, twice_at_once
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.clock import present
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept
from transitions.handovers.conditions import Asked
from transitions.handovers.models import Acceptance, Condition, FollowUp, Handover
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.workflow.models import OpenItem, StateChange

NOW, TODAY = world.NOW, world.TODAY
VEHICLES = {"sentence": "Two vehicles are there", "due_on": "2020-11-01"}
FACT = {"act": "fact", "source": "letter 7", "holds_from": "2020-09-30"}
PAPER = {"act": "paper", "signatory": "The minister", "signed_on": "2020-09-30", "reference": "MoJ/1"}
OVERRIDE = {"act": "override", "reason": "there is no time"}
ASKED = {"condition": ["Two vehicles are there"], "condition_due_on": ["2020-11-01"], "condition_office": [""]}


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW)


@pytest.fixture
def accepted(two_sides: SimpleNamespace, offered: Handover) -> Handover:
    """With a condition that is not met."""
    accept(offered, by=two_sides.recipient, now=NOW, conditions=[Asked("Two vehicles are there", TODAY)])
    return offered


@pytest.fixture
def on_both_sides(two_sides: SimpleNamespace, offered: Handover) -> User:
    """Who offered it, and who may answer for the recipient's own office as well."""
    world.grant(two_sides.planner, Role.UNCT_FOCAL_POINT, two_sides.here, at=two_sides.theirs)
    planner: User = two_sides.planner
    return planner


NOT_THEIRS = "only the recipient's own office accepts"
OFFERED_IT = "Whoever offered it cannot answer for the recipient"


class TestAcceptanceByWhoOfferedIt:
    @pytest.mark.parametrize("given", [{"step": "accept"}, {"step": "accept_with_conditions", **ASKED}])
    def test_is_refused_in_the_admin(self, two_sides: SimpleNamespace, offered: Handover, given: Any) -> None:
        assert_refused(lambda: in_the_admin(two_sides.planner, offered, **given), 403, NOT_THEIRS)

    @pytest.mark.parametrize("given", [
        {"step": "accept"}, {"step": "accept_with_conditions", "conditions": [VEHICLES]},
        {"step": "accept", "override": True, "reason": "there is no time"},
    ])  # fmt: skip
    def test_is_refused_over_rest(self, two_sides: SimpleNamespace, offered: Handover, given: Any) -> None:
        assert_refused(lambda: over_rest(two_sides.planner, offered, **given), 403, NOT_THEIRS)

    @pytest.mark.parametrize("given", [
        {"step": "accept"}, {"step": "accept_with_conditions", **ASKED}, {"step": "refuse", "reason": "no"},
        {"step": "accept", **FACT}, {"step": "refuse", **FACT}, {"step": "accept", **OVERRIDE},
    ])  # fmt: skip
    def test_is_refused_in_the_admin_with_a_post_on_both_sides(
        self, on_both_sides: User, offered: Handover, given: Any
    ) -> None:
        assert_refused(lambda: in_the_admin(on_both_sides, offered, **given), 409, OFFERED_IT)

    @pytest.mark.parametrize("given", [
        {"step": "accept"}, {"step": "accept_with_conditions", "conditions": [VEHICLES]},
        {"step": "refuse", "reason": "no"}, {"step": "accept", "override": True, "reason": "there is no time"},
    ])  # fmt: skip
    def test_is_refused_over_rest_with_a_post_on_both_sides(
        self, on_both_sides: User, offered: Handover, given: Any
    ) -> None:
        assert_refused(lambda: over_rest(on_both_sides, offered, **given), 409, OFFERED_IT)

    def test_is_not_recorded_as_a_fact_by_them_and_by_another_it_is(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        assert_refused(lambda: in_the_admin(two_sides.planner, offered, step="accept", **FACT), 409, OFFERED_IT)
        assert in_the_admin(two_sides.other, offered, step="accept", **FACT).status_code == 302
        assert OpenItem.objects.get().sentence == f"The recipient has not accepted the text of {offered}"

    def test_of_an_offer_that_was_a_fact_itself_is_history(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        """Who enters an old case from its sources made no offer."""
        for step in ("prepare", "offer", "accept"):
            assert in_the_admin(two_sides.planner, handover, step=step, **FACT).status_code == 302
        handover.refresh_from_db()
        assert handover.state == "accepted"
        assert not Acceptance.objects.exists()


class TestAcceptanceByASuperuser:
    @pytest.fixture
    def superuser(self, db: Any) -> User:
        return User.objects.create_superuser("root", "root@example.org", "pass word 1")

    def test_who_has_no_role_finds_nothing(self, superuser: User, offered: Handover) -> None:
        for given in ({"step": "accept"}, {"step": "accept", **FACT}, {"step": "accept", **OVERRIDE}, PAPER):
            assert_refused(lambda given=given: in_the_admin(superuser, offered, **given), 404, "not found")
        nothing = "There is nothing here that you may see"
        assert_refused(lambda: over_rest(superuser, offered, step="accept"), 404, nothing)

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD_OF_MISSION, Role.UNCT_FOCAL_POINT])
    def test_is_refused_as_to_everybody_of_another_office(
        self, two_sides: SimpleNamespace, superuser: User, offered: Handover, role: Role
    ) -> None:
        world.grant(superuser, role, two_sides.here)
        assert_refused(lambda: in_the_admin(superuser, offered, step="accept"), 403, NOT_THEIRS)
        assert_refused(lambda: over_rest(superuser, offered, step="accept"), 403, NOT_THEIRS)

    def test_who_only_reads_records_no_fact_and_no_paper(
        self, two_sides: SimpleNamespace, superuser: User, offered: Handover
    ) -> None:
        world.grant(superuser, Role.AUDITOR, two_sides.here)
        taken_by = "“accept” can be taken by"
        assert_refused(lambda: in_the_admin(superuser, offered, step="accept", **FACT), 403, taken_by)
        assert_refused(lambda: in_the_admin(superuser, offered, step="accept", **OVERRIDE), 403, taken_by)
        assert_refused(lambda: in_the_admin(superuser, offered, **PAPER), 403, "who may record facts")


class TestAPaperEnteredByWhoOfferedIt:
    def test_is_refused_in_the_admin(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        another = "has not made the offer"
        assert_refused(lambda: in_the_admin(two_sides.planner, offered, **PAPER), 403, another)
        asked = PAPER | ASKED | {"with_conditions": "1"}
        assert_refused(lambda: in_the_admin(two_sides.planner, offered, **asked), 403, another)

    def test_is_refused_with_a_post_on_both_sides(self, on_both_sides: User, offered: Handover) -> None:
        assert_refused(lambda: in_the_admin(on_both_sides, offered, **PAPER), 403, "has not made the offer")

    def test_has_no_way_in_over_rest(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        paper = {"step": "accept", "signatory": "The minister", "signed_on": "2020-09-30", "reference": "MoJ/1"}
        assert_refused(lambda: over_rest(two_sides.planner, offered, **paper), 400, "There is no such field.")
        assert_refused(lambda: over_rest(two_sides.other, offered, **paper), 400, "There is no such field.")


class TestAnEditAfterTheAcceptance:
    def test_voids_it_and_both_sides_are_told(self, two_sides: SimpleNamespace, accepted: Handover, mail: Any) -> None:
        Message.objects.all().delete()
        answer = in_the_admin(two_sides.planner, accepted, act="text", text="The courts of two towns.")
        assert answer.status_code == 302
        accepted.refresh_from_db()
        assert (accepted.state, accepted.version) == ("preparing", 5)
        assert accepted.texts.last().number == 2
        assert StateChange.objects.about(accepted).filter(step="reword").count() == 1
        assert Condition.objects.get().void_on == TODAY
        assert Acceptance.objects.get().text.number == 1  # it stays, of the words that it was given for
        deliver(now=present.now())
        ours, theirs = (two_sides.planner, two_sides.other), (two_sides.theirs.head, two_sides.recipient)
        assert sorted(mail.reached) == sorted(person.email for person in (*ours, *theirs))
        for letter in mail.letters:
            assert "what was accepted is void: version 1" in " ".join(letter.content.decode().split())
        for by in (two_sides.planner, two_sides.recipient):
            shown = at_the_page(by).get(path(accepted, "change")).content.decode()
            assert "what was accepted is void: version 1" in shown

    def test_leaves_nothing_to_transfer_and_no_old_answer_to_give(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        seen = offered.version  # by the recipient, who has the page open while the words change
        in_the_admin(two_sides.planner, offered, act="text", text="The courts of two towns.")
        stale = {"step": "accept", "version": seen}
        for attempt in (in_the_admin, over_rest):
            assert_refused(lambda attempt=attempt: attempt(two_sides.recipient, offered, **stale), 409, "open it again")
            needs = "is preparing; “transfer” needs accepted"
            assert_refused(lambda attempt=attempt: attempt(two_sides.planner, offered, step="transfer"), 409, needs)

    def test_without_new_words_is_no_step(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        given, sentence = {"step": "reword", "reason": "x"}, "write the new one first"
        assert_refused(lambda: in_the_admin(two_sides.planner, accepted, **given), 409, sentence)
        assert_refused(lambda: over_rest(two_sides.planner, accepted, **given), 409, sentence)

    def test_from_a_page_that_showed_no_acceptance_is_refused(
        self, two_sides: SimpleNamespace, accepted: Handover
    ) -> None:
        given = {"act": "text", "text": "The courts of two towns.", "version": accepted.version - 1}
        assert_refused(lambda: in_the_admin(two_sides.planner, accepted, **given), 409, "open it again")

    def test_is_not_the_recipient_s(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        given, sentence = {"act": "text", "text": "The courts of six towns."}, "what is agreed is written by a planner"
        assert_refused(lambda: in_the_admin(two_sides.recipient, accepted, **given), 403, sentence)

    def test_does_not_slip_in_by_the_fields_of_the_page(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        """What was agreed is not among them: what a browser sends of it all the same is not read."""
        browser = at_the_page(two_sides.planner)
        form = browser.get(path(accepted, "change")).context["adminform"].form
        typed = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
        agreed = {"part": "the registry", "track": "records", "agreed_use": "a school", "recipient": "The town"}
        rows = {"package-TOTAL_FORMS": 0, "package-INITIAL_FORMS": 0, **agreed}
        before = Handover.objects.filter(pk=accepted.pk).values().get()
        assert browser.post(path(accepted, "change"), typed | rows | {"note": "a remark"}).status_code == 302
        assert Handover.objects.filter(pk=accepted.pk).values().get() == before | {"note": "a remark"}


UNMET = "Not met: Two vehicles are there"


class TestATransferWithAConditionUnmet:
    def test_is_refused(self, two_sides: SimpleNamespace, accepted: Handover) -> None:
        for attempt in (in_the_admin, over_rest):
            assert_refused(lambda attempt=attempt: attempt(two_sides.planner, accepted, step="transfer"), 409, UNMET)

    def test_is_refused_where_it_was_part_of_the_offer(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        Condition.objects.create(handover=offered, sentence="The keys", due_on=TODAY)
        accept(offered, by=two_sides.recipient, now=NOW)
        for attempt in (in_the_admin, over_rest):
            assert_refused(
                lambda attempt=attempt: attempt(two_sides.planner, offered, step="transfer"), 409, "The keys"
            )

    def test_is_overridden_by_nobody_but_the_head_of_mission(
        self, two_sides: SimpleNamespace, accepted: Handover
    ) -> None:
        by, rest = two_sides.planner, {"step": "transfer", "override": True, "reason": "there is no time"}
        assert_refused(lambda: in_the_admin(by, accepted, step="transfer", **OVERRIDE), 409, UNMET)
        assert_refused(lambda: over_rest(by, accepted, **rest), 409, UNMET)
        assert over_rest(two_sides.head, accepted, **rest).status_code == 200
        change = StateChange.objects.about(accepted).get(step="transfer")
        assert [passed["sentence"] for passed in change.passed_over] == [UNMET]
        assert Message.objects.filter(recipient=two_sides.desk, payload__change=change.pk).count() == 1

    def test_that_a_source_reports_is_recorded_with_what_is_left_open(
        self, two_sides: SimpleNamespace, accepted: Handover
    ) -> None:
        assert in_the_admin(two_sides.planner, accepted, step="transfer", **FACT).status_code == 302
        assert OpenItem.objects.get().sentence == UNMET


@pytest.mark.django_db(transaction=True)
class TestTheSameStepTwiceAtOnce:
    """From two windows that show the same version: it has one effect, and the second is told so."""

    @pytest.fixture(params=["accept", "transfer"])
    def step(self, request: Any, two_sides: SimpleNamespace, offered: Handover) -> SimpleNamespace:
        name, by = request.param, two_sides.recipient
        if name == "transfer":
            accept(offered, by=by, now=NOW)
            by = two_sides.planner
        Message.objects.all().delete()
        offered.refresh_from_db()
        return SimpleNamespace(name=name, by=by, handover=offered, version=offered.version)

    def assert_once(self, step: SimpleNamespace, two_sides: SimpleNamespace) -> None:
        change = StateChange.objects.about(step.handover).get(step=step.name)
        assert StateChange.objects.about(step.handover).count() == change.version == step.version + 1
        step.handover.refresh_from_db()
        assert step.handover.version == change.version
        assert Acceptance.objects.count() == 1
        assert [check.days for check in FollowUp.objects.all()] == ([30, 90, 180] if step.name == "transfer" else [])
        told = {two_sides.theirs.head, two_sides.recipient, two_sides.planner, two_sides.other} - {step.by}
        told -= {two_sides.planner, two_sides.other} if step.name == "transfer" else set()
        assert sorted(message.recipient.pk for message in Message.objects.all()) == sorted(one.pk for one in told)

    def test_in_the_admin(self, two_sides: SimpleNamespace, step: SimpleNamespace) -> None:
        given = {"step": step.name, "version": step.version}
        windows = [at_the_page(step.by) for _ in range(2)]
        one, other = twice_at_once(
            [lambda window=window: window.post(path(step.handover, "act", "step"), given) for window in windows]
        )
        assert (one.status_code, other.status_code) == (302, 409)
        assert "has changed since this page was opened" in other.content.decode()
        self.assert_once(step, two_sides)

    def test_over_rest(self, two_sides: SimpleNamespace, step: SimpleNamespace) -> None:
        given = {"step": step.name, "version": step.version}
        token = {"authorization": f"Bearer {AuthToken.objects.create(step.by)[1]}"}
        one, other = twice_at_once(
            [lambda: Client(headers=token).post(steps(step.handover), given, content_type="application/json")] * 2
        )
        assert (one.status_code, other.status_code) == (200, 409)
        assert "has changed since this page was opened" in other.json()["title"]
        self.assert_once(step, two_sides)
