"""Someone looks afterwards: checks made on transfer, counted from it."""

from datetime import datetime, timedelta
from typing import Any

from transitions.workflow.models import StateChange

from .models import FollowUp, Handover

TASKS = (30, 90, 180)
SITES = (1, 7, 30, 90, 180)  # looted after 3, 27 and 38 days: the first weeks count


def schedule_follow_ups(handover: Handover, change: StateChange, *, by: Any, now: datetime) -> None:
    """Days from the day on which the transfer holds, not from the day it was recorded."""
    FollowUp.objects.bulk_create(
        (
            FollowUp(handover=handover, days=days, due_on=change.holds_from + timedelta(days=days))
            for days in (SITES if handover.site_id else TASKS)
        ),
        ignore_conflicts=True,
    )
