"""The same answer given twice at once has one effect."""

from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from tests import world
from transitions.handovers.agreement import accept, write_text
from transitions.handovers.models import Acceptance, Handover
from transitions.workflow.engine import StepRefused
from transitions.workflow.models import StateChange


def at_once(*calls: Any) -> list[Exception]:
    ready, refused = Barrier(len(calls)), []

    def run(call: Any) -> None:
        ready.wait()
        try:
            call()
        except Exception as error:  # whatever it is, the test looks at it
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_who_accept_make_one_acceptance(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        first, second = (Handover.objects.select_related("transition").get(pk=offered.pk) for _ in range(2))
        refused = at_once(
            *(lambda one=one: accept(one, by=two_sides.recipient, now=world.NOW) for one in (first, second))
        )
        assert [type(error) for error in refused] == [StepRefused]
        assert Acceptance.objects.count() == 1
        assert StateChange.objects.about(offered).filter(step="accept").count() == 1

    def test_who_accept_and_change_the_words_never_leave_an_acceptance_of_other_words(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        first, second = (Handover.objects.select_related("transition").get(pk=offered.pk) for _ in range(2))
        at_once(
            lambda: accept(first, by=two_sides.recipient, now=world.NOW),
            lambda: write_text(second, "Other words.", by=two_sides.planner, now=world.NOW),
        )
        offered.refresh_from_db()
        assert offered.state == "preparing"
        assert all(given.text.number == 1 for given in Acceptance.objects.all())
