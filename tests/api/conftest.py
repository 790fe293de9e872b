import pytest


@pytest.fixture(autouse=True)
def the_clock(clock: None) -> None:
    """Every test of the API asks on the day of `tests.world`."""
