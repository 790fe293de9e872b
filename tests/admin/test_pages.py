"""Every admin page: what may be seen, who may change it, and that no state can be typed."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from tests import world
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse

pytestmark = pytest.mark.django_db
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in PAGES if model.__module__.startswith(("transitions.", "benchmarks."))]
OWN = ["outbox.Absence", "outbox.Address", "outbox.Preference"]  # everybody keeps their own, whatever their role
NEVER_TYPED = {"state", "version", "recorded_at", "by", "closed_at", "owed_on", "sha256"}


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    world.milestone(it)
    return it


class TestTheRehearsal:
    def test_is_said_on_every_page(self, client: Any, as_: Any, here: Any) -> None:
        said = "Rehearsal: the clock stands at 1 October 2020"
        assert said in client.get(reverse("admin:login")).content.decode()
        browser = as_(world.person(Role.PLANNER, here))
        item = here.milestones.get()
        for path in (reverse("admin:index"), url(type(item), "changelist"), url(type(item), "change", item.pk), "/"):
            assert said in browser.get(path).content.decode()


class TestEveryPage:
    @pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR, Role.GOVERNMENT_FOCAL_POINT, Role.HEADQUARTERS_DESK])
    def test_opens_or_says_that_it_may_not(self, as_: Any, here: Any, role: Role) -> None:
        browser = as_(world.person(role, here))
        assert browser.get(reverse("admin:index")).status_code == 200
        for model in OURS:
            listed = browser.get(url(model, "changelist"))
            assert listed.status_code in (200, 403), model
            assert browser.get(url(model, "add")).status_code in (200, 403), model
            for row in model._base_manager.all()[:2]:
                opened = browser.get(url(model, "change", row.pk))
                assert opened.status_code in (200, 302, 403), (model, opened.status_code)

    def test_has_no_field_for_what_the_program_writes(self, rf: Any, here: Any) -> None:
        request = rf.get("/")
        request.user = world.person(Role.PLANNER, here)
        pages = [admin.site._registry[model] for model in OURS]
        for page in pages:
            if not page.has_add_permission(request) and not page.has_change_permission(request):
                continue
            form = page.get_form(request)
            assert not NEVER_TYPED & set(form.base_fields), page

    def test_of_another_transition_is_not_there(self, as_: Any, here: Any) -> None:
        other = world.transition("under_way")
        item = world.milestone(other, title="Not for you")
        browser = as_(world.person(Role.PLANNER, here))
        assert browser.get(url(type(item), "change", item.pk)).status_code == 302  # Django's way: back to the index
        assert browser.post(url(type(item), "act", item.pk, "step"), {"step": "start", "version": 1}).status_code == 404
        assert "Not for you" not in browser.get(url(type(item), "changelist")).content.decode()
        assert other.name not in browser.get(url(type(item), "changelist")).content.decode()
        item.refresh_from_db()
        assert item.version == 1

    def test_is_for_reading_only_for_the_auditor(self, as_: Any, here: Any) -> None:
        browser = as_(world.person(Role.AUDITOR, here))
        for model in OURS:
            if model._meta.label in OWN:
                continue
            assert browser.get(url(model, "add")).status_code == 403, model
            assert browser.post(url(model, "add"), {}).status_code == 403, model
        item = here.milestones.get()
        assert browser.post(url(type(item), "change", item.pk), {"title": "Mine"}).status_code == 403
        assert browser.post(url(type(item), "act", item.pk, "step"), {"step": "start", "version": 1}).status_code == 403

    def test_takes_the_same_queries_for_few_and_for_many(
        self, as_: Any, here: Any, django_assert_max_num_queries: Any
    ) -> None:
        browser = as_(world.person(Role.PLANNER, here))
        counts = []
        for more in (2, 8):
            for _ in range(more):
                office, pillar = world.office(here), world.pillar(here, f"p{world.number.__next__()}")
                world.milestone(here, owner_office=office, pillar=pillar, owner=world.person(Role.PROVIDER, here))
            counts.append({})
            for model in OURS:
                with django_assert_max_num_queries(80) as counted:
                    browser.get(url(model, "changelist"))
                counts[-1][model._meta.label] = len(counted)
            item = here.milestones.last()
            with django_assert_max_num_queries(80) as counted:
                browser.get(url(type(item), "change", item.pk))
            counts[-1]["a milestone"] = len(counted)
        assert counts[0] == counts[1]
