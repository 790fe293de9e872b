import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def demo(db: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`demo("2021-06-30T06:00Z")` loads the demonstration up to that instant, as `make run` does."""
    settings.LOCAL_DIR, settings.EMBEDDED = tmp_path, True

    def load(until: str = "", **options: Any) -> None:
        monkeypatch.setitem(os.environ, "REHEARSAL_NOW", until)
        call_command("load_demo", **options)

    return load
