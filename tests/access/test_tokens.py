from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from tests import world

pytestmark = pytest.mark.django_db


class TestCreateToken:
    def test_prints_one_that_works_alone_on_its_line(self, client) -> None:
        printed = StringIO()
        call_command("create_token", world.person().username, stdout=printed)
        [token] = printed.getvalue().splitlines()
        answer = client.get("/api/v1/transitions/", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200

    def test_is_refused_for_who_is_unknown_or_no_longer_active(self) -> None:
        gone = world.person()
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
        for name, why in (("nobody", "no user"), (gone.username, "not active")):
            with pytest.raises(CommandError, match=why):
                call_command("create_token", name)
        assert not AuthToken.objects.exists()
