from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet
from transitions.access.permissions import Marking
from transitions.missions.models import Area, MandateInstrument, Office, Pillar, Sector, Transition
from transitions.workflow.constraints import SameTransition

from .markings import marks_its_handovers


class ToHandOver(models.Model):
    """What is handed over: a task or a site."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="%(class)ss")
    code = models.CharField(max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    marking = models.CharField(max_length=30, choices=Marking.choices, default=Marking.UNCLASSIFIED)
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="%(class)s_code_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="%(class)s_in_its_transition"),
            SameTransition(field="area", name="%(class)s_area_in_the_same_transition"),
        ]


@pghistory.track()
class MandatedTask(ToHandOver):
    """What the mission does and someone must go on doing; after the end what remains of it is a residual task."""

    class Continues(models.TextChoices):
        YES = "yes", "goes on"
        NO = "no", "ends with the mission"
        UNKNOWN = "unknown"

    title = models.CharField(max_length=300)
    instrument = models.ForeignKey(MandateInstrument, models.PROTECT, null=True, blank=True, related_name="+")
    paragraph = models.CharField(max_length=80, blank=True)
    pillar = models.ForeignKey(Pillar, models.PROTECT, null=True, blank=True, related_name="tasks")
    sectors = models.ManyToManyField(Sector, blank=True, related_name="tasks")
    volume = models.CharField(max_length=200, blank=True)
    staff = models.PositiveIntegerField(null=True, blank=True)
    yearly_cost_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    continues = models.CharField(max_length=10, choices=Continues.choices, default=Continues.UNKNOWN)
    external_codes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    naming_office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+", help_text="who is to name a recipient"
    )
    naming_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    naming_due_on = models.DateField(null=True, blank=True, help_text="until when a recipient is to be named")

    class Meta(ToHandOver.Meta):
        constraints = [
            *ToHandOver.Meta.constraints,
            SameTransition(field="pillar", name="task_pillar_in_the_same_transition"),
            SameTransition(field="naming_office", name="task_naming_office_in_the_same_transition"),
        ]
        triggers = [marks_its_handovers("task")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


@pghistory.track()
class Site(ToHandOver):
    """A place of the mission: here only as something that is handed over; its closing procedure comes later."""

    name = models.CharField(max_length=200)
    also_called = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=80, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    position_from = models.CharField("where the position is from", max_length=80, blank=True)

    class Meta(ToHandOver.Meta):
        constraints = [
            *ToHandOver.Meta.constraints,
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | (Q(latitude__isnull=False) & Q(longitude__isnull=False)),
                name="site_position_is_whole",
                violation_error_message="A position is a latitude and a longitude.",
            ),
        ]
        triggers = [marks_its_handovers("site")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
