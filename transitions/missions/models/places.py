from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from transitions.access.models import SeenQuerySet
from transitions.workflow.constraints import SameTransition

from .transitions import Transition


class Named(models.Model):
    """Something of a transition that has a code and a name."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="%(class)ss")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=200)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="%(class)s_code_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="%(class)s_in_its_transition"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Pillar(Named):
    """A pillar of the plan, or "workstream": political, security, programmatic unless it is set up otherwise."""

    position = models.PositiveSmallIntegerField(default=0)

    class Meta(Named.Meta):
        ordering = ["position", "code"]


@pghistory.track()
class Sector(Named):
    """Rule of law, human rights, livelihoods, …: across pillars."""


@pghistory.track()
class Area(Named):
    """A part of the country, inside another."""

    kind = models.CharField(max_length=60, blank=True, help_text="state, locality, …")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")

    class Meta(Named.Meta):
        constraints = [
            *Named.Meta.constraints,
            SameTransition(field="parent", name="area_in_the_same_transition"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="area_not_in_itself"),
        ]

    def clean(self) -> None:
        above, seen = self.parent, {self.pk}
        while above is not None:
            if above.pk in seen:
                raise ValidationError({"parent": f"{self} would lie inside itself."})
            seen.add(above.pk)
            above = above.parent


class Side(models.TextChoices):
    """On whose behalf an office acts."""

    MISSION = "mission"
    COUNTRY_TEAM = "country_team", "country team"
    GOVERNMENT = "government", "Government"
    SUCCESSOR = "successor", "successor mission"
    HEADQUARTERS = "headquarters"
    OTHER = "other"


@pghistory.track()
class Office(Named):
    """An office that owns work: of the mission, a country team entity, a Government body, headquarters."""

    side = models.CharField(max_length=40, choices=Side.choices)
    head = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="heads")
    residual_office = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+",
        help_text="who takes over its open items when the mission's people have left",
    )  # fmt: skip

    class Meta(Named.Meta):
        constraints = [
            *Named.Meta.constraints,
            SameTransition(field="residual_office", name="residual_office_in_the_same_transition"),
        ]
