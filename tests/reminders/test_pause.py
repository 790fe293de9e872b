from typing import Any

import pytest

from tests import world
from tests.reminders.conftest import at, owned, told
from transitions.access.permissions import Role
from transitions.missions.models import Pause
from transitions.outbox.models import Message
from transitions.workflow.engine import begin, take

pytestmark = pytest.mark.django_db


class TestPause:
    @pytest.fixture
    def paused(self, here: Any) -> Pause:
        head = world.person(Role.HEAD_OF_MISSION, here)
        [pause] = begin([Pause(transition=here, reason="fighting", asked_by="the Government")], by=head, now=at(-60))
        return pause

    def test_keeps_soft_items_quiet_and_hard_ones_due(self, here: Any, paused: Pause) -> None:
        soft, hard = owned(here), owned(here, hard=True)
        report = owned(here, kind="report")
        assert len(told(at(-7))) == 2
        quiet = Message.objects.get(suppressed_at__isnull=False)
        assert quiet.thing_id == soft.pk
        assert "pause" in quiet.why_not
        assert {hard.pk, report.pk} == set(
            Message.objects.filter(suppressed_at=None).values_list("thing_id", flat=True)
        )

    def test_is_followed_by_the_latest_rung_once_it_is_over(self, here: Any, paused: Pause) -> None:
        owned(here)
        assert told(at(-7)) == told(at(-1)) == []
        take(paused, "resume", by=world.person(Role.HEAD_OF_MISSION, here), now=at(0))
        Message.objects.filter(kind="workflow.step_taken").delete()
        assert told(at(0)) == [("provider", 0)]

    def test_of_another_pillar_changes_nothing(self, here: Any) -> None:
        head = world.person(Role.HEAD_OF_MISSION, here)
        other = Pause(transition=here, pillar=world.pillar(here, "political"), reason="talks", asked_by="them")
        begin([other], by=head, now=at(-60))
        owned(here)
        assert told(at(0)) == [("provider", 0)]
