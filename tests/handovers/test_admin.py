"""Two sides at the admin's pages: one offers, the other answers, and a changed word voids the answer."""

from datetime import date
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import world
from tests.filled import filled
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept
from transitions.handovers.conditions import Asked
from transitions.handovers.models import (
    Acceptance,
    AgreedText,
    Condition,
    FollowUp,
    Handover,
    MandatedTask,
    PackageItem,
)
from transitions.workflow.engine import Fact, take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


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

    def test_another_recipient_is_not_named_from_a_stale_page(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        given = {"kind": "community", "name": "the town", "reason": "the ministry declined"}
        stale = given | {"version": offered.version - 1}
        assert as_(two_sides.planner).post(act(offered, "recipient"), stale).status_code == 409
        offered.refresh_from_db()
        assert (offered.recipient, offered.state) == ("", "offered")

    def test_nobody_takes_it_over_for_the_reason_of_the_change_until_somebody_does(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        browser = as_(two_sides.planner)
        browser.post(act(offered, "recipient"), {"kind": "nobody", "reason": "the ministry was dissolved"})
        offered.refresh_from_db()
        assert (offered.recipient_kind, offered.no_recipient_reason) == ("nobody", "the ministry was dissolved")
        browser.post(act(offered, "recipient"), {"kind": "community", "name": "the town", "reason": "it asked"})
        offered.refresh_from_db()
        assert (offered.recipient, offered.no_recipient_reason) == ("the town", "")

    def test_scope_is_typed_until_there_is_a_text_and_then_changed_with_it(
        self, as_: Any, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        browser = as_(two_sides.planner)
        fields = browser.get(page(handover)).context["adminform"].form.fields
        assert {"part", "track", "area"} <= fields.keys()
        assert not {"agreed_use", "recipient_office", "planned_on", "residual_office"} & fields.keys()
        browser.post(act(handover, "text"), {"text": "Words", "part": "the registry", "version": 1})
        opened = browser.get(page(handover))
        assert not {"part", "track", "area"} & opened.context["adminform"].form.fields.keys()
        assert "the registry" in opened.content.decode()

    def test_a_plan_moves_by_its_act(self, as_: Any, two_sides: SimpleNamespace, handover: Handover) -> None:
        browser = as_(two_sides.planner)
        given = {"planned_on": "2020-12-01", "residual_office": two_sides.theirs.code, "version": 1}
        assert browser.post(act(handover, "plan"), given).status_code == 400
        browser.post(act(handover, "plan"), given | {"reason": "agreed"})
        handover.refresh_from_db()
        assert (str(handover.planned_on), handover.residual_office) == ("2020-12-01", two_sides.theirs)

    def test_the_recipient_works_from_the_page(self, as_: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        browser = as_(two_sides.recipient)
        text = browser.get(page(offered)).content.decode()
        assert "Your answer for" in text
        assert 'data-step="accept"' not in text  # asked once, beside the offer
        given = {
            "step": "accept_with_conditions", "version": offered.version, "condition": ["Two vehicles", "", ""],
            "condition_due_on": ["2020-11-01", "", ""], "condition_office": [two_sides.theirs.code, "", ""],
        }  # fmt: skip
        assert browser.post(act(offered, "step"), given).status_code == 302
        condition = Condition.objects.get()
        assert (condition.sentence, condition.owner_office) == ("Two vehicles", two_sides.theirs)
        met = {"condition": condition.pk, "source": "delivery note"}
        assert browser.post(act(offered, "condition"), met).status_code == 302
        assert "met on 2020-10-01" in browser.get(page(offered)).content.decode()

    def test_a_condition_without_its_day_leaves_the_offer_open(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        given = {"step": "accept_with_conditions", "version": offered.version, "condition": ["Two vehicles"]}
        assert as_(two_sides.recipient).post(act(offered, "step"), given).status_code == 400
        offered.refresh_from_db()
        assert offered.state == "offered"

    def test_the_recipient_refuses_with_a_reason(self, as_: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        given = {"step": "refuse", "version": offered.version, "reason": "no staff"}
        assert as_(two_sides.recipient).post(act(offered, "step"), given).status_code == 302
        offered.refresh_from_db()
        assert offered.state == "refused"

    def test_the_offerer_is_told_who_answers_and_another_enters_the_paper(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover, settings: Any, tmp_path: Any
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        assert "You made this offer" in as_(two_sides.planner).get(page(offered)).content.decode()
        browser = as_(two_sides.other)
        assert "Enter the paper" in browser.get(page(offered)).content.decode()
        paper = {"version": offered.version, "signatory": "The minister", "signed_on": "2020-09-30",
                 "file": SimpleUploadedFile("act.pdf", b"signed")}  # fmt: skip
        assert browser.post(act(offered, "paper"), paper).status_code == 302
        text = browser.get(page(offered)).content.decode()
        assert "on paper" in text
        assert Acceptance.objects.get().evidence.sha256[:12] in text

    def test_what_was_handed_over_is_edited_no_more(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        accept(offered, by=two_sides.recipient, now=world.NOW)
        take(offered, "transfer", by=two_sides.planner, now=world.NOW)
        browser = as_(two_sides.planner)
        assert "Change what is agreed" not in browser.get(page(offered)).content.decode()
        assert browser.post(act(offered, "text"), {"text": "Other words"}).status_code == 409
        item = filled(PackageItem, two_sides.here, handover=offered)
        saved(browser, offered, {
            "package-TOTAL_FORMS": 1, "package-INITIAL_FORMS": 1, "package-0-id": item.pk,
            "package-0-handover": offered.pk, "package-0-title": "Other", **condition_rows("The keys"),
        })  # fmt: skip
        item.refresh_from_db()
        assert item.title != "Other"
        assert not Condition.objects.exists()

    def test_conditions_that_are_part_of_the_offer_are_written_before_it_only(
        self, as_: Any, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        browser = as_(two_sides.planner)
        rows = {"package-TOTAL_FORMS": 0, "package-INITIAL_FORMS": 0, **condition_rows("The keys")}
        assert saved(browser, handover, rows) == 302
        assert Condition.objects.count() == 1
        Handover.objects.update(state="offered")
        saved(browser, handover, rows)
        assert Condition.objects.count() == 1

    def test_a_follow_up_is_answered_from_the_page(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        accept(offered, by=two_sides.recipient, now=world.NOW)
        take(offered, "transfer", by=two_sides.planner, now=world.NOW)
        check = offered.follow_ups.get(days=30)
        given = {"follow_up": check.pk, "performed": "yes", "resources": "no", "use_respected": "yes"}
        browser = as_(two_sides.recipient)
        assert browser.post(act(offered, "follow_up"), given).status_code == 400
        assert browser.post(act(offered, "follow_up"), given | {"source": "visit"}).status_code == 302
        check.refresh_from_db()
        assert check.failed
        assert "failed" in browser.get(page(offered)).content.decode()

    def test_its_page_takes_the_same_queries_for_few_and_for_many(
        self, as_: Any, two_sides: SimpleNamespace, offered: Handover, django_assert_max_num_queries: Any
    ) -> None:
        accept(offered, by=two_sides.recipient, now=world.NOW, conditions=[Asked("One", world.TODAY)])
        take(offered, "transfer", by=two_sides.planner, now=world.NOW, despite=Fact("note", world.TODAY))
        browser, counts, days = as_(two_sides.planner), [], count(1)
        for more in (1, 6):
            for _ in range(more):
                filled(Condition, two_sides.here, handover=offered, acceptance=Acceptance.objects.get())
                filled(FollowUp, two_sides.here, handover=offered, due_on=date(2021, 1, next(days)))
                filled(AgreedText, two_sides.here, handover=offered)
            with django_assert_max_num_queries(90) as counted:
                assert browser.get(page(offered)).status_code == 200
            counts.append(len(counted))
        assert counts[0] == counts[1]


def condition_rows(sentence: str) -> dict[str, Any]:
    return {"conditions-TOTAL_FORMS": 1, "conditions-INITIAL_FORMS": 0, "conditions-0-sentence": sentence,
            "conditions-0-due_on": "2020-11-01"}  # fmt: skip


def saved(browser: Any, handover: Handover, rows: dict[str, Any]) -> int:
    """The page's form as it is shown, with these rows below it, sent."""
    form = browser.get(page(handover)).context["adminform"].form
    typed = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    return int(browser.post(page(handover), typed | rows).status_code)
