from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps

from tests import world
from transitions.access.permissions import Role
from transitions.handovers.agreement import write_text
from transitions.handovers.models import Dimension, Handover, Level, MandatedTask, RecipientKind
from transitions.handovers.recipients import assess, propose
from transitions.workflow.engine import take


@pytest.fixture(autouse=True)
def default_packages(db: Any) -> None:
    """As a migration fills them: a transactional test of another file may have emptied every table."""
    import_module("transitions.handovers.migrations.0003_default_package_and_first_plans").fill_templates(apps, None)


@pytest.fixture
def two_sides(db: Any) -> SimpleNamespace:
    """A transition with a planner, and a country team office that is to take a task over."""
    here = world.transition("under_way")
    theirs = world.office(here, "country_team", head=world.person(None))
    return SimpleNamespace(
        here=here, theirs=theirs, planner=world.person(Role.PLANNER, here), other=world.person(Role.PLANNER, here),
        head=world.person(Role.HEAD_OF_MISSION, here), recipient=world.person(Role.UNCT_FOCAL_POINT, here, at=theirs),
        elsewhere=world.person(Role.UNCT_FOCAL_POINT, here, at=world.office(here, "country_team")),
        desk=world.person(Role.HEADQUARTERS_DESK, here),
    )  # fmt: skip


@pytest.fixture
def handover(two_sides: SimpleNamespace) -> Handover:
    """Proposed, to the country team office."""
    code = f"T-{next(world.number)}"
    task = MandatedTask.objects.create(transition=two_sides.here, code=code, title="Courts")
    [made] = propose(
        [Handover(transition=two_sides.here, code=f"H-{next(world.number)}", task=task,
                  recipient_kind=RecipientKind.COUNTRY_TEAM, recipient_office=two_sides.theirs)],
        by=two_sides.planner, now=world.NOW,
    )  # fmt: skip
    return made


@pytest.fixture
def offered(two_sides: SimpleNamespace, handover: Handover) -> Handover:
    by, now = two_sides.planner, world.NOW
    take(handover, "prepare", by=by, now=now)
    handover.package.update(provided_on=world.TODAY)
    write_text(handover, "The courts of three towns.", by=by, now=now)
    assess(handover, Dimension.STAFF, Level.READY, evidence="seen", by=by, now=now)
    take(handover, "offer", by=by, now=now)
    return handover


@pytest.fixture
def here(db: Any) -> Any:
    """A transition with one of everything that a row of a table may name."""
    it = world.transition("under_way", slug="unmx")
    world.pillar(it)
    for code in ("justice", "ddr"):
        it.sectors.create(code=code, name=code)
    it.areas.create(code="north", name="North")
    world.instrument(it.mission, symbol="S/RES/2429")
    world.office(it, code="undp", side="country_team")
    return it


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)
