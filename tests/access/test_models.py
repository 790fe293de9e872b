from datetime import date, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from tests import world
from tests.filled import filled
from transitions.access.models import Grant, User, holders, may, may_anywhere, roles_of
from transitions.access.permissions import POSTS, Marking, Permission, Role
from transitions.calendar.models import Milestone
from transitions.missions.models import Transition
from transitions.workflow.models import AboutAThing

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.NOW.date()
LATE = NOW.replace(hour=22, minute=30)  # the next day has begun in Khartoum


@pytest.fixture
def here():
    return world.transition("under_way")


def seeable():
    """Every model whose rows are seen through `visible_to`, the rooms' own ones."""
    rooms = [model for model in apps.get_models() if model.__module__.startswith(("transitions.", "benchmarks."))]
    return [model for model in rooms if hasattr(model._default_manager.all(), "visible_to")]


FOR_WHO_SETS_UP = {"outbox.Address"}  # keys to somebody's room: not for everybody who reads


def row_of(model, here):
    if model is Transition:
        return here
    given = {}
    if issubclass(model, AboutAThing):
        given = about(here)
    if model._meta.label == "calendar.Dependency":
        given = about(here, "first") | about(here, "then")
    if model._meta.label == "calendar.Kept":
        given = {"item": filled(apps.get_model("calendar.AffectedItem"), here, **about(here))}
    return filled(model, here, **given)


def about(here, end="thing"):
    return {f"{end}_type": "calendar.milestone", f"{end}_id": world.milestone(here).pk}


def sees(person, row, now=NOW):
    return type(row)._default_manager.all().visible_to(person, now=now).filter(pk=row.pk).exists()


class TestVisibleTo:
    @pytest.mark.parametrize("model", seeable(), ids=lambda model: model._meta.label)
    def test_of_every_model_shows_it_to_its_own_people_alone(self, model, here):
        row = row_of(model, here)
        public = getattr(model, "belongs_to", "transition") == ""
        reader = Role.PLANNER if model._meta.label in FOR_WHO_SETS_UP else Role.AUDITOR
        assert sees(world.person(reader, here), row)
        assert sees(world.person(reader), row)  # a grant for all transitions
        assert sees(world.person(reader, world.transition()), row) == public
        for stranger in (world.person(), User.objects.create_superuser("root"), AnonymousUser()):
            assert not sees(stranger, row)

    @pytest.mark.parametrize("role", Role)
    def test_goes_as_far_as_the_roles_clearance(self, here, role):
        person = world.person(role, here)
        seen = [marking for marking in Marking if sees(person, world.milestone(here, marking=marking))]
        assert seen == Marking.up_to(POSTS[role].clearance)

    def test_takes_the_highest_clearance_of_several_roles(self, here):
        person = world.person(Role.PROVIDER, here)
        world.grant(person, Role.AUDITOR, here)
        assert sees(person, world.milestone(here, marking="strictly_confidential"))

    def test_adds_up_roles_here_and_everywhere(self, here):
        elsewhere = world.transition("under_way")
        person = world.person(Role.PROVIDER)
        world.grant(person, Role.AUDITOR, here)
        for of, expected in ((here, [True, True]), (elsewhere, [True, False])):
            found = [sees(person, world.milestone(of, marking=marking)) for marking in ("unclassified", "confidential")]
            assert found == expected

    def test_of_evidence_asks_for_its_own_marking_and_that_of_its_thing(self, here):
        provider = world.person(Role.PROVIDER, here)
        marked = {"thing_type": "calendar.milestone"}
        open_one, closed = world.milestone(here), world.milestone(here, marking="confidential")
        evidence = apps.get_model("workflow.Evidence")
        assert sees(provider, filled(evidence, here, thing_id=open_one.pk, **marked))
        assert not sees(provider, filled(evidence, here, thing_id=closed.pk, **marked))
        assert not sees(provider, filled(evidence, here, thing_id=open_one.pk, marking="confidential", **marked))

    @pytest.mark.parametrize(
        ("model", "parent"),
        [
            pytest.param(model, field.name, id=f"{model._meta.label}.{field.name}")
            for model in seeable()
            for field in model._meta.fields
            if field.is_relation and not field.null and "marking" in {f.name for f in field.related_model._meta.fields}
        ],
    )
    def test_of_a_part_of_something_marked_asks_for_that_marking(self, here, model, parent):
        item = filled(model._meta.get_field(parent).related_model, here, marking="confidential")
        row = filled(model, here, **{parent: item})
        assert sees(world.person(Role.PLANNER, here), row)
        assert not sees(world.person(Role.PROVIDER, here), row)

    def test_ends_with_the_grant_in_the_transitions_own_zone(self, here):
        person, item = world.person(Role.PLANNER, here, until=TODAY), world.milestone(here)
        later = world.person(Role.PLANNER, here, from_date=TODAY + timedelta(days=1))
        assert [sees(person, item, now) for now in (NOW, LATE)] == [True, False]
        assert [sees(later, item, now) for now in (NOW, LATE)] == [False, True]

    def test_costs_one_query_for_the_grants_and_one_for_the_rows(self, here, django_assert_num_queries):
        person = User.objects.get(pk=world.person(Role.PLANNER, here).pk)
        for _ in range(3):
            world.grant(person, Role.AUDITOR, world.transition())
        with django_assert_num_queries(2):
            list(Milestone.objects.visible_to(person, now=NOW))


