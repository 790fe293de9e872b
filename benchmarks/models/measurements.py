from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from transitions.access.models import SeenQuerySet
from transitions.workflow.models import FactRow

from .indicators import DIGITS, PLACES, Definition, Indicator
from .reports import Report


class Measurement(FactRow):
    """A value as of a day (`holds_from`), in the indicator's own kind. A correction supersedes it and says why.

    Without a number it is what a source says in words: neither zero nor missing progress.
    """

    class Quality(models.TextChoices):
        VERIFIED = "verified"
        ESTIMATED = "estimated"
        METHOD_CHANGED = "method_changed", "method changed"
        NOT_COLLECTED = "not_collected", "not collected"

    belongs_to = "indicator__transition"
    marked_by = ("indicator__benchmark__marking",)

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="measurements")
    definition = models.ForeignKey(Definition, models.PROTECT, related_name="measurements")
    report = models.ForeignKey(Report, models.PROTECT, null=True, blank=True, related_name="measurements")
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    value = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES, null=True, blank=True)
    value_text = models.TextField(blank=True)
    numerator = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES, null=True, blank=True)
    denominator = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES, null=True, blank=True)
    parts = models.JSONField(default=dict, blank=True, help_text="of a composite: part → value")
    disaggregated = models.JSONField(default=dict, blank=True, help_text="sex, age, area, … → value")
    quality = models.CharField(max_length=20, choices=Quality.choices, blank=True)
    note = models.TextField(blank=True)
    page = models.CharField(max_length=20, blank=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    reason = models.TextField(blank=True, help_text="why it was corrected")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "indicator"], condition=Q(supersedes=None), name="a_report_says_it_once",
                violation_error_message="The report gives this indicator a value already: supersede it, with a reason.",
            ),
            models.CheckConstraint(
                condition=Q(period_start=None) | Q(period_end=None) | Q(period_end__gte=F("period_start")),
                name="a_period_ends_after_it_begins",
                violation_error_message="The period ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(reason=""), name="a_correction_says_why",
                violation_error_message="A correction needs a reason: say why.",
            ),
            models.CheckConstraint(
                condition=~Q(quality="not_collected") | Q(value=None), name="not_collected_has_no_value",
                violation_error_message="What was not collected has no value.",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["indicator", "-holds_from", "-id"], name="measured_at_a_day")]

    def __str__(self) -> str:
        return f"{self.indicator_id}, {self.holds_from}: {self.value if self.value is not None else self.value_text}"
