from typing import Any

import pytest

from tests import world
from tests.reminders.conftest import at, owned, told
from transitions.access.permissions import Role
from transitions.missions.models import Area, Pause
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
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

    def test_of_an_area_covers_its_parts_and_one_of_a_phase_its_items(self, here: Any) -> None:
        state = Area.objects.create(transition=here, code="south", name="South Darfur")
        part = Area.objects.create(transition=here, code="kalma", name="Kalma", parent=state)
        phase = world.phase(here)
        world.pause(here, area=state)
        world.pause(here, phase=phase)
        owned(here, area=part)
        owned(here, phase=phase)
        outside = owned(here)
        assert len(told(at(0))) == 1
        assert Message.objects.get(suppressed_at=None).thing_id == outside.pk

    @pytest.mark.parametrize("kind", ["mandate", "report", "agreement", "funding"])
    def test_never_quiets_what_others_have_set(self, here: Any, paused: Pause, kind: str) -> None:
        owned(here, kind=kind)
        assert told(at(0)) == [("provider", 0)]

    def test_that_begins_before_a_reminder_has_left_holds_it_back_until_it_is_over(self, here: Any, mail: Any) -> None:
        owned(here)
        sweep(now=at(-1))
        pause = world.pause(here, now=at(-1))
        assert deliver(now=at(-1)).withdrawn == 1
        assert told(at(-1)) == []
        take(pause, "resume", by=world.person(Role.HEAD_OF_MISSION, here), now=at(-1))
        Message.objects.filter(kind="workflow.step_taken").delete()
        assert told(at(-1)) == [("provider", -1)]
        assert deliver(now=at(-1)).sent == 1
