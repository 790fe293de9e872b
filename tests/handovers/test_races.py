"""The same answer given twice at once has one effect."""

from types import SimpleNamespace

import pytest

from tests import world
from tests.handovers.ways import at_once
from transitions.handovers.agreement import accept, accept_on_paper, change_agreed, write_text
from transitions.handovers.conditions import Asked, mark_met
from transitions.handovers.models import Acceptance, Condition, ConditionAnswer, Handover
from transitions.workflow.engine import StepRefused
from transitions.workflow.models import StateChange


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_who_accept_make_one_acceptance(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        first, second = (Handover.objects.select_related("transition").get(pk=offered.pk) for _ in range(2))
        refused = at_once(
            *(lambda one=one: accept(one, by=two_sides.recipient, now=world.NOW) for one in (first, second))
        )
        assert [type(error) for error in refused] == [StepRefused]
        assert Acceptance.objects.count() == 1
        assert StateChange.objects.about(offered).filter(step="accept").count() == 1

    def test_who_accept_and_change_the_words_never_leave_an_acceptance_of_other_words(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        first, second = (Handover.objects.select_related("transition").get(pk=offered.pk) for _ in range(2))
        at_once(
            lambda: accept(first, by=two_sides.recipient, now=world.NOW),
            lambda: write_text(second, "Other words.", by=two_sides.planner, now=world.NOW),
        )
        offered.refresh_from_db()
        assert offered.state == "preparing"
        assert all(given.text.number == 1 for given in Acceptance.objects.all())

    def test_who_accept_with_a_condition_and_change_the_scope_leave_no_condition_in_force(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        first, second = (Handover.objects.select_related("transition").get(pk=offered.pk) for _ in range(2))
        refused = at_once(
            lambda: accept(first, by=two_sides.recipient, now=world.NOW, conditions=[Asked("Vehicles", world.TODAY)]),
            lambda: change_agreed(second, part="the registry", by=two_sides.planner, now=world.NOW),
        )
        offered.refresh_from_db()
        assert (offered.state, offered.part) == ("preparing", "the registry")
        assert {type(error) for error in refused} <= {StepRefused}  # of the acceptance, where the change came first
        assert Acceptance.objects.count() == 1 - len(refused)
        assert not Condition.objects.filter(owed_on__isnull=False).exists()

    def test_who_enter_a_paper_and_accept_make_one_acceptance(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        first, second = (Handover.objects.select_related("transition").get(pk=offered.pk) for _ in range(2))
        refused = at_once(
            lambda: accept(first, by=two_sides.recipient, now=world.NOW),
            lambda: accept_on_paper(second, signatory="The minister", signed_on=world.TODAY, reference="1",
                                    by=two_sides.head, now=world.NOW),
        )  # fmt: skip
        assert [type(error) for error in refused] == [StepRefused]
        assert Acceptance.objects.count() == 1

    def test_who_mark_a_condition_met_leave_one_answer(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        accept(offered, by=two_sides.recipient, now=world.NOW, conditions=[Asked("Vehicles", world.TODAY)])
        first, second = (Condition.objects.select_related("handover__transition").get() for _ in range(2))
        refused = at_once(
            lambda: mark_met(first, by=two_sides.planner, now=world.NOW, source="note"),
            lambda: mark_met(second, by=two_sides.planner, now=world.NOW, source="note"),
        )
        assert [type(error) for error in refused] == [StepRefused]
        assert ConditionAnswer.objects.count() == 1
