"""Sweeps that were made, what planners have set of the rules, and what people have answered to what they were told."""

from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from transitions.access.models import SeenQuerySet
from transitions.outbox.models import Message
from transitions.workflow.models import APPEND_ONLY

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


class Answer(models.Model):
    """What somebody has answered to a message, once of each kind. It moves no date and finishes nothing."""

    class Kind(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", "has read it"
        CONFIRMED = "confirmed", "confirmed the date"
        SNOOZED = "snoozed", "wants to be reminded later"
        HANDED_ON = "handed_on", "handed it on"

    class Via(models.TextChoices):
        LINK = "link", "link in a letter"
        INBOX = "inbox", "inbox"

    message = models.ForeignKey("outbox.Message", models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+",
                               help_text="whom it was meant for; their deputy may have read it")  # fmt: skip
    until = models.DateField(null=True, blank=True, help_text="the day on which it comes again")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
                           help_text="who is reminded in their place")  # fmt: skip
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via.choices)
    on = models.DateField(help_text="in the transition's zone, on the domain's clock")
    recorded_at = models.DateTimeField(db_default=Now(), help_text="on the machine's clock")

    belongs_to = "message__transition"
    marked_by = ("message__marking",)
    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], name="answered_once"),
            models.CheckConstraint(
                condition=Q(kind="snoozed", until__isnull=False) | ~Q(kind="snoozed") & Q(until=None),
                name="snoozed_until_a_day",
            ),
            models.CheckConstraint(
                condition=Q(kind="handed_on", to__isnull=False) | ~Q(kind="handed_on") & Q(to=None),
                name="handed_on_to_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["kind"], condition=Q(kind__in=["snoozed", "handed_on"]), name="answers_for_the_sweep")
        ]

    def __str__(self) -> str:
        said = f"{self.by} {self.get_kind_display()}"
        more = f", from {self.until} on" if self.until else f" to {self.to}" if self.to else ""
        return f"{said}{more} ({self.on})"

    @property
    def in_words(self) -> str:
        """As a later reader has it: “Salma confirmed the date on 1 December 2020”."""
        return f"{self.by} {self.get_kind_display()} on {self.on:%-d %B %Y}"


class MyMessage(Message):
    """A message as its reader sees it."""

    class Meta:
        proxy = True
        verbose_name, verbose_name_plural = "my message", "my messages"


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
