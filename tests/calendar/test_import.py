"""Milestones in and out as a table. One bad row among a hundred: named, and nothing is changed."""

from datetime import date, datetime, time
from typing import Any

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import TextField as Text
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from import_export.formats.base_formats import CSV, XLSX

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.calendar.models import Milestone, Redating
from transitions.calendar.resources import MilestoneResource
from transitions.calendar.versions import approve_version
from transitions.workflow.engine import take
from transitions.workflow.models import StateChange

pytestmark = pytest.mark.django_db
COLUMNS = ["code", "title", "kind", "pillar", "due_date", "hard", "marking"]


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    world.pillar(it)
    return it


def rows(number: int) -> list[list[Any]]:
    return [[f"N-{i}", f"Item {i}", "milestone", "security", "2020-12-01", "no", "unclassified"] for i in range(number)]


def table(data: list[list[Any]], columns: list[str] = COLUMNS) -> Any:
    return tablib.Dataset(*data, headers=columns)


def bring_in(here: Any, dataset: Any, *, by: Any = None, dry_run: bool = False) -> Any:
    resource = MilestoneResource(transition=here, by=by or world.person(Role.PLANNER, here), now=world.NOW)
    return resource.import_data(dataset, dry_run=dry_run)


def refused(result: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(row.number, row.error_dict) for row in result.invalid_rows]


