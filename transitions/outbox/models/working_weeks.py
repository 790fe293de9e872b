"""Which days a duty station is off: soft messages wait for the next working day, hard ones do not."""

from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet


def are_days_of_a_week(days: list[int]) -> None:
    if len(set(days)) != len(days) or not set(days) < set(range(1, 8)):
        raise ValidationError("Give days of the week as 1 (Monday) to 7 (Sunday), each once, and leave one to work on.")


@pghistory.track()
class WorkingWeek(models.Model):
    """Of one office, or of all of a transition that have none of their own. Without any: Saturday and Sunday."""

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="+")
    office = models.ForeignKey("missions.Office", models.PROTECT, null=True, blank=True, related_name="+")
    days_off = ArrayField(models.PositiveSmallIntegerField(), validators=[are_days_of_a_week],
                          help_text="1 is Monday, 7 is Sunday: “5,6” for Friday and Saturday")  # fmt: skip

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transition", "office"], nulls_distinct=False, name="one_week_an_office"),
            models.CheckConstraint(
                condition=Q(days_off__contained_by=[1, 2, 3, 4, 5, 6, 7]) & Q(days_off__len__lte=6),
                name="days_off_leave_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office or self.transition}"


@pghistory.track()
class Holiday(models.Model):
    """A day off of one office, or of all of a transition."""

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="+")
    office = models.ForeignKey("missions.Office", models.PROTECT, null=True, blank=True, related_name="+")
    on = models.DateField()
    name = models.CharField(max_length=120)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transition", "office", "on"], nulls_distinct=False, name="a_holiday_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.on}"
