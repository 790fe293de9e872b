import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings


@pytest.fixture
def demo(db: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`demo("2021-06-30T06:00Z")` loads the demonstration up to that instant, as `make run` does."""
    settings.LOCAL_DIR, settings.EMBEDDED = tmp_path, True

    def load(until: str = "", **options: Any) -> None:
        monkeypatch.setitem(os.environ, "REHEARSAL_NOW", until)
        call_command("load_demo", **options)

    return load


@pytest.fixture(scope="session")
def replayed(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[Path]]:
    """`with replayed("2021-06-30T06:00Z")`: the demonstration for as long as that lasts, once for many tests."""

    @contextmanager
    def replay(until: str = "") -> Iterator[Path]:
        folder = tmp_path_factory.mktemp("demo")
        with (
            django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patched,
            override_settings(LOCAL_DIR=folder, EMBEDDED=True),
        ):  # fmt: skip
            patched.setenv("REHEARSAL_NOW", until)
            call_command("load_demo")
            yield folder
            transaction.set_rollback(True)

    return replay


@pytest.fixture(scope="class")
def default_day(replayed: Any) -> Iterator[Path]:
    """For the tests of a class. Where it keeps its files."""
    with replayed() as folder:
        yield folder
