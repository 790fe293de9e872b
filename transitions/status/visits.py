"""Since when a person has not looked."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from transitions.access.models import grants_of
from transitions.clock.present import day

from .models import Visit

AT_FIRST = timedelta(days=7)  # what somebody is shown who has never looked


def zone_of(user: Any, *, now: datetime) -> str:
    """Where the person works; of several transitions the one that they came to first."""
    here = sorted((one.pk, one.transition.time_zone) for one in grants_of(user, now=now) if one.transition)
    return here[0][1] if here else "UTC"


def look(user: Any, *, now: datetime) -> datetime:
    """Keep that the person looks now. Returns the last look on an earlier day: a reload on the same day loses nothing.

    The bookmark goes forward only, whichever of two windows is the later to write.
    """
    zone = zone_of(user, now=now)
    begun = datetime.combine(day(now, zone), time.min, ZoneInfo(zone))
    Visit.objects.get_or_create(user=user, defaults={"since": now - AT_FIRST, "looked_at": now})
    Visit.objects.filter(user=user).update(
        since=Case(When(looked_at__lt=begun, then=F("looked_at")), default=F("since")),
        looked_at=Greatest("looked_at", Value(now)),
    )
    since: datetime = Visit.objects.values_list("since", flat=True).get(user=user)
    return since
