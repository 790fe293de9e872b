from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Area, Office
from transitions.workflow.models import APPEND_ONLY, Evidence, FactRow

from .handovers import Handover


class AgreedText(models.Model):
    """What both sides agree on: the words, and what exactly they are about.

    A changed word or scope is a new version, and voids what was accepted before.
    """

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="texts")
    number = models.PositiveSmallIntegerField()
    handover_version = models.PositiveIntegerField(help_text="of the handover as it was written")
    text = models.TextField()
    track = models.CharField(max_length=20, choices=Handover.Track.choices, default=Handover.Track.TASK)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    part = models.CharField(max_length=200, blank=True)
    agreed_use = models.CharField(max_length=300, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        triggers = [APPEND_ONLY]
        constraints = [models.UniqueConstraint(fields=["handover", "number"], name="a_text_version_once")]

    def __str__(self) -> str:
        return f"Version {self.number}"


class Acceptance(models.Model):
    """The recipient's side agrees to one version of the text: with an account, or on a signed paper."""

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="acceptances")
    handover_version = models.PositiveIntegerField(help_text="of the offer that it answers")
    text = models.ForeignKey(AgreedText, models.PROTECT, related_name="acceptances")
    on_paper = models.BooleanField(default=False)
    signatory = models.CharField(max_length=200, blank=True)
    signed_on = models.DateField()
    reference = models.CharField(max_length=200, blank=True, help_text="of the paper, where its file is not kept here")
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="+", help_text="the file of the paper"
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(fields=["handover", "handover_version"], name="one_acceptance_an_offer"),
            models.CheckConstraint(
                condition=Q(on_paper=False) | (~Q(signatory="") & (~Q(reference="") | Q(evidence__isnull=False))),
                name="a_paper_has_signatory_and_reference",
                violation_error_message="An acceptance on paper needs its signatory and a reference or a file.",
            ),
        ]

    def __str__(self) -> str:
        return f"Accepted {self.signed_on} by {self.signatory or self.recorded_by}{', on paper' * self.on_paper}"


@pghistory.track(exclude=["met_on", "source", "owed_on"])
class Condition(models.Model):
    """What must come before, or with, the transfer: part of what is offered, or asked for with an acceptance.

    One that came with an acceptance is void once that is. Whether it is met is said by the answer that counts
    (`conditions.mark_met`), and by nothing else.
    """

    belongs_to = "handover__transition"
    marked_by = ("handover__marking",)

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="conditions")
    acceptance = models.ForeignKey(
        Acceptance, models.PROTECT, null=True, blank=True, related_name="conditions", editable=False,
        help_text="that it came with; empty for what is part of the offer",
    )  # fmt: skip
    sentence = models.TextField()
    due_on = models.DateField()
    owner_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    met_on = models.DateField(null=True, blank=True, editable=False)
    source = models.TextField(blank=True, editable=False)
    void_on = models.DateField(null=True, blank=True, editable=False, help_text="the day its acceptance became void")
    owed_on = models.GeneratedField(
        expression=models.Case(models.When(met_on=None, void_on=None, then=models.F("due_on")), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(met_on=None) | ~Q(source=""), name="a_met_handover_condition_has_its_source",
                violation_error_message="A condition is met on the word of a source: name it.",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="conditions_owed")]

    def __str__(self) -> str:
        return self.sentence


class ConditionAnswer(FactRow):
    """A condition is met, or is not after all, from a day on and on the word of a source."""

    belongs_to = "condition__handover__transition"
    marked_by = ("condition__handover__marking",)

    condition = models.ForeignKey(Condition, models.PROTECT, related_name="answers")
    met = models.BooleanField()

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source=""), name="a_condition_answer_has_its_source",
                violation_error_message="A condition is met on the word of a source: name it.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.holds_from}: {'met' if self.met else 'not met'}"
