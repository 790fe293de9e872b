from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When

from transitions.access.models import SeenQuerySet
from transitions.access.permissions import Marking
from transitions.calendar.models import ENDS_STAY
from transitions.missions.models import Area, Office, Transition
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import FactRow, Stateful

from .markings import AT_LEAST_AS_ITS_TASK_OR_SITE
from .tasks import MandatedTask, Site

OPEN = ("proposed", "preparing", "offered", "accepted")  # the states in which the planned day still asks for something


class RecipientKind(models.TextChoices):
    COUNTRY_TEAM = "country_team", "country team entity"
    NATIONAL = "national_government", "national Government body"
    LOCAL = "local_government", "local Government body"
    SUCCESSOR = "successor_mission", "successor mission"
    REGIONAL = "regional_body", "regional body"
    COMMUNITY = "community"
    NOBODY = "nobody"


NOT_TRACKED = ["state", "version", "planned_on", "residual_office", "owed_on", "answer_due_on", "answer_owed_on"]


def called(code: str, title: str, part: str) -> str:
    return f"{code} {title}{f', {part}' if part else ''}"


@pghistory.track(exclude=NOT_TRACKED)
class Handover(Stateful):
    """One part of a task or of a site, on one track, to one recipient.

    Its planned day and its residual office are those of the plan that counts: `plans.plan` moves them, with a reason.
    """

    class Track(models.TextChoices):
        TASK = "task", "the task itself"
        ASSETS = "assets"
        STAFF = "staff"
        RECORDS = "records"
        MONEY = "money"

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="handovers")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=300, blank=True, editable=False, help_text="of its task or site")
    task = models.ForeignKey(MandatedTask, models.PROTECT, null=True, blank=True, related_name="handovers")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="handovers")
    track = models.CharField(max_length=20, choices=Track.choices, default=Track.TASK)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    part = models.CharField(max_length=200, blank=True, help_text="which part of it, where it is not the whole")
    recipient_kind = models.CharField(max_length=40, choices=RecipientKind.choices, blank=True)
    recipient_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="receives")
    recipient = models.CharField(max_length=200, blank=True, help_text="as it is called, where it is no office here")
    no_recipient_reason = models.TextField(blank=True, help_text="why nobody takes it over")
    agreed_use = models.CharField(max_length=300, blank=True, help_text="what it is to be used for")
    owner_office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="hands_over", help_text="which office hands over"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="handed_on", help_text="what is handed on again"
    )
    residual_office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="who owns what is still open when the mandate ends",
    )  # fmt: skip
    planned_on = models.DateField(null=True, blank=True)
    marking = models.CharField(max_length=30, choices=Marking.choices, default=Marking.UNCLASSIFIED)
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)
    owed_on = models.GeneratedField(
        expression=Case(When(state__in=OPEN, then=F("planned_on")), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    answer_due_on = models.DateField(null=True, blank=True, editable=False, help_text="to the latest offer")
    answer_owed_on = models.GeneratedField(
        expression=Case(When(state="offered", then=F("answer_due_on")), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        triggers = [ENDS_STAY, AT_LEAST_AS_ITS_TASK_OR_SITE]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="handover_code_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="handover_in_its_transition"),
            models.CheckConstraint(
                condition=Q(task=None, site__isnull=False) | Q(task__isnull=False, site=None),
                name="handover_of_a_task_or_a_site",
                violation_error_message="A handover is of a task or of a site: give one of them.",
            ),
            models.CheckConstraint(
                condition=~Q(recipient_kind=RecipientKind.NOBODY) | ~Q(no_recipient_reason=""),
                name="nobody_has_a_reason",
                violation_error_message="Say why nobody takes it over.",
            ),
            *(
                SameTransition(field=field, name=f"handover_{field}_in_the_same_transition")
                for field in ("task", "site", "area", "recipient_office", "owner_office", "residual_office", "follows")
            ),
        ]
        indexes = [
            models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="handovers_owed"),
            models.Index(
                fields=["answer_owed_on"], condition=Q(answer_owed_on__isnull=False), name="handover_answers_owed"
            ),
        ]

    def __str__(self) -> str:
        return called(self.code, self.title, self.part)

    @property
    def pillar_id(self) -> int | None:
        """Its task's: whoever leads the pillar plans and offers what belongs to it."""
        return self.task.pillar_id if self.task else None


class RecipientChange(FactRow):
    """From a day on, somebody else takes it over, or it is used for something else. The first row names the first."""

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="recipient_changes")
    handover_version = models.PositiveIntegerField()
    recipient_kind = models.CharField(max_length=40, choices=RecipientKind.choices, blank=True)
    recipient_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    recipient = models.CharField(max_length=200, blank=True)
    agreed_use = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]

    def __str__(self) -> str:
        return f"{self.handover}: {self.recipient_office or self.recipient or 'nobody'}"
