from typing import Any, ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Area, Transition
from transitions.workflow.constraints import SameTransition

from .dependencies import ENDS_STAY


@pghistory.track()
class NationalEvent(models.Model):
    """An election, a budget vote, a rainy season: what the calendar must go around."""

    class Kind(models.TextChoices):
        ELECTION = "election"
        BUDGET = "budget_vote", "budget vote"
        RAINS = "rainy_season", "rainy season"
        HARVEST = "harvest"
        POLITICAL = "political", "political event"
        OTHER = "other"

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="national_events")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, choices=Kind.choices)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    from_date = models.DateField()
    until = models.DateField(help_text="the last day")
    blackout = models.BooleanField(default=False, help_text="nothing is closed or handed over in these days")
    approximate = models.BooleanField(default=False)
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["from_date"]
        triggers = [ENDS_STAY]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gte=F("from_date")), name="event_ends_after_it_begins",
                violation_error_message="The last day lies before the first.",
            ),
            SameTransition(field="area", name="event_area_in_the_same_transition"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title
