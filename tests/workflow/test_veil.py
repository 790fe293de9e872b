"""A marked thing that holds another one back is not named to who may not see it, in no way out."""

from typing import Any

import pytest

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.outbox.kinds import letters
from transitions.outbox.models import Message
from transitions.status.history import history_of, told
from transitions.workflow.engine import Blocked, Override, available, take
from transitions.workflow.panels_of_a_thing import panels_of
from transitions.workflow.veil import UNSEEN

pytestmark = pytest.mark.django_db
NOW = world.NOW


@pytest.fixture
def held() -> Any:
    """Anybody's milestone that waits for one that few may see."""
    here = world.transition("under_way")
    first = world.milestone(here, code="M-SECRET", title="Move the witnesses", marking=Marking.STRICTLY_CONFIDENTIAL)
    then = world.milestone(here, owner_office=world.office(here, "government"))
    world.wait(then, first)
    return then


@pytest.fixture
def outsider(held: Any) -> Any:
    return world.person(Role.GOVERNMENT_FOCAL_POINT, held.transition, at=held.owner_office)


def says(sentences: Any) -> str:
    return "named" if "witnesses" in str(sentences) else "veiled" if UNSEEN in str(sentences) else "nothing"


class TestABlocker:
    def test_keeps_its_code_and_loses_the_name(self, held: Any, outsider: Any) -> None:
        [blocker] = {step.name: found for step, found in available(held, by=outsider, now=NOW)}["finish"]
        assert (blocker.code, blocker.sentence, blocker.open) == ("predecessor_not_done", UNSEEN, None)

    def test_is_named_to_who_may_see_it(self, held: Any) -> None:
        planner = world.person(Role.PLANNER, held.transition)
        assert says(available(held, by=planner, now=NOW)) == "named"

    def test_is_veiled_in_the_refusal_too(self, held: Any, outsider: Any) -> None:
        with pytest.raises(Blocked) as refused:
            take(held, "finish", by=outsider, now=NOW)
        assert says(refused.value) == "veiled"


class TestWhatWasPassedOver:
    @pytest.fixture
    def passed(self, held: Any) -> Any:
        world.person(Role.HEADQUARTERS_DESK, held.transition)
        head = world.person(Role.HEAD_OF_MISSION, held.transition)
        take(held, "finish", by=head, now=NOW, despite=Override("The host asked for it"))
        return held

    @pytest.mark.parametrize(("role", "seen"), [(Role.GOVERNMENT_FOCAL_POINT, "veiled"), (Role.AUDITOR, "named")])
    def test_is_told_as_far_as_the_reader_may_see(self, passed: Any, role: Role, seen: str) -> None:
        reader = world.person(role, passed.transition)
        rows = list(history_of(passed.transition, user=reader, now=NOW))
        [of_override] = [row["passed_over"] for row in told(rows, user=reader, now=NOW) if row["passed_over"]]
        assert says(of_override) == seen
        assert says(panels_of(passed, by=reader, now=NOW)["history"]) == seen

    def test_is_never_named_in_a_letter(self, passed: Any) -> None:
        assert [says(letter.text) for letter in letters(Message.objects.all(), now=NOW).values()] == ["veiled"]
