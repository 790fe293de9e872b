from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet

EARLIEST = 365  # days before: nobody remembers what they heard of a year ago
MOST = 12  # lead times


class Sweep(models.Model):
    """One round over every rule: what it queued carries its `id`. Beat makes one every five minutes."""

    id = models.UUIDField(primary_key=True)
    now = models.DateTimeField(help_text="the instant it swept for, on the domain's clock")
    ended_at = models.DateTimeField(help_text="on the machine's clock")
    queued = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["-ended_at"], name="last_sweep")]

    def __str__(self) -> str:
        return f"sweep for {self.now:%Y-%m-%d %H:%M}"


def are_lead_times(days: list[int]) -> None:
    if len(set(days)) != len(days) or not all(0 < before <= EARLIEST for before in days):
        raise ValidationError(f"Give days before the due date, each once and between 1 and {EARLIEST}.")


@pghistory.track()
class RuleSetting(models.Model):
    """What planners have set of one rule in one transition. Without a row it goes as declared.

    The row stays when everything in it is as declared again: that it was changed once keeps a rung from coming twice.
    """

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="+")
    rule = models.CharField(max_length=80)
    switched_on = models.BooleanField(default=True, help_text="hard items are told of all the same")
    lead_days = ArrayField(models.PositiveSmallIntegerField(), null=True, blank=True, validators=[are_lead_times],
                           help_text="days before the due date; the rule's own, where there are none")  # fmt: skip
    reason = models.TextField()

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transition", "rule"], name="a_rule_is_set_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_rule_is_set_for_a_reason"),
            models.CheckConstraint(condition=Q(lead_days=None) | Q(lead_days__len__lte=MOST), name="few_lead_times"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} in {self.transition}"
