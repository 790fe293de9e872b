"""What is proposed by what was seen: shown, told to who decides, and never done by itself."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from tests import world
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept
from transitions.handovers.follow_ups import answer
from transitions.handovers.incidents import record_incident
from transitions.handovers.models import FollowUp, Handover, Incident, Site
from transitions.handovers.proposals import proposals_for
from transitions.handovers.recipients import propose
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.workflow.engine import take

NOW, TODAY = world.NOW, world.NOW.date()
LATER = NOW + timedelta(hours=1)
FAILED = {"performed": "yes", "resources": "no", "use_respected": "yes", "source": "visit"}


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(LATER)


@pytest.fixture
def transferred(two_sides: SimpleNamespace, offered: Handover) -> Handover:
    accept(offered, by=two_sides.recipient, now=NOW)
    take(offered, "transfer", by=two_sides.planner, now=NOW)
    return offered


def incident(of: Handover, by: Any, **about: Any) -> Incident:
    fields = {"transition": of.transition, "code": f"I-{next(world.number)}", "kind": "looting",
              "text": "The store was looted", "source": "press"}  # fmt: skip
    made = Incident(**fields, **(about or {"handover": of}))
    return record_incident(made, by=by, now=LATER, happened_on=TODAY, known_from=TODAY)


def proposed(handover: Handover, user: Any) -> list[str]:
    return [one.step for one in proposals_for(handover, user=user, now=LATER)]


class TestAFailedFollowUp:
    def test_proposes_that_it_has_lapsed_and_lapses_nothing(
        self, two_sides: SimpleNamespace, transferred: Handover, as_: Any
    ) -> None:
        answer(FollowUp.objects.get(days=30), **FAILED, by=two_sides.recipient, now=LATER)
        [proposal] = proposals_for(transferred, user=two_sides.planner, now=LATER)
        assert (proposal.step, transferred.state) == ("lapse", "transferred")
        assert "the resources are not there" in proposal.sentence
        page = reverse("admin:handovers_handover_change", args=[transferred.pk])
        assert 'data-proposal="lapse"' in as_(two_sides.planner).get(page).content.decode()
        take(transferred, "lapse", by=two_sides.planner, now=LATER, reason="looted")
        assert proposed(transferred, two_sides.planner) == []

    def test_is_told_to_planners_and_heads(self, two_sides: SimpleNamespace, transferred: Handover, mail: Any) -> None:
        Message.objects.all().delete()
        answer(FollowUp.objects.get(days=30), **FAILED, by=two_sides.recipient, now=LATER)
        deliver(now=LATER + timedelta(days=1))
        assert {two_sides.planner.email, two_sides.head.email} <= set(mail.reached)
        assert "It proposes the step" in mail.letters[0].content.decode()

    def test_is_told_no_more_once_it_is_corrected(
        self, two_sides: SimpleNamespace, transferred: Handover, mail: Any
    ) -> None:
        check = FollowUp.objects.get(days=30)
        Message.objects.all().delete()
        answer(check, **FAILED, by=two_sides.recipient, now=LATER)
        answer(check, **FAILED | {"resources": "yes"}, by=two_sides.recipient, now=LATER, note="they were found")
        deliver(now=LATER + timedelta(days=1))
        assert mail.letters == []

    def test_that_went_well_proposes_nothing(self, two_sides: SimpleNamespace, transferred: Handover) -> None:
        answer(FollowUp.objects.get(days=30), **FAILED | {"resources": "yes"}, by=two_sides.recipient, now=LATER)
        assert proposed(transferred, two_sides.planner) == []
        assert not Message.objects.filter(kind="handovers.follow_up_failed").exists()


class TestAnIncident:
    def test_proposes_to_suspend_what_it_is_about(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Base")
        [of_site] = propose([Handover(transition=two_sides.here, code="H-S", site=site)], by=two_sides.planner, now=NOW)
        incident(handover, two_sides.planner, site=site)
        assert proposed(of_site, two_sides.planner) == ["suspend"]
        assert proposed(handover, two_sides.planner) == []
        incident(handover, two_sides.planner, task=handover.task)
        assert proposed(handover, two_sides.planner) == ["suspend"]

    def test_about_another_handover_of_the_task_proposes_nothing(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        code = {"transition": two_sides.here, "code": "H-2", "task": handover.task}
        [other] = propose([Handover(**code)], by=two_sides.planner, now=NOW)
        incident(handover, two_sides.planner, handover=other, task=handover.task)
        assert proposed(handover, two_sides.planner) == []

    def test_is_decided_by_a_suspension_or_its_lifting(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        incident(handover, two_sides.planner)
        take(handover, "suspend", by=two_sides.head, now=LATER, reason="looting")
        take(handover, "resume", by=two_sides.head, now=LATER)
        assert proposed(handover, two_sides.planner) == []

    def test_at_the_very_instant_of_its_beginning_proposes_and_of_a_decision_does_not(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Base")
        begun = Handover(transition=two_sides.here, code="H-S", site=site)
        [of_site] = propose([begun], by=two_sides.planner, now=LATER)
        incident(of_site, two_sides.planner)
        assert proposed(of_site, two_sides.planner) == ["suspend"]
        take(of_site, "suspend", by=two_sides.head, now=LATER, reason="looting")
        take(of_site, "resume", by=two_sides.head, now=LATER)
        assert proposed(of_site, two_sides.planner) == []

    def test_that_one_may_not_see_proposes_nothing_to_that_person(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        incident(handover, two_sides.planner, handover=handover, marking="strictly_confidential")
        assert proposed(handover, world.person(Role.GOVERNMENT_FOCAL_POINT, two_sides.here)) == []
        assert proposed(handover, two_sides.head) == ["suspend"]

    def test_is_told_with_what_it_proposes(self, two_sides: SimpleNamespace, handover: Handover, mail: Any) -> None:
        Message.objects.all().delete()
        support = world.person(Role.MISSION_SUPPORT, two_sides.here)
        incident(handover, two_sides.planner)
        deliver(now=LATER + timedelta(days=1))
        assert {two_sides.planner.email, two_sides.head.email, support.email} <= set(mail.reached)
        assert f"- {handover}" in mail.letters[0].content.decode()


class TestTheSuspensionPage:
    def path(self, here: Any, **query: Any) -> str:
        return reverse("admin:handovers_suspension", args=[here.pk], query=query)

    def test_is_reached_from_the_incident_and_shows_before_it_does(
        self, two_sides: SimpleNamespace, handover: Handover, as_: Any
    ) -> None:
        about = incident(handover, two_sides.planner)
        opened = as_(two_sides.head).get(reverse("admin:handovers_incident_change", args=[about.pk]))
        assert self.path(two_sides.here, incident=about.pk) in opened.content.decode()
        shown = as_(two_sides.head).get(self.path(two_sides.here, incident=about.pk))
        assert handover.code in shown.content.decode()
        handover.refresh_from_db()
        assert handover.state == "proposed"

    def test_suspends_what_was_shown_and_resumes_it(
        self, two_sides: SimpleNamespace, handover: Handover, as_: Any
    ) -> None:
        for step, state in (("suspend", "suspended"), ("resume", "preparing")):
            shown = as_(two_sides.head).get(self.path(two_sides.here, step=step)).context["shown"]
            given = {"step": step, "reason": "decree 102", "shown": shown}
            assert as_(two_sides.head).post(self.path(two_sides.here), given).status_code == 302
            handover.refresh_from_db()
            assert handover.state == state

    def test_is_refused_once_the_list_has_changed(
        self, two_sides: SimpleNamespace, handover: Handover, as_: Any
    ) -> None:
        shown = as_(two_sides.head).get(self.path(two_sides.here)).context["shown"]
        take(handover, "prepare", by=two_sides.planner, now=LATER)
        for stale in (shown, ""):
            given = {"step": "suspend", "reason": "decree 102", "shown": stale}
            answer = as_(two_sides.head).post(self.path(two_sides.here), given)
            assert answer.status_code == 409
            assert "look again" in answer.content.decode()
        handover.refresh_from_db()
        assert handover.state == "preparing"

    def test_is_for_who_decides(self, two_sides: SimpleNamespace, handover: Handover, as_: Any) -> None:
        shown = as_(two_sides.planner).get(self.path(two_sides.here))
        assert "decided by the head of mission" in shown.content.decode()
        given = {"step": "suspend", "reason": "x", "shown": shown.context["shown"]}
        assert as_(two_sides.planner).post(self.path(two_sides.here), given).status_code == 403
        elsewhere = world.person(Role.HEAD_OF_MISSION, world.transition())
        assert as_(elsewhere).get(self.path(two_sides.here)).status_code == 404
