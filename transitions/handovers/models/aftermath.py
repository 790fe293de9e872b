from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When

from transitions.access.models import SeenQuerySet, grants_of
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


ANSWERED = ("performed", "resources", "use_respected", "answered_on", "answered_by", "source", "note")


def after_days(days: int) -> str:
    return f"after {days} day{'' if days == 1 else 's'}"


@pghistory.track(exclude=[*ANSWERED, "owed_on"])
class FollowUp(models.Model):
    """A dated look after a transfer. It counts from its own transfer and waits for nothing else.

    Its answer is the one that counts of its answers, written by `follow_ups.answer` and by nothing else.
    """

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="follow_ups")
    days = models.PositiveSmallIntegerField(help_text="after the transfer")
    due_on = models.DateField()
    performed = models.CharField(
        "is the task performed?", max_length=10, choices=Answer.choices, blank=True, editable=False
    )
    resources = models.CharField(
        "are the resources there?", max_length=10, choices=Answer.choices, blank=True, editable=False
    )
    use_respected = models.CharField(
        "is the agreed use respected?", max_length=10, choices=Answer.choices, blank=True, editable=False
    )
    answered_on = models.DateField(null=True, blank=True, editable=False, help_text="the day from which it is so")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    source = models.TextField(blank=True, editable=False)
    note = models.TextField(blank=True, editable=False)
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
        return f"Follow-up of {self.handover} {self.after}"

    @property
    def after(self) -> str:
        return after_days(self.days)

    @property
    def transferred_on(self) -> date:
        return self.due_on - timedelta(days=self.days)

    @property
    def failed(self) -> bool:
        return Answer.NO in (self.performed, self.resources, self.use_respected)


class FollowUpAnswer(FactRow):
    """What was seen at a follow-up, and on whose word. A later answer corrects an earlier one, and says why."""

    belongs_to = "follow_up__handover__transition"
    marked_by = ("follow_up__handover__marking",)

    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="answers")
    performed = models.CharField("is the task performed?", max_length=10, choices=Answer.choices)
    resources = models.CharField("are the resources there?", max_length=10, choices=Answer.choices)
    use_respected = models.CharField("is the agreed use respected?", max_length=10, choices=Answer.choices)
    note = models.TextField(blank=True, help_text="of a correction: why the answer is another one")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source=""), name="a_follow_up_answer_has_its_source",
                violation_error_message="Name the source: who looked, or where it was read.",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["follow_up", "-holds_from", "-id"], name="answer_at_a_day")]

    def __str__(self) -> str:
        return f"{self.holds_from}: {'failed' if self.failed else 'answered'}"

    @property
    def failed(self) -> bool:
        return Answer.NO in (self.performed, self.resources, self.use_respected)


def days_ascend(days: list[int]) -> None:
    if not days or days != sorted(set(days)) or days[0] < 1:
        raise ValidationError("Give days from 1 on, each once, from the first to the last: such as 30, 90, 180.")


class ScheduleQuerySet(SeenQuerySet):
    def visible_to(self, user: Any, *, now: datetime) -> "ScheduleQuerySet":
        """Those of the transitions that one sees, and the defaults, which belong to all of them."""
        defaults = self.filter(transition=None) if grants_of(user, now=now) else self.none()
        return super().visible_to(user, now=now) | defaults  # type: ignore[return-value]


@pghistory.track()
class FollowUpSchedule(models.Model):
    """How many days after a transfer somebody looks: for the tasks or the sites of one transition, or of all others."""

    class Kind(models.TextChoices):
        TASK = "task"
        SITE = "site"

    transition = models.ForeignKey(
        Transition, models.PROTECT, null=True, blank=True, related_name="follow_up_schedules",
        help_text="empty: for every transition that has none of its own",
    )  # fmt: skip
    kind = models.CharField(max_length=10, choices=Kind.choices)
    days = ArrayField(
        models.PositiveSmallIntegerField(),
        validators=[days_ascend],
        help_text="after the transfer, such as 30, 90, 180",
    )

    objects: ClassVar[Any] = ScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transition", "kind"], name="a_follow_up_schedule_once", nulls_distinct=False,
                violation_error_message="There is one already: change that one.",
            )
        ]  # fmt: skip
        triggers = [
            pgtrigger.Trigger(
                name="days_ascend", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.days = '{}' OR 1 > ANY(NEW.days)
                       OR NEW.days <> ARRAY(SELECT DISTINCT one FROM unnest(NEW.days) AS one ORDER BY one) THEN
                        RAISE EXCEPTION 'days of a follow-up schedule ascend from 1, each once';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()}s of {self.transition or 'every other transition'}: {self.days}"


class IncidentQuerySet(SeenQuerySet):
    def visible_to(self, user: Any, *, now: datetime) -> "IncidentQuerySet":
        """By whoever may read of it and of what it is about, however that was marked since."""
        seen = super().visible_to(user, now=now)
        for field, model in (("task", MandatedTask), ("handover", Handover), ("site", Site)):
            about = Q(**{f"{field}__in": model.objects.visible_to(user, now=now)})
            seen = seen.filter(Q(**{field: None}) | about)
        return seen  # type: ignore[return-value]


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

    objects: ClassVar[Any] = IncidentQuerySet.as_manager()

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
