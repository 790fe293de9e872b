from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet
from transitions.workflow.models import FactRow

from .handovers import Handover, RecipientKind


@pghistory.track()
class PackageTemplateItem(models.Model):
    """What belongs into the package for a kind of recipient: contacts, case files, assets, procedures, …"""

    belongs_to = ""

    recipient_kind = models.CharField(max_length=40, choices=RecipientKind.choices)
    title = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["recipient_kind", "position"]
        constraints = [models.UniqueConstraint(fields=["recipient_kind", "title"], name="a_template_item_once")]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class PackageItem(models.Model):
    """One piece of the package of a handover: there since a day, or not needed for a reason; else missing."""

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="package")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    provided_on = models.DateField(null=True, blank=True)
    not_needed_because = models.TextField(blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "title"], name="a_package_item_once")]

    def __str__(self) -> str:
        return self.title


class Dimension(models.TextChoices):
    AUTHORITY = "authority"
    STAFF = "staff"
    MONEY = "money"
    PRESENCE = "presence"
    SKILLS = "skills"
    EQUIPMENT = "equipment"
    AGREEMENT = "agreement"


class Level(models.TextChoices):
    """From the weakest. What was never looked at is unknown: no row, and neither ready nor not ready."""

    NOT_READY = "not_ready", "not ready"
    PARTLY = "partly_ready", "partly ready"
    READY = "ready"


class Readiness(FactRow):
    """How ready the recipient is in one dimension, on a day, on some evidence."""

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="readiness_rows")
    dimension = models.CharField(max_length=20, choices=Dimension.choices)
    level = models.CharField(max_length=20, choices=Level.choices)
    money_until = models.DateField(null=True, blank=True, help_text="until when the money is there")
    evidence = models.TextField()

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        verbose_name_plural = "readiness"
        constraints = [
            models.CheckConstraint(
                condition=Q(money_until=None) | Q(dimension=Dimension.MONEY), name="only_money_has_an_until",
                violation_error_message="Only the dimension “money” has an “until”.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_dimension_display()}: {self.get_level_display()}"
