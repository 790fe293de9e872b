import hashlib

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.workflow.engine import StepRefused, take
from transitions.workflow.evidence import add_evidence
from transitions.workflow.models import Evidence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def add(thing, by, **fields):
    return add_evidence(thing, **{"title": "Minutes", "text": "Signed.", "by": by, "now": world.NOW} | fields)


class TestAddEvidence:
    def test_clears_the_way_for_a_hard_milestone(self, here):
        item = world.milestone(here, hard=True)
        add(item, world.founder())
        assert take(item, "finish", by=world.founder(), now=world.NOW).state == "done"

    def test_keeps_the_file_whole_with_its_sum(self, here):
        body = b"x" * 200_000
        kept = add(world.milestone(here), world.founder(), text="", file=SimpleUploadedFile("../a.pdf", body))
        kept = Evidence.objects.get(pk=kept.pk)
        with kept.file.open() as file:
            assert file.read() == body
        assert kept.sha256 == hashlib.sha256(body).hexdigest()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"title": " "}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"text": " "}, "text"),
            ({"marking": "top_secret"}, "marking"),
        ],
    )
    def test_names_the_field_that_is_wrong_and_keeps_nothing(self, here, wrong, field):
        with pytest.raises(ValidationError) as refused:
            add(world.milestone(here), world.founder(), **wrong)
        assert list(refused.value.message_dict) == [field]
        assert not Evidence.objects.exists()

    def test_is_marked_as_its_thing_or_higher(self, here):
        item = world.milestone(here, marking="confidential")
        assert add(item, world.founder()).marking == "confidential"
        assert add(item, world.founder(), marking="strictly_confidential").marking == "strictly_confidential"
        with pytest.raises(ValidationError) as refused:
            add(item, world.founder(), marking="unclassified")
        assert list(refused.value.message_dict) == ["marking"]

    def test_is_judged_by_the_marking_that_the_thing_has_now(self, here):
        item = world.milestone(here)
        type(item).objects.filter(pk=item.pk).update(marking="confidential")
        assert add(item, world.founder()).marking == "confidential"

    def test_is_open_to_the_owner_and_the_owning_office(self, here):
        office = world.office(here, "government")
        owner = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        colleague = world.person(Role.GOVERNMENT_FOCAL_POINT, here, at=office)
        item = world.milestone(here, owner=owner, owner_office=office)
        assert add(item, owner).by == owner
        assert add(item, colleague).by == colleague

    def test_is_closed_to_others_here_and_to_planners_of_other_transitions(self, here):
        item = world.milestone(here, owner_office=world.office(here))
        elsewhere = world.person(Role.PLANNER, world.transition())
        auditor = world.person(Role.AUDITOR, here, at=item.owner_office)
        for other in (elsewhere, auditor, world.person(Role.GOVERNMENT_FOCAL_POINT, here)):
            with pytest.raises(PermissionDenied):
                add(item, other)

    def test_is_closed_to_an_owner_whose_time_here_is_over(self, here):
        owner = world.person(Role.GOVERNMENT_FOCAL_POINT, here, until=world.NOW.date().replace(month=9))
        with pytest.raises(PermissionDenied):
            add(world.milestone(here, owner=owner), owner)

    def test_to_a_thing_deleted_meanwhile_is_refused_as_stale(self, here):
        phase = world.phase(here)
        type(phase).objects.filter(pk=phase.pk).delete()
        with pytest.raises(StepRefused) as refused:
            add(phase, world.founder())
        assert refused.value.code == "stale"


class TestEvidenceFile:
    @pytest.fixture
    def kept(self, here):
        file = ContentFile(b"<script>alert(1)</script>", "page.html")
        return add(world.milestone(here, marking="confidential"), world.founder(), file=file)

    def test_is_a_download_for_those_who_may_see_its_thing(self, client, here, kept):
        client.force_login(world.person(Role.PLANNER, here))
        answer = client.get(f"/evidence/{kept.pk}/")
        assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]

    def test_is_not_there_for_others(self, client, here, kept):
        elsewhere = world.person(Role.PLANNER, world.transition())
        uncleared = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        superuser = User.objects.create_superuser("root")
        for other in (elsewhere, uncleared, superuser):
            client.force_login(other)
            assert client.get(f"/evidence/{kept.pk}/").status_code == 404

    def test_is_not_there_where_the_evidence_is_marked_higher_than_its_thing(self, client, here):
        kept = add(world.milestone(here), world.founder(), file=ContentFile(b"x", "x"), marking="confidential")
        client.force_login(world.person(Role.GOVERNMENT_FOCAL_POINT, here))
        assert client.get(f"/evidence/{kept.pk}/").status_code == 404

    def test_is_not_there_where_the_evidence_is_a_text(self, client, here):
        kept = add(world.milestone(here), world.founder())
        client.force_login(world.founder())
        assert client.get(f"/evidence/{kept.pk}/").status_code == 404

    def test_sends_a_stranger_to_sign_in(self, client, kept):
        answer = client.get(f"/evidence/{kept.pk}/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
