from pathlib import Path
from typing import Any

import pytest

from tests import world
from tests.benchmarks import files
from transitions.access.models import User
from transitions.access.permissions import Role


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
def provider(here: Any) -> User:
    return world.person(Role.PROVIDER, here)


@pytest.fixture
def verifier(here: Any) -> User:
    return world.person(Role.VERIFIER, here)
