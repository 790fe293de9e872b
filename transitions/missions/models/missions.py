from typing import Any, ClassVar

import pghistory
from django.db import models

from transitions.access.models import SeenQuerySet


@pghistory.track()
class Mission(models.Model):
    """A peace operation of any type, or what comes before or after one."""

    class Kind(models.TextChoices):
        PEACEKEEPING = "peacekeeping_operation", "peacekeeping operation"
        HYBRID = "hybrid_operation", "hybrid operation"
        POLITICAL = "special_political_mission", "special political mission"
        INTEGRATED_OFFICE = "integrated_office", "integrated office"
        REGIONAL = "regional_operation", "regional peace operation"
        COUNTRY_TEAM = "country_team", "country team"
        LIQUIDATION_TEAM = "liquidation_team", "liquidation team"

    belongs_to = ""  # missions are on the public record

    acronym = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, choices=Kind.choices)
    host_country = models.CharField(max_length=120, blank=True)
    area = models.CharField(max_length=120, blank=True, help_text="the part of the country, where it is not the whole")
    established_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    predecessor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="successors")
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["acronym"]

    def __str__(self) -> str:
        return self.acronym
