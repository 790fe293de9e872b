"""Approved versions of the calendar: frozen copies that slip is measured against."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, QuerySet

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.missions.models import Transition
from transitions.workflow.engine import Fact, locked

from .models import ApprovedVersion, Milestone, VersionItem


def approve_version(
    transition: Transition, *, by: Any, now: datetime, title: str = "", fact: Fact | None = None
) -> ApprovedVersion:
    """Freeze the calendar as it stands (but for what was dropped). Revising a plan is another version.

    Raises:
        PermissionDenied: only the head or deputy head of mission and the resident coordinator approve a calendar.
        ValidationError: there is nothing in it.
    """
    with locked(transition):
        if not may(by, Permission.APPROVE_CALENDAR, transition, now=now):
            raise PermissionDenied("a calendar is approved by the head or deputy head of mission or the coordinator")
        milestones = list(Milestone.objects.filter(transition=transition).exclude(state="dropped"))
        if not milestones:
            raise ValidationError("There is no milestone in the calendar: nothing can be approved.")
        last = ApprovedVersion.objects.filter(transition=transition).aggregate(number=Max("number"))["number"] or 0
        today = day(now, transition.time_zone)
        version = ApprovedVersion.objects.create(
            transition=transition, number=last + 1, title=title, by=by, recorded_at=now,
            holds_from=fact.holds_from if fact else today, known_from=(fact and fact.known_from) or today,
            source=fact.source if fact else "",
        )  # fmt: skip
        VersionItem.objects.bulk_create(
            VersionItem(
                version=version, milestone=one, code=one.code, title=one.title, due_on=one.due_on, hard=one.hard
            )
            for one in milestones
        )
    return version


def latest_versions(
    transitions: Iterable[int], *, number: int | None = None, as_of: date, known_at: date
) -> QuerySet[ApprovedVersion, Any]:
    """Of each transition the version with this number, else the last one that counts on that day."""
    counted: QuerySet[ApprovedVersion, Any] = ApprovedVersion.objects.filter(
        transition__in=list(transitions), holds_from__lte=as_of, known_from__lte=known_at
    )
    if number is not None:
        return counted.filter(number=number)
    return counted.order_by("transition_id", "-number").distinct("transition_id")


def dates_in(versions: QuerySet[ApprovedVersion, Any]) -> dict[int, date | None]:
    """The due date of each milestone in these versions. What is not in them is not in the answer: n/a, not 0."""
    return dict(VersionItem.objects.filter(version__in=versions.values("pk")).values_list("milestone", "due_on"))
