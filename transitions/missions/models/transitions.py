from typing import Any, ClassVar

import pghistory
from django.db import models

from transitions.access.models import SeenQuerySet
from transitions.clock.present import is_a_time_zone
from transitions.workflow.models import FactRow, Stateful

from .missions import Mission


@pghistory.track(exclude=["state", "version"])
class Transition(Stateful):
    """A mission's change of shape. Everything else belongs to one."""

    class Kind(models.TextChoices):
        START_UP = "start_up", "start-up"
        RECONFIGURATION = "reconfiguration"
        DRAWDOWN = "drawdown"
        WITHDRAWAL = "withdrawal"

    belongs_to = "pk"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, choices=Kind.choices)
    mission = models.ForeignKey(Mission, models.PROTECT, null=True, blank=True, related_name="transitions")
    successor = models.ForeignKey(Mission, models.PROTECT, null=True, blank=True, related_name="+")
    host_country = models.CharField(max_length=120, blank=True)
    lead_office = models.ForeignKey("Office", models.PROTECT, null=True, blank=True, related_name="+")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[is_a_time_zone])
    note = models.TextField(blank=True)
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EndState(FactRow):
    """What must be true at the end, as agreed on a day by somebody. A new one replaces it, none is edited."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="end_states")
    text = models.TextField()
    agreed_by = models.CharField(max_length=200, help_text="who agreed it")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]

    def __str__(self) -> str:
        return f"End state of {self.transition}, {self.holds_from}"
