from typing import Any

import pytest
from django.core.management import call_command

from tests import world
from tests.reminders.conftest import at, owned
from transitions.clock import present
from transitions.outbox.models import Message

pytestmark = pytest.mark.django_db


class TestRemind:
    def run(self, capsys: Any, *args: str) -> str:
        call_command("remind", *args)
        return str(capsys.readouterr().out.strip().splitlines()[-1])

    def test_for_the_same_instant_sends_nothing_the_second_time(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        owned(here)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == "queued 1 sent 1 suppressed 0 withdrawn 0 failed 0"
        assert present.now() >= at(0)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == "queued 0 sent 0 suppressed 0 withdrawn 0 failed 0"

    def test_for_the_past_of_a_rehearsal_moves_nothing(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(at(0))
        owned(here)
        assert self.run(capsys, "--now", "2020-11-24T06:00Z").startswith("queued 1 sent 1")
        assert present.now() >= at(0)

    def test_writes_nothing_on_a_dry_run(self, here: Any, mail: Any, capsys: Any) -> None:
        owned(here)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z", "--dry-run").startswith("queued 1 sent 0")
        assert not Message.objects.exists()
        assert mail.letters == []

    def test_outside_a_rehearsal_sends_for_the_present_only(self, here: Any) -> None:
        with pytest.raises(Exception, match="--dry-run"):
            call_command("remind", "--now", "2020-12-01T06:00Z")

    @pytest.mark.parametrize("text", ["soon", "2020-12-01", "2020-12-01T06:00", "2020-13-01T06:00Z"])
    def test_a_wrong_instant_is_refused(self, text: str) -> None:
        with pytest.raises(Exception, match="is not an instant"):
            call_command("remind", "--now", text)
