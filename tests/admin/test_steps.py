"""What a planner does in the admin, and what is refused: nothing is changed, and the page says what to do."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from tests import world
from transitions.access.models import Grant
from transitions.access.permissions import Role
from transitions.calendar.models import Dependency, Milestone
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.missions.models import Effect, MandateInstrument, Transition
from transitions.outbox.models import Message
from transitions.workflow.engine import take
from transitions.workflow.models import Evidence, Signature, StateChange

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


@pytest.fixture
def as_(client: Any, here: Any) -> Any:
    def sign_in(role: Role, **fields: Any) -> Any:
        user = world.person(role, here, **fields)
        user.is_staff = True
        user.save()
        client.force_login(user)
        client.user = user
        return client

    return sign_in


def act(thing: Any, name: str) -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_act", args=[thing.pk, name])


def page(thing: Any) -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])


def typed(browser: Any, thing: Any) -> dict[str, Any]:
    """What the form of a page holds."""
    form = browser.get(page(thing)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False, [])}


class TestStep:
    def test_of_a_hard_milestone_without_evidence_is_refused_with_what_to_do(self, as_: Any, here: Any) -> None:
        item = world.milestone(here, hard=True)
        browser = as_(Role.PLANNER)
        assert 'data-blocker="no_evidence"' in browser.get(page(item)).content.decode()
        answer = browser.post(act(item, "step"), {"step": "finish", "version": 1})
        assert answer.status_code == 409
        assert "add a file, a text or a reference" in answer.content.decode()
        item.refresh_from_db()
        assert (item.state, item.version) == ("planned", 1)

    def test_is_taken_once_the_evidence_is_there(self, as_: Any, here: Any) -> None:
        item = world.milestone(here, hard=True)
        browser = as_(Role.PLANNER)
        browser.post(act(item, "evidence"), {"title": "Signed note", "text": "seen and signed"})
        browser.post(act(item, "step"), {"step": "finish", "version": 1})
        item.refresh_from_db()
        assert item.state == "done"
        assert str(browser.user) in browser.get(page(item)).content.decode()

    def test_on_a_stale_page_is_refused(self, as_: Any, here: Any) -> None:
        item = world.milestone(here)
        take(item, "start", by=world.founder(), now=world.NOW)
        answer = as_(Role.PLANNER).post(act(item, "step"), {"step": "finish", "version": 1})
        assert answer.status_code == 409
        assert "open it again" in answer.content.decode()
        assert StateChange.objects.about(item).count() == 2

    def test_without_the_version_of_its_page_is_refused(self, as_: Any, here: Any) -> None:
        item = world.milestone(here)
        assert as_(Role.PLANNER).post(act(item, "step"), {"step": "start"}).status_code == 400

    def test_with_what_cannot_be_kept_is_refused(self, as_: Any, here: Any) -> None:
        item = world.milestone(here)
        given = {"step": "drop", "version": 1, "reason": "a\0b"}
        assert as_(Role.PLANNER).post(act(item, "step"), given).status_code == 400

    def test_is_never_taken_by_a_get(self, as_: Any, here: Any) -> None:
        item = world.milestone(here)
        assert as_(Role.PLANNER).get(act(item, "step"), {"step": "start", "version": 1}).status_code == 405
        item.refresh_from_db()
        assert item.version == 1

    def test_is_overridden_by_the_office_named_with_a_reason_and_headquarters_told(self, as_: Any, here: Any) -> None:
        first, then = world.milestone(here), world.milestone(here)
        Dependency.objects.create(transition=here, first=first, then=then)
        desk = world.person(Role.HEADQUARTERS_DESK, here)
        given = {"step": "finish", "version": 1}
        assert as_(Role.PLANNER).post(act(then, "override"), given | {"reason": "now"}).status_code == 409
        head = as_(Role.HEAD_OF_MISSION)
        assert "Override and finish" in head.get(page(then)).content.decode()
        assert head.post(act(then, "override"), given | {"reason": " "}).status_code == 409
        head.post(act(then, "override"), given | {"reason": "the road closes"})
        change = StateChange.objects.about(then).get(step="finish")
        assert change.passed_over[0]["code"] == "predecessor_not_done"
        assert Message.objects.filter(recipient=desk).exists()

    def test_is_recorded_as_a_fact_from_its_source(self, as_: Any, here: Any) -> None:
        item = world.milestone(here, hard=True)
        given = {"step": "finish", "version": 1, "source": "S/2020/1", "holds_from": "2020-09-30"}
        as_(Role.PLANNER).post(act(item, "fact"), given)
        change = StateChange.objects.about(item).get(step="finish")
        assert (str(change.holds_from), change.source) == ("2020-09-30", "S/2020/1")
        assert change.open_items.get().code == "no_evidence"

    def test_that_needs_signatures_waits_for_each(self, as_: Any) -> None:
        plan = world.transition("planning")
        head = world.person(Role.HEAD_OF_MISSION, plan)
        world.grant(head, Role.RESIDENT_COORDINATOR, plan)
        browser = as_(Role.AUDITOR)
        head.is_staff = True
        head.save()
        browser.force_login(head)
        signed = {"step": "approve_plan", "version": 1}
        assert browser.post(act(plan, "signature"), signed | {"role": "head_of_mission"}).status_code == 302
        assert browser.post(act(plan, "signature"), signed | {"role": "resident_coordinator"}).status_code == 409
        assert Signature.objects.count() == 1


class TestDueDate:
    def test_moves_with_a_reason_only(self, as_: Any, here: Any) -> None:
        item = world.milestone(here)
        browser = as_(Role.PLANNER)
        given = typed(browser, item) | {"due_on": "2020-12-24"}
        refused = browser.post(page(item), given)
        assert "Say why the date moves" in refused.content.decode()
        item.refresh_from_db()
        assert item.due_on == date(2020, 12, 1)
        answer = browser.post(page(item), given | {"reason": "the road is closed", "drivers": ["conditions"]})
        assert answer.status_code == 302
        item.refresh_from_db()
        assert item.due_on == date(2020, 12, 24)
        assert item.redatings.last().reason == "the road is closed"

    def test_on_a_stale_page_changes_nothing(self, as_: Any, here: Any) -> None:
        item = world.milestone(here)
        browser = as_(Role.PLANNER)
        given = typed(browser, item) | {"title": "Mine"}
        Milestone.objects.filter(pk=item.pk).update(title="Somebody else's")
        assert "has changed since" in browser.post(page(item), given).content.decode()
        item.refresh_from_db()
        assert item.title == "Somebody else's"

    def test_enters_with_the_milestone(self, as_: Any, here: Any) -> None:
        browser = as_(Role.PLANNER)
        given = {"transition": here.pk, "code": "N-1", "title": "New", "kind": "milestone", "due_on": "2020-11-01",
                 "marking": "unclassified"}  # fmt: skip
        answer = browser.post(reverse("admin:calendar_milestone_add"), given)
        assert answer.status_code == 302, answer.context["errors"]
        made = Milestone.objects.get(code="N-1")
        assert made.redatings.get().due_on == date(2020, 11, 1)
        assert StateChange.objects.about(made).get().by == browser.user


class TestInstrument:
    def given(self, here: Transition, **fields: Any) -> dict[str, Any]:
        return {
            "mission": here.mission_id, "symbol": "S/RES/9999", "body": "Security Council", "kind": "resolution",
            "adopted_on": "2020-09-30", "source": "press", "effects-TOTAL_FORMS": 1, "effects-INITIAL_FORMS": 0,
            "effects-0-kind": "mandate_expiry", "effects-0-date": "2021-01-31", "effects-0-basis": "fixed", **fields,
        }  # fmt: skip

    def test_is_recorded_with_what_it_changes(self, as_: Any, here: Any) -> None:
        answer = as_(Role.PLANNER).post(reverse("admin:missions_mandateinstrument_add"), self.given(here))
        assert answer.status_code == 302, answer.context["errors"]
        made = MandateInstrument.objects.get()
        assert made.effects.get().kind == Effect.Kind.MANDATE_EXPIRY
        assert made.known_from == date(2020, 9, 30)

    def test_of_the_future_is_refused_by_its_field(self, as_: Any, here: Any) -> None:
        given = self.given(here, adopted_on="2020-10-02")
        answer = as_(Role.PLANNER).post(reverse("admin:missions_mandateinstrument_add"), given)
        assert "adopted in the future" in answer.content.decode()
        assert "adopted_on" in answer.context["adminform"].form.errors
        assert not MandateInstrument.objects.exists()

    def test_lists_the_items_that_it_touches_and_moves_none(self, as_: Any, here: Any) -> None:
        item = world.milestone(here, due_on=date(2021, 3, 1))
        browser = as_(Role.PLANNER)
        browser.post(reverse("admin:missions_mandateinstrument_add"), self.given(here))
        assert item.title in browser.get(page(MandateInstrument.objects.get())).content.decode()
        item.refresh_from_db()
        assert item.due_on == date(2021, 3, 1)
        assert Message.objects.filter(kind="calendar.instrument_touches").exists()


class TestHistory:
    def test_of_a_row_says_who_changed_what(self, as_: Any, here: Any) -> None:
        office = world.office(here, name="Old name")
        browser = as_(Role.PLANNER)
        browser.post(page(office), typed(browser, office) | {"name": "New name"})
        office.refresh_from_db()
        assert office.name == "New name"
        text = browser.get(reverse("admin:missions_office_history", args=[office.pk])).content.decode()
        assert "Old name → New name" in text
        assert str(browser.user) in text


class TestRoles:
    def test_are_given_to_nobody_by_themselves(self, as_: Any, here: Any) -> None:
        browser = as_(Role.HEADQUARTERS_DESK)
        office = world.office(here)
        given = {"user": browser.user.pk, "role": "head_of_mission", "transition": here.pk, "office": office.pk}
        answer = browser.post(reverse("admin:access_grant_add"), given)
        assert "to themselves" in answer.content.decode()
        other = world.person(None)
        browser.post(reverse("admin:access_grant_add"), given | {"user": other.pk})
        assert Grant.objects.get(user=other).role == "head_of_mission"


class TestEvidenceFile:
    def test_is_served_to_who_may_see_it_only(self, as_: Any, here: Any, tmp_path: Any, settings: Any) -> None:
        settings.MEDIA_ROOT = tmp_path
        item = world.milestone(here)
        from django.core.files.uploadedfile import SimpleUploadedFile

        browser = as_(Role.PLANNER)
        file = SimpleUploadedFile("act.txt", b"handed over")
        browser.post(act(item, "evidence"), {"title": "Act", "file": file, "marking": "strictly_confidential"})
        kept = Evidence.objects.get()
        assert len(kept.sha256) == 64
        assert b"".join(browser.get(f"/evidence/{kept.pk}/").streaming_content) == b"handed over"
        assert as_(Role.GOVERNMENT_FOCAL_POINT).get(f"/evidence/{kept.pk}/").status_code == 404