class TestImport:
    def test_enters_through_the_calendar_s_own_door(self, here: Any) -> None:
        result = bring_in(here, table(rows(3)))
        assert result.totals["new"] == 3
        made = Milestone.objects.get(code="N-1")
        assert (made.state, made.due_on, made.pillar.code) == ("planned", date(2020, 12, 1), "security")
        assert Redating.objects.filter(milestone=made).count() == 1
        assert StateChange.objects.about(made).count() == 1

    def test_again_changes_nothing(self, here: Any) -> None:
        bring_in(here, table(rows(3)))
        history = StateChange.objects.count(), Redating.objects.count()
        assert bring_in(here, table(rows(3))).totals["skip"] == 3
        assert (StateChange.objects.count(), Redating.objects.count()) == history

    @pytest.mark.parametrize(
        ("column", "value", "field"),
        [
            ("due_date", "03/04/2020", "due_on"),
            ("due_date", "0020-12-01", "due_on"),
            ("title", "A\0B", "title"),
            ("title", "x" * 301, "title"),
            ("pillar", "economy", "pillar"),
            ("hard", "perhaps", "hard"),
            ("marking", "secret", "marking"),
            ("title", "", "title"),
            ("code", "N-1", "code"),
        ],
    )
    def test_with_one_bad_row_among_a_hundred_changes_nothing(
        self, here: Any, column: str, value: str, field: str
    ) -> None:
        data = rows(100)
        data[56][COLUMNS.index(column)] = value
        result = bring_in(here, table(data))
        assert [(number, list(errors)) for number, errors in refused(result)] == [(57, [field])]
        assert not Milestone.objects.exists()
        assert not StateChange.objects.filter(thing_type="calendar.milestone").exists()

    def test_moves_a_date_only_with_its_reason(self, here: Any) -> None:
        bring_in(here, table(rows(2)))
        moved = [[*row[:4], "2020-12-24", *row[5:]] for row in rows(2)]
        assert [list(errors) for _, errors in refused(bring_in(here, table(moved)))] == [["reason"], ["reason"]]
        assert set(Milestone.objects.values_list("due_on", flat=True)) == {date(2020, 12, 1)}
        with_reason = table([[*row, "rains", "conditions"] for row in moved], [*COLUMNS, "reason", "drivers"])
        assert bring_in(here, with_reason).totals["update"] == 2
        row = Redating.objects.last()
        assert (row.reason, row.drivers, row.due_on) == ("rains", ["conditions"], date(2020, 12, 24))

    def test_moves_nothing_that_is_done_and_for_no_driver_that_is_not_known(self, here: Any) -> None:
        bring_in(here, table(rows(2)))
        take(Milestone.objects.get(code="N-0"), "finish", by=world.founder(), now=world.NOW)
        moved = [[*row[:4], "2020-12-24", *row[5:], "rains", "weather"] for row in rows(2)]
        result = bring_in(here, table(moved, [*COLUMNS, "reason", "drivers"]))
        assert [list(errors) for _, errors in refused(result)] == [["due_on"], ["drivers"]]

    def test_reads_the_dates_of_a_spreadsheet(self, here: Any) -> None:
        midnight = datetime.combine(date(2020, 12, 1), time.min)
        bring_in(here, table([["N-1", "Item", midnight]], ["code", "title", "due_date"]))
        assert Milestone.objects.get().due_on == date(2020, 12, 1)

    def test_touches_nothing_that_the_person_does_not_see(self, here: Any) -> None:
        world.milestone(here, code="N-1", marking=Marking.STRICTLY_CONFIDENTIAL)
        lead = world.person(Role.PILLAR_LEAD, here)
        result = bring_in(here, table(rows(3)), by=lead)
        assert [(number, list(errors)) for number, errors in refused(result)] == [(2, ["code"])]
        assert Milestone.objects.count() == 1

    def test_takes_the_same_queries_for_many(self, here: Any) -> None:
        by = world.person(Role.PLANNER, here)
        moved = [[*row[:4], "2020-12-24", *row[5:], "rains"] for row in rows(60)]
        by.grants_in_force(now=world.NOW)
        counts = []
        for number in (2, 60):
            Milestone.objects.filter(code__startswith="N").update(code=Concat(Value("old"), "pk", output_field=Text()))
            with CaptureQueriesContext(connection) as asked:
                bring_in(here, table(rows(number)), by=by)
                bring_in(here, table(moved[:number], [*COLUMNS, "reason"]), by=by)
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_reads_what_it_will_overwrite_behind_the_lock(self, here: Any) -> None:
        with CaptureQueriesContext(connection) as asked:
            bring_in(here, table(rows(1)))
        texts = [query["sql"] for query in asked]
        lock = next(i for i, text in enumerate(texts) if text.endswith("FOR NO KEY UPDATE"))
        assert lock < next(i for i, text in enumerate(texts) if 'FROM "calendar_milestone"' in text)

    def test_never_types_a_state(self, here: Any) -> None:
        bring_in(here, table([["N-1", "Item", "milestone", "unclassified", "done", 9]],
                             ["code", "title", "kind", "marking", "state", "version"]))  # fmt: skip
        assert Milestone.objects.get().state == "planned"

    @pytest.mark.parametrize(
        ("columns", "said"),
        [(["code", "colour"], "colour"), (["title"], "code"), (["code", "title", "title"], "title")],
    )
    def test_refuses_columns_that_cannot_be_read(self, here: Any, columns: list[str], said: str) -> None:
        result = bring_in(here, table([["x"] * len(columns)], columns))
        assert said in str(result.base_errors[0].error)
        assert not Milestone.objects.exists()

    def test_refuses_people_who_do_not_plan(self, here: Any) -> None:
        auditor = bring_in(here, table(rows(1)), by=world.person(Role.AUDITOR, here))
        assert "planner" in str(auditor.base_errors[0].error)
        assert not Milestone.objects.exists()

    def test_only_tries_on_a_dry_run(self, here: Any) -> None:
        assert bring_in(here, table(rows(2)), dry_run=True).totals["new"] == 2
        assert not Milestone.objects.exists()


