from typing import Any, ClassVar

from django.db import models

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Office
from transitions.workflow.models import FactRow

from .handovers import Handover


class HandoverPlan(FactRow):
    """From a day on, a handover is planned for another day, or another office owns what the mandate's end leaves open.

    Both values are on every row: what a plan leaves alone is the value that held before. The first row begins them.
    """

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="plans")
    was_planned_on = models.DateField(null=True, blank=True)
    planned_on = models.DateField(null=True, blank=True)
    residual_office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="who owns what is still open when the mandate ends",
    )  # fmt: skip
    reason = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        indexes = [models.Index(fields=["handover", "-holds_from", "-id"], name="plan_at_a_day")]

    def __str__(self) -> str:
        return f"{self.handover}: {self.planned_on or 'no day'}, {self.residual_office or 'no residual owner'}"
