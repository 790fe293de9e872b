"""Readiness is of the recipient that stands: what was seen of an earlier one does not count, on any day."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from tests import world
from transitions.handovers.agreement import change_agreed, write_text
from transitions.handovers.at_a_day import handovers_at
from transitions.handovers.models import Dimension, Handover, Level
from transitions.handovers.recipients import assess, change_recipient
from transitions.status.reader import view_of
from transitions.workflow.engine import Blocked, Fact, take

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.TODAY
STAFF = {"staff": "ready"}


def later(days: int) -> Any:
    return NOW + timedelta(days=days)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def seen(handover: Handover, *, by: Any, now: Any, dimension: str = Dimension.STAFF, **fact: Any) -> None:
    given = Fact("visit", **fact) if fact else None
    assess(handover, dimension, Level.READY, evidence="seen", by=by, now=now, fact=given)


def to_the_town(handover: Handover, *, by: Any, now: Any, fact: Fact | None = None, name: str = "The town") -> None:
    change_recipient(handover, kind="community", name=name, by=by, now=now, reason="decree", fact=fact)


def levels(handover: Handover, by: Any, *, now: Any, **clocks: date) -> dict[str, str]:
    [row] = handovers_at([handover.transition_id], view_of(handover.transition, user=by, now=now, **clocks))
    return row.readiness_by_dimension


class TestReadinessOfAnEarlierRecipient:
    def test_does_not_count_any_more_and_counts_on_the_days_before(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        by, now = two_sides.planner, later(20)
        to_the_town(offered, by=by, now=later(10))
        assert levels(offered, by, now=now) == {}
        assert levels(offered, by, now=now, as_of=day(9)) == STAFF
        assert levels(offered, by, now=now, known_at=day(9)) == STAFF
        assert levels(offered, by, now=now, as_of=day(10), known_at=day(10)) == {}
        seen(offered, by=by, now=now, dimension=Dimension.SKILLS)
        assert levels(offered, by, now=now) == {"skills": "ready"}

    def test_holds_the_next_offer_back(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        by, now = two_sides.planner, later(10)
        to_the_town(offered, by=by, now=now)
        write_text(offered, "The courts, for the town.", by=by, now=now)
        offered.package.update(provided_on=TODAY)
        with pytest.raises(Blocked) as refused:
            take(offered, "offer", by=by, now=now)
        assert [blocker.code for blocker in refused.value.blockers] == ["recipient_not_assessed"]
        seen(offered, by=by, now=now)
        take(offered, "offer", by=by, now=now)

    def test_is_marked_so_on_the_page(self, client: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        to_the_town(offered, by=two_sides.planner, now=later(10))
        seen(offered, by=two_sides.planner, now=later(11), dimension=Dimension.SKILLS)
        client.force_login(two_sides.planner)
        two_sides.planner.is_staff = True
        two_sides.planner.save()
        text = client.get(reverse("admin:handovers_handover_change", args=[offered.pk])).content.decode()
        assert text.count("of an earlier recipient: does not count") == 1

    def test_on_one_day_is_what_was_written_down_before_the_change(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        by, hour = two_sides.planner, timedelta(hours=1)
        to_the_town(offered, by=by, now=NOW + hour)
        seen(offered, by=by, now=NOW + hour, dimension=Dimension.SKILLS)  # in one go with the change, after it
        assert levels(offered, by, now=NOW + hour) == {"skills": "ready"}

    def test_is_what_was_seen_before_anybody_here_knew_of_the_change(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        by, decreed = two_sides.planner, Fact("decree", day(5), day(10))
        seen(offered, by=by, now=later(7), dimension=Dimension.SKILLS)
        to_the_town(offered, by=by, now=later(10), fact=decreed)
        assert levels(offered, by, now=later(10)) == {}
        assert levels(offered, by, now=later(10), as_of=day(7), known_at=day(9)) == STAFF | {"skills": "ready"}

    def test_is_what_is_reported_late_of_a_day_before_the_change(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        by = two_sides.planner
        to_the_town(offered, by=by, now=later(10))
        seen(offered, by=by, now=later(20), dimension=Dimension.SKILLS, holds_from=day(9))
        assert levels(offered, by, now=later(20)) == {}
        assert levels(offered, by, now=later(20), as_of=day(9)) == STAFF | {"skills": "ready"}

    def test_stays_so_when_the_earlier_one_comes_back(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        by = two_sides.planner
        to_the_town(offered, by=by, now=later(10))
        change_recipient(offered, kind="country_team", office=two_sides.theirs, by=by, now=later(20), reason="again")
        assert levels(offered, by, now=later(20)) == {}


class TestReadinessOfTheRecipientThatStands:
    def test_is_kept_when_the_use_changes(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        by = two_sides.planner
        change_agreed(offered, agreed_use="a school", by=by, now=later(10))
        assert levels(offered, by, now=later(10)) == STAFF

    def test_is_kept_when_a_change_is_recorded_late_that_a_later_one_has_overtaken(
        self, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        by = two_sides.planner
        to_the_town(offered, by=by, now=later(10))
        seen(offered, by=by, now=later(11), dimension=Dimension.SKILLS)
        to_the_town(offered, by=by, now=later(20), fact=Fact("letter", day(5)), name="The village")
        assert levels(offered, by, now=later(20)) == {"skills": "ready"}
