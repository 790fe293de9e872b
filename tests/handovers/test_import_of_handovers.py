"""Handovers in and out as a table: through the room's own doors, all or nothing."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import world
from tests.rebuild import assert_rebuilt
from tests.tables import FORMATS, FORMULAS, as_file, bring_in, refused, table
from transitions.access.permissions import Role
from transitions.handovers.agreement import write_text
from transitions.handovers.models import Handover, HandoverPlan, MandatedTask, PackageItem, RecipientChange, Site
from transitions.handovers.resources import HandoverResource
from transitions.outbox.models import Message
from transitions.workflow.engine import Fact, take
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db
REASON = {"reason": "as agreed in the letter of May"}


@pytest.fixture(autouse=True)
def what_is_handed_over(here: Any) -> None:
    MandatedTask.objects.create(transition=here, code="T-1", title="Courts")
    MandatedTask.objects.create(transition=here, code="T-S", title="Witnesses", marking="strictly_confidential")
    Site.objects.create(transition=here, code="S-1", name="Team site")
    world.office(here, code="justice", side="government")


def rows(number: int, **fields: Any) -> list[dict[str, Any]]:
    given = {
        "transition": "unmx", "task": "T-1", "track": "task", "area": "north", "part": "of three towns",
        "recipient_kind": "country_team", "recipient_office": "undp", "owner_office": "justice",
        "planned_on": "2020-12-01", "residual_office": "undp", "marking": "unclassified",
    } | fields  # fmt: skip
    return [{"code": f"H-{position}", **given} for position in range(number)]


def history(code: str = "H-0") -> tuple[int, ...]:
    one = Handover.objects.get(code=code)
    return one.version, one.recipient_changes.count(), one.plans.count()  # type: ignore[attr-defined]


class TestNew:
    def test_ones_are_proposed_with_their_first_facts_and_their_package(self, here: Any, planner: Any) -> None:
        assert bring_in(HandoverResource, here, rows(3), by=planner).totals["new"] == 3
        made = Handover.objects.get(code="H-1")
        assert (made.state, made.title, made.planned_on) == ("proposed", "Courts", date(2020, 12, 1))
        assert history("H-1") == (1, 1, 1)
        assert made.package.count() == PackageItem.objects.filter(handover__code="H-2").count() > 0
        assert_rebuilt()

    def test_ones_of_a_site_are_of_no_task(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1, task="", site="S-1"), by=planner)
        assert str(Handover.objects.get()) == "H-0 Team site, of three towns"

    def test_ones_that_are_handed_on_come_after_what_they_follow(self, here: Any, planner: Any) -> None:
        data = rows(3)
        data[0]["follows"], data[1]["follows"] = "H-1", "H-2"
        assert bring_in(HandoverResource, here, data, by=planner).totals["new"] == 3
        assert Handover.objects.get(code="H-0").follows.follows.code == "H-2"  # type: ignore[union-attr]

    def test_ones_that_follow_one_another_in_a_circle_are_refused(self, here: Any, planner: Any) -> None:
        data = rows(3)
        data[0]["follows"], data[1]["follows"] = "H-1", "H-0"
        assert "H-0, H-1 follow" in str(bring_in(HandoverResource, here, data, by=planner).base_errors[0].error)
        assert not Handover.objects.exists()

    def test_ones_begin_where_every_one_begins_whatever_the_file_says(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1, state="accepted", version=9), by=planner)
        assert Handover.objects.get().state == "proposed"
        assert history() == (1, 1, 1)


class TestABadRow:
    @pytest.mark.parametrize(
        ("column", "value"),
        [("task", "T-9"), ("task", "T-S"), ("task", ""), ("site", "S-1"), ("site", "S-9"), ("track", "people"),
         ("area", "west"), ("recipient_kind", "somebody"), ("recipient_office", "unicef"), ("owner_office", "unicef"),
         ("owner", "nobody"), ("residual_office", "unicef"), ("follows", "H-57x"), ("planned_on", "1/12/2020"),
         ("marking", "secret"), ("note", "a\0b"), ("part", "x" * 201), ("code", "H-1"), ("transition", "unmy")],
    )  # fmt: skip
    def test_among_a_hundred_is_named_and_nothing_is_changed(
        self, here: Any, planner: Any, column: str, value: str
    ) -> None:
        data = rows(100)
        data[56][column] = value
        lead = world.person(Role.PILLAR_LEAD, here)  # who does not see T-S
        [(number, errors)] = refused(bring_in(HandoverResource, here, data, by=lead))
        assert (number, list(errors)) == (57, ["task" if value == "S-1" else column])
        assert not Handover.objects.exists()
        assert not StateChange.objects.filter(thing_type="handovers.handover").exists()

    def test_that_names_nobody_says_why(self, here: Any, planner: Any) -> None:
        data = rows(1, recipient_kind="nobody", recipient_office="")
        assert [list(errors) for _, errors in refused(bring_in(HandoverResource, here, data, by=planner))] == [
            ["no_recipient_reason"]
        ]
        data[0]["no_recipient_reason"] = "it ends with the mission"
        assert bring_in(HandoverResource, here, data, by=planner).totals["new"] == 1

    def test_about_what_the_importer_may_not_see_changes_nothing(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1, marking="strictly_confidential"), by=planner)
        lead = world.person(Role.PILLAR_LEAD, here)
        result = bring_in(HandoverResource, here, rows(2, note="mine"), by=lead)
        assert [(number, list(errors)) for number, errors in refused(result)] == [(1, ["code"])]
        assert Handover.objects.get().note == ""


class TestAnotherPlan:
    def test_is_a_fact_with_its_reason(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(2), by=planner)
        moved = rows(2, planned_on="2020-12-24", residual_office="")
        assert [list(errors) for _, errors in refused(bring_in(HandoverResource, here, moved, by=planner))] == [
            ["reason"], ["reason"],
        ]  # fmt: skip
        moved = rows(2, planned_on="2020-12-24", residual_office="", **REASON)
        assert bring_in(HandoverResource, here, moved, by=planner).totals["update"] == 2
        row = HandoverPlan.objects.latest("pk")
        assert (row.planned_on, row.was_planned_on, row.reason) == (
            date(2020, 12, 24), date(2020, 12, 1), REASON["reason"],
        )  # fmt: skip
        assert Handover.objects.get(code="H-0").residual_office is None
        assert history() == (1, 1, 2)
        assert_rebuilt()

    def test_of_one_that_is_settled_is_refused(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1), by=planner)
        for step in ("prepare", "end_without_handover"):
            take(Handover.objects.get(), step, by=planner, now=world.NOW, reason="x")
        result = bring_in(HandoverResource, here, rows(1, planned_on="2020-12-24", **REASON), by=planner)
        assert [list(errors) for _, errors in refused(result)] == [["planned_on"]]


class TestAnotherRecipient:
    def test_is_a_fact_with_its_reason_and_headquarters_is_told(self, here: Any, planner: Any) -> None:
        desk = world.person(Role.HEADQUARTERS_DESK, here)
        bring_in(HandoverResource, here, rows(1), by=planner)
        changed = rows(1, recipient_kind="national_government", recipient_office="justice", agreed_use="a court")
        assert [list(errors) for _, errors in refused(bring_in(HandoverResource, here, changed, by=planner))] == [
            ["reason"]
        ]
        assert bring_in(HandoverResource, here, [changed[0] | REASON], by=planner).totals["update"] == 1
        made = Handover.objects.get()
        assert (made.recipient_office.code, made.agreed_use, made.state) == ("justice", "a court", "preparing")  # type: ignore[union-attr]
        assert RecipientChange.objects.latest("pk").reason == REASON["reason"]
        assert Message.objects.filter(recipient=desk).exists()

    def test_may_be_nobody_and_may_be_somebody_again(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1), by=planner)
        nobody = {"recipient_kind": "nobody", "recipient_office": "", "no_recipient_reason": "it ends"} | REASON
        assert bring_in(HandoverResource, here, rows(1, **nobody), by=planner).totals["update"] == 1
        assert Handover.objects.get().recipient_kind == "nobody"
        assert bring_in(HandoverResource, here, rows(1, no_recipient_reason="", **REASON), by=planner).totals[
            "update"
        ] == 1  # fmt: skip
        made = Handover.objects.get()
        assert (made.recipient_kind, made.no_recipient_reason) == ("country_team", "")

    def test_after_the_transfer_leaves_the_state(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1), by=planner)
        made = Handover.objects.get()
        for step in ("prepare", "offer", "accept", "transfer"):
            take(made, step, by=everybody(here), now=world.NOW, despite=Fact("report", world.TODAY))
        result = bring_in(HandoverResource, here, rows(1, recipient="the army", **REASON), by=planner)
        assert result.totals["update"] == 1
        made.refresh_from_db()
        assert (made.state, made.recipient) == ("transferred", "the army")


def everybody(here: Any) -> Any:
    by = world.person(Role.PLANNER, here)
    world.grant(by, Role.RESIDENT_COORDINATOR, here)
    return by


class TestWhatIsHandedOver:
    @pytest.mark.parametrize(("column", "value"), [("site", "S-1"), ("follows", "H-1")])
    def test_never_changes(self, here: Any, planner: Any, column: str, value: str) -> None:
        bring_in(HandoverResource, here, rows(2), by=planner)
        changed = rows(1, **{column: value, **({"task": ""} if column == "site" else {})}, **REASON)
        result = bring_in(HandoverResource, here, changed, by=planner)
        assert {name for _, errors in refused(result) for name in errors} <= {"task", "site", "follows"}
        assert len(refused(result)) == 1

    @pytest.mark.parametrize(("column", "value"), [("part", "of two towns"), ("area", ""), ("track", "records")])
    def test_once_in_words_changes_as_a_new_version_that_voids_what_was_accepted(
        self, here: Any, planner: Any, column: str, value: str
    ) -> None:
        bring_in(HandoverResource, here, rows(1), by=planner)
        assert bring_in(HandoverResource, here, rows(1, part="of one town"), by=planner).totals["update"] == 1
        made = Handover.objects.get()
        write_text(made, "The courts.", by=planner, now=world.NOW)
        for step in ("prepare", "offer", "accept"):
            take(made, step, by=everybody(here), now=world.NOW, despite=Fact("report", world.TODAY))
        changed = rows(1, **{"part": "of one town", column: value})
        assert [list(errors) for _, errors in refused(bring_in(HandoverResource, here, changed, by=planner))] == [
            ["reason"]
        ]
        assert bring_in(HandoverResource, here, [changed[0] | REASON], by=planner).totals["update"] == 1
        made.refresh_from_db()
        assert (made.state, made.texts.count()) == ("preparing", 2)
        assert "void" in StateChange.objects.about(made).latest("version").reason

    def test_stays_as_it_was_agreed_once_it_is_transferred(self, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1), by=planner)
        for step in ("prepare", "offer", "accept", "transfer"):
            take(Handover.objects.get(), step, by=everybody(here), now=world.NOW, despite=Fact("report", world.TODAY))
        result = bring_in(HandoverResource, here, rows(1, part="of two towns", **REASON), by=planner)
        assert [list(errors) for _, errors in refused(result)] == [["part"]]


class TestBothWays:
    @pytest.mark.parametrize("form", FORMATS)
    def test_what_came_out_comes_in_and_changes_nothing(self, here: Any, planner: Any, form: str) -> None:
        data = rows(len(FORMULAS))
        data[1]["follows"] = "H-0"
        bring_in(HandoverResource, here, data, by=planner)
        for made, text in zip(Handover.objects.order_by("code"), FORMULAS, strict=True):
            Handover.objects.filter(pk=made.pk).update(part=text, note=f"{text}\r\n{text}", source=text)
        dataset = as_file(HandoverResource, Handover.objects.all(), form)
        assert not [cell for row in dataset for cell in row if str(cell)[:1] in ("=", "+", "-", "@")]
        before = StateChange.objects.count(), HandoverPlan.objects.count(), RecipientChange.objects.count()
        assert bring_in(HandoverResource, here, dataset, by=planner).totals["skip"] == len(FORMULAS)
        assert (StateChange.objects.count(), HandoverPlan.objects.count(), RecipientChange.objects.count()) == before

    def test_goes_out_with_the_same_queries_for_many(
        self, here: Any, planner: Any, django_assert_num_queries: Any
    ) -> None:
        bring_in(HandoverResource, here, rows(30), by=planner)
        for queryset in (Handover.objects.filter(code="H-1"), Handover.objects.all()):
            with django_assert_num_queries(1):
                HandoverResource().export(queryset)

    def test_comes_in_with_the_same_queries_for_many(self, here: Any, planner: Any) -> None:
        planner.grants_in_force(now=world.NOW)
        counts = []
        for number in (2, 60):
            made = [{**row, "code": f"{number}-{row['code']}"} for row in rows(number)]
            with CaptureQueriesContext(connection) as asked:
                bring_in(HandoverResource, here, made, by=planner)
                moved = [{**row, "planned_on": "2020-12-24", "note": "later", **REASON} for row in made]
                assert bring_in(HandoverResource, here, moved, by=planner).totals["update"] == number
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestInTheAdmin:
    @pytest.fixture
    def browser(self, client: Any, planner: Any) -> Any:
        planner.is_staff = True
        planner.save()
        client.force_login(planner)
        return client

    def upload(self, browser: Any, here: Any, data: Any, kind: str) -> Any:
        content = table(data).export(kind)
        file = SimpleUploadedFile(f"rows.{kind}", content if isinstance(content, bytes) else content.encode())
        given = {"import_file": file, "format": list(reversed(FORMATS)).index(kind), "transition": here.pk}
        return browser.post(reverse("admin:handovers_handover_import"), given | {"resource": ""})

    @pytest.mark.parametrize("kind", FORMATS)
    def test_every_row_is_shown_before_it_is_confirmed(self, browser: Any, here: Any, kind: str) -> None:
        preview = self.upload(browser, here, rows(3), kind)
        assert all(row["code"] in preview.content.decode() for row in rows(3))
        assert not Handover.objects.exists()
        confirm = preview.context["confirm_form"].initial | {"resource": ""}
        browser.post(reverse("admin:handovers_handover_process_import"), confirm)
        assert Handover.objects.count() == 3

    def test_one_bad_row_leaves_nothing_to_confirm(self, browser: Any, here: Any) -> None:
        data = rows(3)
        data[1]["recipient_office"] = "unicef"
        preview = self.upload(browser, here, data, "csv")
        assert "There is no office “unicef” here. There are: justice" in preview.content.decode()
        assert not preview.context.get("confirm_form")

    def test_what_comes_out_is_what_one_may_see(self, client: Any, here: Any, planner: Any) -> None:
        bring_in(HandoverResource, here, rows(1), by=planner)
        bring_in(HandoverResource, here, [rows(2, marking="confidential", note="quiet")[1]], by=planner)
        user = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        user.is_staff = True
        user.save()
        client.force_login(user)
        names = {f"handoverresource_{name}": "on" for name in HandoverResource().fields}
        answer = client.post(reverse("admin:handovers_handover_export"), {"format": 1, "resource": "", **names})
        assert "H-0" in answer.content.decode()
        assert "H-1" not in answer.content.decode()
