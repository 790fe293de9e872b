"""Tasks and sites in and out as tables. One bad row among a hundred: named, and nothing is changed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import world
from tests.tables import FORMATS, FORMULAS, as_file, bring_in, refused, table
from transitions.access.permissions import Marking, Role
from transitions.handovers.models import MandatedTask, Site
from transitions.handovers.resources import MandatedTaskResource, SiteResource

pytestmark = pytest.mark.django_db


def tasks(number: int, **fields: Any) -> list[dict[str, Any]]:
    given = {
        "transition": "unmx", "title": "Courts", "pillar": "security", "sectors": "justice; ddr", "area": "north",
        "instrument": "S/RES/2429", "staff": "12", "yearly_cost_usd": "1200000.50", "continues": "yes",
        "external_codes": "UNDP-1;UNDP-2", "naming_office": "undp", "naming_due_on": "2020-12-01",
        "marking": "unclassified",
    } | fields  # fmt: skip
    return [{"code": f"T-{position}", **given} for position in range(number)]


def sites(number: int, **fields: Any) -> list[dict[str, Any]]:
    given = {"name": "Team site", "area": "north", "latitude": "-12.5", "longitude": "24.88",
             "marking": "unclassified"} | fields  # fmt: skip
    return [{"code": f"S-{position}", **given} for position in range(number)]


class TestTasks:
    def test_come_in_with_all_that_a_task_has(self, here: Any, planner: Any) -> None:
        assert bring_in(MandatedTaskResource, here, tasks(3), by=planner).totals["new"] == 3
        made = MandatedTask.objects.get(code="T-1")
        assert (made.staff, made.yearly_cost_usd, made.naming_due_on) == (12, Decimal("1200000.50"), date(2020, 12, 1))
        assert (made.instrument.symbol, made.naming_office.code, made.area.code) == ("S/RES/2429", "undp", "north")  # type: ignore[union-attr]
        assert made.external_codes == ["UNDP-1", "UNDP-2"]
        assert {sector.code for sector in made.sectors.all()} == {"justice", "ddr"}

    def test_are_changed_where_the_file_says_so_and_nowhere_else(self, here: Any, planner: Any) -> None:
        bring_in(MandatedTaskResource, here, tasks(2), by=planner)
        rows = [{"code": "T-0", "sectors": "ddr"}, {"code": "T-1", "sectors": "ddr;justice"}]
        totals = bring_in(MandatedTaskResource, here, rows, by=planner).totals
        assert (totals["update"], totals["skip"]) == (1, 1)
        made = MandatedTask.objects.get(code="T-0")
        assert [sector.code for sector in made.sectors.all()] == ["ddr"]
        assert (made.title, made.staff) == ("Courts", 12)

    @pytest.mark.parametrize(
        ("column", "value"),
        [("title", "x" * 301), ("title", ""), ("pillar", "economy"), ("sectors", "justice;police"), ("area", "west"),
         ("instrument", "S/RES/1"), ("staff", "many"), ("staff", "-3"), ("staff", "1.5"), ("staff", "NaN"),
         ("yearly_cost_usd", "1,200"), ("yearly_cost_usd", "1e99"), ("continues", "perhaps"),
         ("naming_office", "unicef"), ("naming_owner", "nobody"), ("naming_due_on", "03/04/2020"),
         ("marking", "secret"), ("note", "a\0b"), ("code", "T-1"), ("code", " "), ("transition", "unmy")],
    )  # fmt: skip
    def test_with_one_bad_row_among_a_hundred_change_nothing(
        self, here: Any, planner: Any, column: str, value: str
    ) -> None:
        rows = tasks(100)
        rows[56][column] = value
        [(number, errors)] = refused(bring_in(MandatedTaskResource, here, rows, by=planner))
        assert (number, list(errors)) == (57, [column])
        told = " ".join(errors[column])
        assert not value.strip() or "\0" in value or value[:40] in told or value.split(";")[-1] in told
        assert not MandatedTask.objects.exists()

    def test_that_the_importer_may_not_see_are_neither_changed_nor_told_of(self, here: Any, planner: Any) -> None:
        bring_in(MandatedTaskResource, here, tasks(1, marking="strictly_confidential"), by=planner)
        lead = world.person(Role.PILLAR_LEAD, here)
        result = bring_in(MandatedTaskResource, here, tasks(2, title="Mine"), by=lead)
        assert [(number, list(errors)) for number, errors in refused(result)] == [(1, ["code"])]
        assert MandatedTask.objects.get().title == "Courts"

    def test_leave_the_same_trail_as_at_the_page(self, here: Any, planner: Any) -> None:
        bring_in(MandatedTaskResource, here, tasks(1), by=planner)
        bring_in(MandatedTaskResource, here, tasks(1, title="Prisons"), by=planner)
        events = MandatedTask.objects.get().events.order_by("pk")  # type: ignore[attr-defined]
        assert [event.title for event in events] == ["Courts", "Prisons"]

    def test_take_the_same_queries_for_many(self, here: Any, planner: Any) -> None:
        planner.grants_in_force(now=world.NOW)
        counts = []
        for number in (2, 60):
            MandatedTask.sectors.through._default_manager.all().delete()
            MandatedTask.objects.all().delete()
            with CaptureQueriesContext(connection) as asked:
                bring_in(MandatedTaskResource, here, tasks(number), by=planner)
                bring_in(MandatedTaskResource, here, tasks(number, title="Prisons", sectors="ddr"), by=planner)
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_are_read_behind_the_lock(self, here: Any, planner: Any) -> None:
        with CaptureQueriesContext(connection) as asked:
            bring_in(MandatedTaskResource, here, tasks(1), by=planner)
        texts = [query["sql"] for query in asked]
        lock = next(i for i, text in enumerate(texts) if text.endswith("FOR NO KEY UPDATE"))
        assert lock < next(i for i, text in enumerate(texts) if 'FROM "handovers_mandatedtask"' in text)


class TestSites:
    def test_come_in_with_their_position(self, here: Any, planner: Any) -> None:
        assert bring_in(SiteResource, here, sites(2), by=planner).totals["new"] == 2
        made = Site.objects.get(code="S-1")
        assert (made.latitude, made.longitude) == (Decimal("-12.5"), Decimal("24.88"))

    @pytest.mark.parametrize("wrong", [{"latitude": "north"}, {"latitude": "1234567"}, {"latitude": ""}])
    def test_have_a_whole_position_or_none(self, here: Any, planner: Any, wrong: dict[str, str]) -> None:
        result = bring_in(SiteResource, here, sites(1, **wrong), by=planner)
        assert [list(errors) for _, errors in refused(result)] == [["latitude"]]
        assert not Site.objects.exists()


class TestEach:
    KINDS = ((MandatedTaskResource, tasks), (SiteResource, sites))

    @pytest.mark.parametrize(("kind", "rows"), KINDS)
    def test_twice_changes_nothing(self, here: Any, planner: Any, kind: Any, rows: Any) -> None:
        bring_in(kind, here, rows(3), by=planner)
        assert bring_in(kind, here, rows(3), by=planner).totals["skip"] == 3

    @pytest.mark.parametrize(("kind", "rows"), KINDS)
    def test_is_only_tried_on_a_dry_run(self, here: Any, planner: Any, kind: Any, rows: Any) -> None:
        assert bring_in(kind, here, rows(2), by=planner, dry_run=True).totals["new"] == 2
        assert not kind._meta.model.objects.exists()

    @pytest.mark.parametrize(("kind", "rows"), KINDS)
    @pytest.mark.parametrize("columns", [["code", "colour"], ["title"], ["code", "note", "note"]])
    def test_with_columns_that_cannot_be_read_is_refused(
        self, here: Any, planner: Any, kind: Any, rows: Any, columns: list[str]
    ) -> None:
        result = bring_in(kind, here, tablib.Dataset(["x"] * len(columns), headers=columns), by=planner)
        assert result.base_errors
        assert not kind._meta.model.objects.exists()

    @pytest.mark.parametrize(("kind", "rows"), KINDS)
    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.UNCT_FOCAL_POINT, Role.HEAD_OF_MISSION])
    def test_is_the_planner_s(self, here: Any, kind: Any, rows: Any, role: Role) -> None:
        result = bring_in(kind, here, rows(1), by=world.person(role, here))
        assert "planner" in str(result.base_errors[0].error)
        assert not kind._meta.model.objects.exists()

    @pytest.mark.parametrize(("kind", "rows"), KINDS)
    @pytest.mark.parametrize("form", FORMATS)
    def test_goes_out_as_it_came_in(self, here: Any, planner: Any, kind: Any, rows: Any, form: str) -> None:
        data = rows(len(FORMULAS))
        bring_in(kind, here, data, by=planner)
        name = "title" if kind is MandatedTaskResource else "name"
        for thing, text in zip(kind._meta.model.objects.order_by("code"), FORMULAS, strict=True):
            kind._meta.model.objects.filter(pk=thing.pk).update(**{name: text, "note": f"{text}\r\n{text}"})
        dataset = as_file(kind, kind._meta.model.objects.all(), form)
        assert not [cell for row in dataset for cell in row if str(cell)[:1] in ("=", "+", "-", "@")]
        assert bring_in(kind, here, dataset, by=planner).totals["skip"] == len(FORMULAS)
        assert set(kind._meta.model.objects.values_list(name, flat=True)) == set(FORMULAS)

    @pytest.mark.parametrize(("kind", "rows"), KINDS)
    def test_goes_out_with_the_same_queries_for_many(
        self, here: Any, planner: Any, django_assert_num_queries: Any, kind: Any, rows: Any
    ) -> None:
        bring_in(kind, here, rows(30), by=planner)
        every = kind._meta.model.objects.all()
        for queryset in (every.filter(code__endswith="-1"), every):
            with django_assert_num_queries(1):
                kind().export(queryset)


class TestInTheAdmin:
    PAGES = (("mandatedtask", tasks), ("site", sites))

    @pytest.fixture
    def browser(self, client: Any, planner: Any) -> Any:
        planner.is_staff = True
        planner.save()
        client.force_login(planner)
        return client

    def upload(self, browser: Any, here: Any, page: str, rows: Any, kind: str = "csv") -> Any:
        content = table(rows).export(kind)
        file = SimpleUploadedFile(f"rows.{kind}", content if isinstance(content, bytes) else content.encode())
        given = {"import_file": file, "format": list(reversed(FORMATS)).index(kind), "transition": here.pk}
        return browser.post(reverse(f"admin:handovers_{page}_import"), given | {"resource": ""})

    @pytest.mark.parametrize(("page", "rows"), PAGES)
    @pytest.mark.parametrize("kind", FORMATS)
    def test_every_row_is_shown_before_it_is_confirmed(
        self, browser: Any, here: Any, page: str, rows: Any, kind: str
    ) -> None:
        preview = self.upload(browser, here, page, rows(3), kind)
        text = preview.content.decode()
        model = {"mandatedtask": MandatedTask, "site": Site}[page]
        assert all(row["code"] in text for row in rows(3))
        assert not model._default_manager.exists()
        confirm = preview.context["confirm_form"].initial | {"resource": ""}
        browser.post(reverse(f"admin:handovers_{page}_process_import"), confirm)
        assert model._default_manager.count() == 3

    @pytest.mark.parametrize(("page", "rows"), PAGES)
    def test_one_bad_row_among_a_hundred_leaves_nothing_to_confirm(
        self, browser: Any, here: Any, page: str, rows: Any
    ) -> None:
        data = rows(100)
        data[56]["area"] = "the west"
        preview = self.upload(browser, here, page, data)
        text = preview.content.decode()
        assert "There is no area “the west” here. There are: north." in text
        assert "57" in text
        assert not preview.context.get("confirm_form")

    @pytest.mark.parametrize(("page", "rows"), PAGES)
    def test_only_into_a_transition_that_one_plans(self, browser: Any, here: Any, page: str, rows: Any) -> None:
        other = world.transition("under_way", slug="other")
        answer = self.upload(browser, other, page, rows(1))
        assert not answer.context.get("confirm_form")

    def test_holds_what_one_may_see(self, client: Any, here: Any, planner: Any) -> None:
        bring_in(MandatedTaskResource, here, tasks(1, title="=1+1"), by=planner)
        MandatedTask.objects.create(transition=here, code="HIDDEN", title="x", marking=Marking.CONFIDENTIAL)
        MandatedTask.objects.create(transition=world.transition("under_way"), code="OTHER", title="x")
        user = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        user.is_staff = True
        user.save()
        client.force_login(user)
        names = {f"mandatedtaskresource_{name}": "on" for name in MandatedTaskResource().fields}
        answer = client.post(reverse("admin:handovers_mandatedtask_export"), {"format": 1, "resource": "", **names})
        dataset = tablib.Dataset().load(answer.content.decode(), format="csv")
        assert (dataset["code"], dataset["title"], dataset["transition"]) == (["T-0"], ["'=1+1"], ["unmx"])
