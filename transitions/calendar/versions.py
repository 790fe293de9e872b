"""Approved versions of the calendar: frozen copies that slip is measured against."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.missions.models import Transition
from transitions.workflow.at_a_day import states_at
from transitions.workflow.checks import check_fact
from transitions.workflow.engine import Fact, locked

from .dates import history_of
from .models import ApprovedVersion, Milestone, VersionItem


def approve_version(
    transition: Transition, *, by: Any, now: datetime, title: str = "", fact: Fact | None = None
) -> ApprovedVersion:
    """Freeze the calendar as it stands (but for what was dropped). Revising a plan is another version.

    Args:
        fact: the document, where it was approved on an earlier day: frozen is what stood on that day.
    Raises:
        PermissionDenied: only the head or deputy head of mission and the resident coordinator approve a calendar.
        ValidationError: there is nothing in it, or a later version has been approved already.
    """
    with locked(transition):
        if not may(by, Permission.APPROVE_CALENDAR, transition, now=now):
            raise PermissionDenied("a calendar is approved by the head or deputy head of mission or the coordinator")
        if fact:
            check_fact(fact, transition, by=by, now=now)
        today = day(now, transition.time_zone)
        version = ApprovedVersion(
            transition=transition, title=title, by=by, recorded_at=now, source=fact.source if fact else "",
            holds_from=fact.holds_from if fact else today, known_from=(fact and fact.known_from) or today,
        )  # fmt: skip
        version.number = number_after(version)
        version.clean_fields(exclude=["transition", "by"])
        items = frozen(version, known_at=today)
        if not items:
            raise ValidationError("There is no milestone in the calendar: nothing can be approved.")
        version.save(force_insert=True)
        VersionItem.objects.bulk_create(items)
    return version


def number_after(version: ApprovedVersion) -> int:
    """Versions are numbered in the order of their days."""
    last = ApprovedVersion.objects.filter(transition=version.transition).order_by("-number").first()
    if last and version.holds_from < last.holds_from:
        raise ValidationError({"holds_from": f"A later version was approved on {last.holds_from}."})
    return last.number + 1 if last else 1


def frozen(version: ApprovedVersion, *, known_at: date) -> list[VersionItem]:
    """The milestones as they stood on the version's day, dropped ones left out."""
    transition, on = version.transition, version.holds_from
    stood = states_at([transition.pk], as_of=on, known_at=known_at)[Milestone._meta.label_lower]
    there = Milestone.objects.filter(transition=transition, pk__in=[pk for pk in stood if stood[pk].state != "dropped"])
    past = history_of(there)
    return [
        VersionItem(
            version=version, milestone=one, code=one.code, title=one.title, hard=one.hard,
            due_on=next((due_on for since, due_on in reversed(past[one.pk]) if since <= on), None),
        )
        for one in there
    ]  # fmt: skip


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
