from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import world
from transitions.access.permissions import Role
from transitions.workflow.engine import Fact, StepRefused, take
from transitions.workflow.models import OpenItem
from transitions.workflow.open_items import close_item, name_owner

pytestmark = pytest.mark.django_db
NOW = world.NOW


@pytest.fixture
def item(here):
    take(world.milestone(here, hard=True), "finish", by=world.founder(), now=NOW, despite=Fact("report", NOW.date()))
    return OpenItem.objects.get()


class TestNameOwner:
    def test_names_who_remains_and_until_when(self, here, item):
        office, desk = world.office(here, "country_team"), world.person(Role.HEADQUARTERS_DESK, here)
        name_owner(item, office=office, due_on=date(2021, 6, 30), by=desk, now=NOW)
        item = OpenItem.objects.get()
        assert (item.residual_office, item.due_on) == (office, date(2021, 6, 30))

    def test_needs_somebody_of_this_transition(self, here, item):
        for wrong, field in (({}, "residual_owner"), ({"office": world.office(world.transition())}, "residual_office")):
            with pytest.raises(ValidationError) as refused:
                name_owner(item, by=world.founder(), now=NOW, **wrong)
            assert list(refused.value.message_dict) == [field]

    def test_is_not_for_everybody(self, here, item):
        for other in (world.person(Role.UNCT_FOCAL_POINT, here), world.person(Role.PLANNER, world.transition())):
            with pytest.raises(PermissionDenied):
                name_owner(item, owner=other, by=other, now=NOW)


class TestCloseItem:
    def test_says_how_and_by_whom(self, here, item):
        office = world.office(here, "country_team")
        name_owner(item, office=office, by=world.founder(), now=NOW)
        of_the_office = world.person(Role.UNCT_FOCAL_POINT, here, at=office)
        close_item(item, how="The police has the case.", by=of_the_office, now=NOW)
        item = OpenItem.objects.get()
        assert (item.how, item.closed_by, item.closed_at) == ("The police has the case.", of_the_office, NOW)

    def test_is_refused_twice_and_without_saying_how(self, here, item):
        with pytest.raises(ValidationError) as refused:
            close_item(item, how=" ", by=world.founder(), now=NOW)
        assert list(refused.value.message_dict) == ["how"]
        stale = OpenItem.objects.get()
        close_item(item, how="Done.", by=world.founder(), now=NOW)
        for late in (lambda: close_item(stale, how="No.", by=world.founder(), now=NOW),
                     lambda: name_owner(stale, owner=world.founder(), by=world.founder(), now=NOW)):  # fmt: skip
            with pytest.raises(StepRefused) as refused:
                late()
            assert refused.value.code == "wrong-state"

    def test_is_not_for_others(self, here, item):
        with pytest.raises(PermissionDenied):
            close_item(item, how="Done.", by=world.person(Role.UNCT_FOCAL_POINT, here), now=NOW)
