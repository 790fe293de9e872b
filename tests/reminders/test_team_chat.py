"""What a team's chat hears of an item: the latest, like a person, though it has copies of what many were told."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from tests.reminders.conftest import at, owned
from transitions.outbox.kinds import Letter, letters
from transitions.outbox.models import Address, Message
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


def heard(of: Any, days: int) -> list[int]:
    """The rungs of which a letter is written to this address, or to people."""
    waiting = list(Message.objects.waiting().filter(address=of))
    written = letters(waiting, now=at(days))
    return sorted(one.payload["rung"] for one in waiting if isinstance(written[one.pk], Letter))


@pytest.fixture
def team(here: Any) -> Any:
    by = here.grants.first().user
    return Address.objects.create(name="team", channel="chat", url="slack://y", transition=here, created_by=by)


class TestATeamChat:
    def test_hears_the_latest_rung_alone_after_it_could_not_be_reached(self, here: Any, team: Any) -> None:
        owned(here)
        for days in (-7, -1, 0):
            sweep(now=at(days))
        assert heard(team, 0) == [0]

    def test_hears_the_latest_rung_alone_of_one_late_sweep(self, here: Any, team: Any) -> None:
        owned(here)
        sweep(now=at(7))
        assert heard(None, 7) == [1, 7]  # the owner and the pillar's lead
        assert heard(team, 7) == [7]

    def test_hears_of_every_item_and_day(self, here: Any, team: Any) -> None:
        owned(here)
        owned(here, due_on=date(2020, 12, 2))
        sweep(now=at(0))
        assert heard(team, 0) == [-1, 0]

    def test_is_not_named_to_people_as_one_who_was_told(self, here: Any, team: Any) -> None:
        item = owned(here)
        sweep(now=at(-1))
        Message.objects.update(sent_at=timezone.now())
        sweep(now=at(7))
        late = Message.objects.filter(thing_id=item.pk, payload__rung=7)
        written = letters(late, now=at(7))
        assert len(written) == 2  # the pillar's lead and the team, in one batch
        for letter in written.values():
            assert isinstance(letter, Letter)
            assert f"Told before you: {item.owner}." in letter.text
