from typing import Any

import pytest

from tests.reminders.conftest import at, owned
from transitions.access.permissions import Marking
from transitions.outbox.delivery import deliver
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


class TestLetter:
    def test_says_what_is_due_when(self, here: Any, mail: Any) -> None:
        item = owned(here, title="Close the base")
        sweep(now=at(-7))
        deliver(now=at(-7))
        text = mail.letters[0].content.decode()
        assert mail.reached == [item.owner.email]
        assert f"Subject: Due in 7 days: {item.code} Close the base, 1 December 2020" in text.replace("\r\n ", " ")

    def test_of_something_marked_carries_its_code_only(self, here: Any, mail: Any) -> None:
        item = owned(here, title="Move the witnesses", marking=Marking.CONFIDENTIAL)
        sweep(now=at(-7))
        deliver(now=at(-7))
        text = mail.letters[0].content.decode()
        assert item.code in text
        assert "witnesses" not in text

    def test_takes_the_same_queries_for_one_and_for_many(
        self, here: Any, mail: Any, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        for more in (1, 6):
            for _ in range(more):
                owned(here)
            sweep(now=at(-7))
            with django_assert_max_num_queries(60) as counted:
                deliver(now=at(-7))
            counts.append(len(counted) - more)  # one mark for each letter is right
        assert counts[0] == counts[1]