class TestInTheAdmin:
    @pytest.fixture
    def planner(self, client: Any, here: Any) -> Any:
        user = world.person(Role.PLANNER, here)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    def upload(self, browser: Any, here: Any, data: list[list[Any]], kind: str) -> Any:
        content = table(data).export(kind)
        file = SimpleUploadedFile(f"calendar.{kind}", content if isinstance(content, bytes) else content.encode())
        number = {"xlsx": 0, "csv": 1}[kind]
        url = reverse("admin:calendar_milestone_import")
        return browser.post(url, {"import_file": file, "format": number, "transition": here.pk, "resource": ""})

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_is_previewed_and_then_confirmed(self, planner: Any, here: Any, kind: str) -> None:
        preview = self.upload(planner, here, rows(2), kind)
        assert not Milestone.objects.exists()
        confirm = preview.context["confirm_form"].initial | {"resource": ""}
        planner.post(reverse("admin:calendar_milestone_process_import"), confirm)
        assert Milestone.objects.count() == 2

    def test_one_bad_row_among_a_hundred_leaves_nothing_to_confirm(self, planner: Any, here: Any) -> None:
        data = rows(100)
        data[56][4] = "03/04/2020"
        preview = self.upload(planner, here, data, "csv")
        text = preview.content.decode()
        assert "write it like 2020-12-31" in text
        assert "57" in text
        assert not preview.context.get("confirm_form")
        assert not Milestone.objects.exists()

    def test_into_another_transition_is_refused(self, planner: Any, here: Any) -> None:
        other = world.transition("under_way")
        self.upload(planner, other, rows(1), "csv")
        assert not Milestone.objects.exists()


class TestExport:
    TITLES = ("=1+1", "+1", "-5 % of the ceiling", "@home", "'=quoted", "plain")

    @pytest.fixture
    def calendar(self, here: Any) -> Any:
        area = here.areas.create(code="north", name="North")
        for number, title in enumerate(self.TITLES):
            world.milestone(here, code=f"OPEN-{number}", title=title, pillar=world.pillar(here), area=area,
                            owner_office=world.office(here))  # fmt: skip
        return here

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_can_be_brought_in_again_and_changes_nothing(self, calendar: Any, kind: str) -> None:
        content = {"csv": CSV, "xlsx": XLSX}[kind]().export_data(MilestoneResource().export(Milestone.objects.all()))
        dataset = tablib.Dataset().load(content, format=kind)
        assert not [title for title in dataset["title"] if title[0] in "=+-@"]
        assert bring_in(calendar, dataset).totals["skip"] == len(self.TITLES)
        assert set(Milestone.objects.values_list("title", flat=True)) == set(self.TITLES)

    def test_takes_the_same_queries_for_many(self, calendar: Any, django_assert_num_queries: Any) -> None:
        every = Milestone.objects.all()
        for queryset in (every.filter(code="OPEN-1"), every):
            with django_assert_num_queries(3):  # transitions, the versions' dates, the milestones with their places
                MilestoneResource().export(queryset)

    def test_tells_slip_against_the_approved_version_and_none_where_there_is_none(self, here: Any) -> None:
        item = world.milestone(here, code="A")
        approve_version(here, by=world.person(Role.HEAD_OF_MISSION, here), now=world.NOW)
        redate(item, date(2020, 11, 26), by=world.founder(), now=world.NOW, reason="sooner")
        world.milestone(here, code="B")
        dataset = MilestoneResource().export(Milestone.objects.order_by("code"))
        assert dataset["slip_days"] == [-5, ""]

    def test_holds_what_one_may_see(self, client: Any, here: Any) -> None:
        world.milestone(here, code="OPEN-1", title="=1+1", pillar=world.pillar(here))
        world.milestone(here, code="HIDDEN-1", marking=Marking.CONFIDENTIAL)
        world.milestone(world.transition("under_way"), code="OTHER-1")
        user = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        user.is_staff = True
        user.save()
        client.force_login(user)
        names = {f"milestoneresource_{name}": "on" for name in MilestoneResource().fields}
        answer = client.post(
            reverse("admin:calendar_milestone_export"), {"format": 1, "resource": "", **names}
        ).content.decode()
        dataset = tablib.Dataset().load(answer, format="csv")
        assert (dataset["code"], dataset["title"], dataset["slip_days"]) == (["OPEN-1"], ["'=1+1"], [""])
