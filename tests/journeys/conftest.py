"""People in real browsers: who they are, how they sign in, and how they press a button."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def people(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The demonstration on 2 December 2020: the mandate expires in a month. Role → name:password."""
    settings.LOCAL_DIR, settings.EMBEDDED, settings.MEDIA_ROOT = tmp_path, True, tmp_path / "media"
    monkeypatch.setitem(os.environ, "REHEARSAL_NOW", "2020-12-02T06:00Z")
    call_command("load_demo")
    return dict(line.split("=", 1) for line in (tmp_path / "credentials").read_text().splitlines())


@pytest.fixture
def window(chromium: Any) -> Iterator[Callable[[], Any]]:
    """A window for each person: a browser context of its own, so that nobody shares a cookie."""
    opened = []

    def open_one() -> Any:
        opened.append(chromium.new_context(viewport={"width": 1280, "height": 900}))
        return opened[-1].new_page()

    yield open_one
    for context in opened:
        context.close()


def sign_in(page: Any, address: str, name_and_password: str) -> None:
    name, password = name_and_password.split(":", 1)
    page.goto(f"{address}/admin/login/?next=/admin/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{address}/admin/")


def press(page: Any, button: Any) -> None:
    with page.expect_navigation():
        button.click()
