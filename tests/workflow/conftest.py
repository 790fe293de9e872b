import pytest

from tests import world
from transitions.access.permissions import Role


@pytest.fixture
def here():
    return world.transition("under_way")


@pytest.fixture
def planner(here):
    return world.person(Role.PLANNER, here)
