from pathlib import Path
from typing import Any

import pytest
from knox.models import AuthToken

from tests import world
from tests.benchmarks import files
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse


@pytest.fixture
def here(db: Any) -> Any:
    return world.transition("under_way", time_zone="America/Port-au-Prince", host_country="Haiti")


@pytest.fixture
def set_up(here: Any, tmp_path: Path) -> Any:
    """A transition with the made-up benchmark and its four indicators."""
    outcome = files.bring_tables(here, tmp_path, **files.SET_UP)
    assert outcome.written, outcome.refused
    return here


@pytest.fixture
def clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


@pytest.fixture
def api(client: Any, clock: None) -> Any:
    """`api(user)` is a client that carries the user's token."""

    class Api:
        def __call__(self, user: Any) -> "Api":
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {AuthToken.objects.create(user)[1]}"
            return self

        def get(self, path: str, **query: Any) -> Any:
            return client.get(f"/api/v1/{path}", query)

        def post(self, path: str, **body: Any) -> Any:
            return client.post(f"/api/v1/{path}", body, content_type="application/json")

    return Api()
