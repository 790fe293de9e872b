"""What waits for a person: their own milestones and their office's, the most pressing first."""

from datetime import datetime
from typing import Any

from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest

from transitions.access.models import grants_of
from transitions.clock import present
from transitions.reminders.people import local_day

from .models import Milestone

ENOUGH = 20


def owed_by(user: Any, *, now: datetime) -> list[Milestone]:
    """Up to twenty, each with `late_`: whether its day has passed in its transition's own zone."""
    offices = [grant.office_id for grant in grants_of(user, now=now) if grant.office_id]
    theirs = Milestone.objects.visible_to(user, now=now).filter(Q(owner=user.pk) | Q(owner_office__in=offices))
    owed = with_lateness(theirs.filter(owed_on__isnull=False), now=now)
    return list(owed.order_by("owed_on", "code")[:ENOUGH])


def with_lateness(milestones: QuerySet[Milestone, Any], *, now: datetime) -> QuerySet[Any, Any]:
    """Each with `late_`: whether it is owed and its day has passed in its transition's own zone."""
    late = Case(When(owed_on__lt=local_day("transition", now), then=True), default=False)
    return milestones.annotate(late_=late)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the admin's first page."""
    return context | {"mine": owed_by(request.user, now=present.asked_at(request))}
