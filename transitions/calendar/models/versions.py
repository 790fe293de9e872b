from typing import Any, ClassVar

from django.db import models

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Transition
from transitions.workflow.models import APPEND_ONLY, FactRow

from .milestones import Milestone


class ApprovedVersion(FactRow):
    """A frozen copy of the calendar, as approved on a day: slip is measured against it."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="approved_versions")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["transition", "number"]
        constraints = [models.UniqueConstraint(fields=["transition", "number"], name="a_version_number_once")]

    def __str__(self) -> str:
        return f"Version {self.number}{f', {self.title}' if self.title else ''}"


class VersionItem(models.Model):
    """One milestone as it stood in an approved version."""

    belongs_to = "version__transition"
    marked_by = ("milestone__marking",)

    version = models.ForeignKey(ApprovedVersion, models.PROTECT, related_name="items")
    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="version_items")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    due_on = models.DateField(null=True)
    hard = models.BooleanField()

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        constraints = [models.UniqueConstraint(fields=["version", "milestone"], name="an_item_once_in_a_version")]

    def __str__(self) -> str:
        return f"{self.code}, {self.due_on}"
