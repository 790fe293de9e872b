from datetime import date, timedelta
from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When

from transitions.access.models import SeenQuerySet
from transitions.access.permissions import Marking
from transitions.missions.models import Transition
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import FactRow

from .handovers import Handover
from .tasks import MandatedTask, Site


class Answer(models.TextChoices):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@pghistory.track(exclude=["owed_on"])
class FollowUp(models.Model):
    """A dated look after a transfer. It counts from its own transfer and waits for nothing else."""

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="follow_ups")
    days = models.PositiveSmallIntegerField(help_text="after the transfer")
    due_on = models.DateField()
    performed = models.CharField("is the task performed?", max_length=10, choices=Answer.choices, blank=True)
    resources = models.CharField("are the resources there?", max_length=10, choices=Answer.choices, blank=True)
    use_respected = models.CharField("is the agreed use respected?", max_length=10, choices=Answer.choices, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)
    owed_on = models.GeneratedField(
        expression=Case(When(answered_on=None, then=F("due_on")), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["due_on"]
        constraints = [
            models.UniqueConstraint(fields=["handover", "due_on"], name="a_follow_up_once"),
            models.CheckConstraint(
                condition=Q(answered_on=None)
                | (~Q(performed="") & ~Q(resources="") & ~Q(use_respected="") & ~Q(source="")),
                name="an_answered_follow_up_is_whole",
                violation_error_message="Answer all three questions and name the source.",
            ),
        ]
        indexes = [models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="follow_ups_owed")]

    def __str__(self) -> str:
        return f"Follow-up of {self.handover} after {self.days} days"

    @property
    def transferred_on(self) -> date:
        return self.due_on - timedelta(days=self.days)

    @property
    def failed(self) -> bool:
        return Answer.NO in (self.performed, self.resources, self.use_respected)


class Incident(FactRow):
    """Looting, seizure, a change of use, an attack: attached to a task, a handover or a site in any state."""

    class Kind(models.TextChoices):
        LOOTING = "looting"
        SEIZURE = "seizure"
        CHANGE_OF_USE = "change_of_use", "change of use"
        ATTACK = "attack"
        OTHER = "other"

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="incidents")
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    task = models.ForeignKey(MandatedTask, models.PROTECT, null=True, blank=True, related_name="incidents")
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, blank=True, related_name="incidents")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="incidents")
    text = models.TextField()
    marking = models.CharField(max_length=30, choices=Marking.choices, default=Marking.UNCLASSIFIED)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="incident_code_once"),
            models.CheckConstraint(
                condition=Q(task__isnull=False) | Q(handover__isnull=False) | Q(site__isnull=False),
                name="an_incident_is_about_something",
                violation_error_message="Name the task, the handover or the site that it is about.",
            ),
            *(
                SameTransition(field=field, name=f"incident_{field}_in_the_same_transition")
                for field in ("task", "handover", "site")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_kind_display()}, {self.holds_from}"
