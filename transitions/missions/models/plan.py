from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When

from transitions.access.models import SeenQuerySet
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import Stateful

from .places import Area, Office, Pillar
from .transitions import Transition


@pghistory.track(exclude=["state", "version"])
class Phase(Stateful):
    """A stretch of a transition, by time or by area, between a gate to enter and a gate to leave."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="phases")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    scope = models.TextField(blank=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    planned_from = models.DateField(null=True, blank=True)
    planned_until = models.DateField(null=True, blank=True, help_text="may be left undated")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["transition", "position"]
        constraints = [
            models.UniqueConstraint(fields=["transition", "position"], name="phase_position_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="phase_in_its_transition"),
            SameTransition(field="area", name="phase_area_in_the_same_transition"),
            models.CheckConstraint(
                condition=Q(planned_until=None) | Q(planned_from=None) | Q(planned_until__gte=F("planned_from")),
                name="phase_ends_after_it_begins",
                violation_error_message="The planned end lies before the planned start.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class PhaseCondition(models.Model):
    """What must hold before a phase is entered, or before it ends. Not met until a day and a source say so."""

    class Gate(models.TextChoices):
        ENTRY = "entry"
        EXIT = "exit"

    belongs_to = "phase__transition"

    phase = models.ForeignKey(Phase, models.PROTECT, related_name="conditions")
    gate = models.CharField(max_length=10, choices=Gate.choices)
    sentence = models.TextField()
    met_on = models.DateField(null=True, blank=True)
    source = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(met_on=None) | ~Q(source=""), name="a_met_condition_has_its_source",
                violation_error_message="A condition is met on the word of a source: name it.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.sentence


@pghistory.track(exclude=["state", "version"])
class Pause(Stateful):
    """A pause of the whole transition, or of one phase, area or pillar. Hard items stay due all the same."""

    named_with = ("phase", "area", "pillar", "transition")

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="pauses")
    phase = models.ForeignKey(Phase, models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    pillar = models.ForeignKey(Pillar, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField()
    asked_by = models.CharField(max_length=200, help_text="who asked for it")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(phase=None, area=None) | Q(phase=None, pillar=None) | Q(area=None, pillar=None),
                name="a_pause_has_one_scope",
                violation_error_message="A pause has one scope: a phase, an area, a pillar, or the whole transition.",
            ),
            SameTransition(field="phase", name="pause_phase_in_the_same_transition"),
            SameTransition(field="area", name="pause_area_in_the_same_transition"),
            SameTransition(field="pillar", name="pause_pillar_in_the_same_transition"),
        ]

    def __str__(self) -> str:
        return f"Pause of {self.phase or self.area or self.pillar or self.transition}"


class Owed(models.Model):
    """Something that remains to be done after the mission, with who does it and until when."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="%(class)ss")
    title = models.CharField(max_length=200)
    owner_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    owed_on = models.GeneratedField(
        expression=Case(When(done_on=None, then=F("due_on")), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="%(class)ss_owed")]
        constraints = [SameTransition(field="owner_office", name="%(class)s_office_in_the_same_transition")]

    def __str__(self) -> str:
        return self.title


@pghistory.track(exclude=["owed_on"])
class ResidualObligation(Owed):
    """A claim, a lease, a case, an archive: what liquidation leaves behind."""

    source = models.TextField(blank=True, help_text="the document that it is taken from")


@pghistory.track(exclude=["owed_on"])
class FollowUpCheck(Owed):
    """A dated look, after the exit, at whether what was handed over still stands."""
