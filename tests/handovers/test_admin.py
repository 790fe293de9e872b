"""Two sides at the admin's pages: one offers, the other answers, and a changed word voids the answer."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from tests import world
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.models import Acceptance, Handover, MandatedTask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


@pytest.fixture
def as_(client: Any) -> Any:
    def sign_in(user: Any) -> Any:
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return sign_in


def act(handover: Handover, name: str) -> str:
    return reverse("admin:handovers_handover_act", args=[handover.pk, name])


def page(handover: Handover) -> str:
    return reverse("admin:handovers_handover_change", args=[handover.pk])


class TestInTheAdmin:
    def test_a_handover_is_proposed_for_a_task(self, as_: Any, two_sides: SimpleNamespace) -> None:
        task = MandatedTask.objects.create(transition=two_sides.here, code="T-9", title="Courts")
        given = {"transition": two_sides.here.pk, "code": "H-9", "task": task.pk, "track": "task",
                 "recipient_kind": "country_team", "recipient_office": two_sides.theirs.pk, "marking": "unclassified",
                 "package-TOTAL_FORMS": 0, "package-INITIAL_FORMS": 0, "conditions-TOTAL_FORMS": 0,
                 "conditions-INITIAL_FORMS": 0}  # fmt: skip
        answer = as_(two_sides.planner).post(reverse("admin:handovers_handover_add"), given)
        assert answer.status_code == 302, answer.context["errors"]
        made = Handover.objects.get(code="H-9")
        assert (made.state, made.title, made.recipient_changes.count()) == ("proposed", "Courts", 1)

    def test_the_recipient_accepts_and_a_new_word_voids_it(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        step = {"step": "accept", "version": offered.version}
        assert as_(two_sides.planner).post(act(offered, "step"), step).status_code == 403
        assert as_(two_sides.recipient).post(act(offered, "step"), step).status_code == 302
        offered.refresh_from_db()
        assert offered.state == "accepted"
        as_(two_sides.planner).post(act(offered, "text"), {"text": "The courts of two towns."})
        offered.refresh_from_db()
        assert offered.state == "preparing"
        text = as_(two_sides.recipient).get(page(offered)).content.decode()
        assert "what was accepted is void" in text

    def test_a_paper_is_not_entered_by_the_offerer(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        paper = {"version": offered.version, "signatory": "The minister", "signed_on": "2020-09-30", "reference": "1"}
        assert as_(two_sides.planner).post(act(offered, "paper"), paper).status_code == 403
        assert not Acceptance.objects.exists()

    def test_another_recipient_needs_a_reason(self, as_: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        given = {"kind": "community", "name": "the town"}
        assert as_(two_sides.planner).post(act(offered, "recipient"), given).status_code == 400
        as_(two_sides.planner).post(act(offered, "recipient"), given | {"reason": "the ministry declined"})
        offered.refresh_from_db()
        assert (offered.recipient, offered.state) == ("the town", "preparing")
