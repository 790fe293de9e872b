"""The admin shows what would become of every row, and then does just that."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from benchmarks.exporting import tables_of, write_workbook
from benchmarks.models import Benchmark, Measurement
from tests import world
from tests.benchmarks.files import SET_UP, bring, bring_tables, update, write
from transitions.access.permissions import Role

pytestmark = pytest.mark.django_db
PAGE, CONFIRM, EXPORT = (
    f"admin:benchmarks_transfer{more}" for more in ("", "_confirm", "_export")
)  # fmt: skip


def sign_in(client: Any, user: Any) -> Any:
    user.is_staff = True
    user.save()
    client.force_login(user)
    return client


@pytest.fixture
def browser(client: Any, here: Any) -> Any:
    return sign_in(client, world.person(Role.PLANNER, here))


def upload(browser: Any, here: Any, folder: Path) -> Any:
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    return browser.post(reverse(PAGE), {"transition": here.slug, "files": files})


def confirm(browser: Any, here: Any, preview: Any) -> Any:
    return browser.post(reverse(CONFIRM), {"transition": here.slug, "token": preview.context["token"]})


class TestAnImport:
    def test_is_previewed_row_by_row_and_then_confirmed(self, browser: Any, here: Any, tmp_path: Path) -> None:
        preview = upload(browser, here, write(tmp_path / "f", **SET_UP, updates=[update("1.1", value="2")]))
        text = preview.content.decode()
        assert text.count('data-row="added"') == 9
        assert "1.1 in S/1" in text
        assert not Benchmark.objects.exists()
        assert confirm(browser, here, preview).status_code == 302
        assert Measurement.objects.get().value == 2
        assert "9 rows" not in text

    def test_shows_what_changes(self, browser: Any, here: Any, tmp_path: Path) -> None:
        bring_tables(here, tmp_path, **SET_UP)
        row = SET_UP["indicators"][1] | {"target_value": "120"}
        text = upload(browser, here, write(tmp_path / "f", indicators=[row])).content.decode()
        assert 'data-row="changed"' in text
        assert "definition 2, with another target_value" in text

    def test_with_a_refused_row_has_nothing_to_confirm(self, browser: Any, here: Any, tmp_path: Path) -> None:
        preview = upload(browser, here, write(tmp_path / "f", **SET_UP, updates=[update("1.1", value="x<y")]))
        text = preview.content.decode()
        assert (preview.status_code, preview.context["token"], text.count("<tr data-refused")) == (400, "", 1)
        assert "x&lt;y" in text
        assert not Benchmark.objects.exists()

    def test_that_would_be_another_by_now_is_shown_anew(self, browser: Any, here: Any, tmp_path: Path) -> None:
        preview = upload(browser, here, write(tmp_path / "f", **SET_UP))
        bring_tables(here, tmp_path, benchmarks=[{"code": "1", "statement": "Others were quicker"}])
        answer = confirm(browser, here, preview)
        assert (answer.status_code, "nothing was imported" in answer.content.decode()) == (409, True)
        assert confirm(browser, here, answer).status_code == 302

    def test_is_confirmed_once_and_by_the_same_person(
        self, browser: Any, client: Any, here: Any, tmp_path: Path
    ) -> None:
        preview = upload(browser, here, write(tmp_path / "f", **SET_UP))
        other = sign_in(type(client)(), world.person(Role.PLANNER, here))
        assert confirm(other, here, preview).status_code == 409
        assert confirm(browser, here, preview).status_code == 302
        assert confirm(browser, here, preview).status_code == 409

    def test_by_who_does_not_plan_is_refused(self, client: Any, here: Any, tmp_path: Path) -> None:
        reader = sign_in(client, world.person(Role.AUDITOR, here))
        answer = upload(reader, here, write(tmp_path / "f", **SET_UP))
        assert (answer.status_code, "needs the permission" in answer.content.decode()) == (403, True)

    def test_into_what_one_does_not_see_is_not_there(self, browser: Any, tmp_path: Path) -> None:
        other = world.transition("under_way")
        assert upload(browser, other, write(tmp_path / "f", **SET_UP)).status_code == 404
        assert other.name not in browser.get(reverse(PAGE)).content.decode()

    def test_of_no_table_says_so(self, browser: Any, here: Any) -> None:
        answer = browser.post(reverse(PAGE), {"transition": here.slug, "files": SimpleUploadedFile("a.txt", b"x")})
        assert (answer.status_code, "none of the tables" in answer.content.decode()) == (400, True)
        assert browser.post(reverse(PAGE), {"transition": here.slug}).status_code == 400

    def test_is_a_link_above_the_list(self, browser: Any) -> None:
        assert reverse(PAGE) in browser.get(reverse("admin:benchmarks_benchmark_changelist")).content.decode()


class TestAnExport:
    def test_is_a_workbook_that_comes_in_again(self, browser: Any, here: Any, tmp_path: Path) -> None:
        bring_tables(here, tmp_path, **SET_UP, updates=[update("1.1", value="2")])
        answer = browser.get(reverse(EXPORT), {"transition": here.slug})
        content = b"".join(answer.streaming_content)
        assert load_workbook(BytesIO(content)).sheetnames == [
            "reports", "benchmarks", "indicators", "updates", "rollups",
        ]  # fmt: skip
        (tmp_path / "book.xlsx").write_bytes(content)
        assert not bring(here, tmp_path / "book.xlsx").changes
        assert browser.get(reverse(EXPORT), {"transition": here.slug, "format": "zip"}).status_code == 200

    def test_of_what_one_does_not_see_is_not_there(self, browser: Any, here: Any) -> None:
        other = world.transition("under_way")
        assert browser.get(reverse(EXPORT), {"transition": other.slug}).status_code == 404
        assert browser.get(reverse(EXPORT), {"transition": here.slug, "format": "exe"}).status_code == 404


class TestAWorkbook:
    def test_is_previewed_as_well(self, browser: Any, here: Any, tmp_path: Path) -> None:
        other = world.transition("under_way")
        bring_tables(other, tmp_path, **SET_UP)
        file = BytesIO()
        write_workbook(tables_of(other, user=world.founder(), now=world.NOW), file)
        files = SimpleUploadedFile("book.xlsx", file.getvalue())
        preview = browser.post(reverse(PAGE), {"transition": here.slug, "files": files})
        assert confirm(browser, here, preview).status_code == 302
        assert Benchmark.objects.filter(transition=here).count() == 1
