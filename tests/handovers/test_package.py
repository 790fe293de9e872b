"""Every installation has a package for each kind of recipient."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps

from tests import world
from transitions.handovers.models import Handover, PackageTemplateItem, RecipientKind, Site
from transitions.handovers.recipients import propose
from transitions.workflow.engine import Fact

MIGRATION = import_module("transitions.handovers.migrations.0003_default_package_and_first_plans")


@pytest.mark.django_db
class TestDefaults:
    def test_are_there_for_every_kind_but_nobody(self) -> None:
        PackageTemplateItem.objects.all().delete()
        PackageTemplateItem.objects.create(recipient_kind="community", title="Contacts", position=7)
        MIGRATION.fill_templates(apps, None)
        kinds = set(PackageTemplateItem.objects.values_list("recipient_kind", flat=True))
        assert kinds == {*RecipientKind.values} - {RecipientKind.NOBODY}
        assert PackageTemplateItem.objects.filter(recipient_kind="community").count() == 9
        assert PackageTemplateItem.objects.get(recipient_kind="community", title="Contacts").position == 7


class TestAHandover:
    def test_that_begins_past_its_offer_has_no_package_to_complete(self, two_sides: SimpleNamespace) -> None:
        PackageTemplateItem.objects.get_or_create(recipient_kind="community", title="Contacts")
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Base")
        given = {"transition": two_sides.here, "code": "H-9", "site": site, "recipient_kind": "community"}
        fact = Fact("report", world.TODAY)
        [made] = propose([Handover(**given)], by=two_sides.planner, now=world.NOW, source=fact, state="transferred")
        assert not made.package.exists()