class TestMay:
    @pytest.mark.parametrize("role", Role)
    def test_gives_a_role_its_permissions_and_no_other(self, here, role):
        person = world.person(role, here)
        held = {permission for permission in Permission if may(person, permission, here, now=NOW)}
        assert held == POSTS[role].permissions
        assert all(may_anywhere(person, permission, now=NOW) == (permission in held) for permission in Permission)

    def test_stays_in_its_transition_and_its_days(self, here):
        person = world.person(Role.PLANNER, here, from_date=TODAY, until=TODAY)
        assert not may(person, Permission.PLAN, world.transition(), now=NOW)
        at = {days: may(person, Permission.PLAN, here, now=NOW + timedelta(days=days)) for days in (-1, 0, 1)}
        assert at == {-1: False, 0: True, 1: False}
        assert not may(person, Permission.PLAN, here, now=LATE)
        assert not may_anywhere(person, Permission.PLAN, now=LATE)

    def test_is_nothing_for_a_superuser_a_stranger_or_somebody_inactive(self, here):
        root = User.objects.create_superuser("root")
        gone = world.person(Role.PLANNER, here)
        gone.is_active = False
        for nobody in (root, gone, AnonymousUser(), None):
            assert not may(nobody, Permission.VIEW, here, now=NOW)
            assert not may_anywhere(nobody, Permission.VIEW, now=NOW)

    def test_is_not_asked_of_djangos_own_permissions(self, here):
        root = User.objects.create_superuser("root")
        assert not root.has_perm("calendar.change_milestone")
        assert not root.has_module_perms("calendar")
        assert not root.has_perms(["calendar.view_milestone"])


class TestHolders:
    def test_are_those_in_office_the_officer_in_charge_among_them(self, here):
        head = world.person(Role.HEAD_OF_MISSION, here)
        officer = world.person(Role.HEAD_OF_MISSION, here, acting=True, from_date=TODAY, until=TODAY)
        everywhere = world.person(Role.HEAD_OF_MISSION)
        world.person(Role.HEAD_OF_MISSION, world.transition())
        world.person(Role.DEPUTY_HEAD, here)
        gone = world.person(Role.HEAD_OF_MISSION, here)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        found = {day: list(holders(here.pk, [Role.HEAD_OF_MISSION], on=day)) for day in (TODAY, date(2020, 11, 1))}
        assert found[TODAY] == [head, officer, everywhere]
        assert found[date(2020, 11, 1)] == [head, everywhere]


class TestGrant:
    def test_of_one_person_may_be_several_roles(self, here):
        person = world.person(Role.DEPUTY_HEAD, here)
        world.grant(person, Role.RESIDENT_COORDINATOR, here)
        assert roles_of(person, here, now=NOW) == {Role.DEPUTY_HEAD, Role.RESIDENT_COORDINATOR}

    @pytest.mark.parametrize(
        ("wrong", "constraint"),
        [
            (lambda here: {"transition": here}, "grant_has_an_office"),
            (lambda here: {"office": world.office(here)}, "grant_for_all_has_no_office"),
            (lambda here: {"from_date": TODAY, "until": date(2020, 1, 1)}, "grant_ends_after_it_begins"),
        ],
    )
    def test_that_makes_no_sense_is_refused_by_the_database(self, here, wrong, constraint):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Grant.objects.create(user=world.person(), role=Role.PLANNER, **wrong(here))

    def test_is_not_given_twice(self, here):
        person = world.person(Role.AUDITOR)
        with pytest.raises(IntegrityError, match="a_role_once"), transaction.atomic():
            world.grant(person, Role.AUDITOR)

    def test_leaves_a_trail(self, here):
        given = world.person(Role.AUDITOR).grants.get()
        trail = apps.get_model("access.GrantEvent").objects.filter(pgh_obj_id=given.pk)
        given.delete()
        assert [row.pgh_label for row in trail.order_by("pgh_id")] == ["insert", "delete"]
