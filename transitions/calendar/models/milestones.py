from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, When

from transitions.access.models import SeenQuerySet
from transitions.access.permissions import Marking
from transitions.missions.models import Area, Driver, Office, Phase, Pillar, Transition
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import FactRow, Stateful

from .dependencies import ENDS_STAY

OWED = ("planned", "under_way")  # the states in which the due date still asks for something


@pghistory.track(exclude=["state", "version", "due_on", "owed_on"])
class Milestone(Stateful):
    """One dated item of the calendar. Its due date is moved by a re-dating, with a reason, and in no other way."""

    class Kind(models.TextChoices):
        MILESTONE = "milestone"
        DECISION = "decision", "decision date"
        REPORT = "report", "report due"
        REVIEW = "review"
        MANDATE = "mandate", "mandate date"
        CEILING = "ceiling", "strength to be reached"
        SITE = "site", "site event"
        HANDOVER = "handover"
        AGREEMENT = "agreement", "agreement or lease"
        FUNDING = "funding"

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="milestones")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=40, choices=Kind.choices, default=Kind.MILESTONE)
    pillar = models.ForeignKey(Pillar, models.PROTECT, null=True, blank=True, related_name="milestones")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="milestones")
    phase = models.ForeignKey(Phase, models.PROTECT, null=True, blank=True, related_name="milestones")
    owner_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="milestones")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="milestones"
    )
    due_on = models.DateField(null=True, blank=True, help_text="in the transition's time zone")
    hard = models.BooleanField(default=False, help_text="set by an instrument, a lease, an agreement or a fund")
    marking = models.CharField(max_length=30, choices=Marking.choices, default=Marking.UNCLASSIFIED)
    approximate = models.BooleanField(default=False, help_text="the day is not certain")
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")
    authority = models.CharField(max_length=200, blank=True, help_text="the instruments that ask for it")
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)
    owed_on = models.GeneratedField(
        expression=Case(When(state__in=OWED, then=F("due_on")), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "code"]
        triggers = [ENDS_STAY]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="milestone_code_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="milestone_in_its_transition"),
            SameTransition(field="pillar", name="milestone_pillar_in_the_same_transition"),
            SameTransition(field="area", name="milestone_area_in_the_same_transition"),
            SameTransition(field="phase", name="milestone_phase_in_the_same_transition"),
            SameTransition(field="owner_office", name="milestone_office_in_the_same_transition"),
        ]
        indexes = [models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="milestones_owed")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


OUTDOORS = (Milestone.Kind.SITE, Milestone.Kind.HANDOVER)  # what a blackout of the country forbids


class Redating(FactRow):
    """From `holds_from` on, a milestone is due on another day, for a reason. The first row gives its first date."""

    belongs_to = "milestone__transition"
    marked_by = ("milestone__marking",)

    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="redatings")
    was_due_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True)
    drivers = ArrayField(models.CharField(max_length=40, choices=Driver.choices), default=list, blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        indexes = [models.Index(fields=["milestone", "-holds_from", "-id"], name="date_at_a_day")]

    def __str__(self) -> str:
        return f"{self.milestone_id}: {self.was_due_on} → {self.due_on}"
