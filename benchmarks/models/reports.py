from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Transition
from transitions.workflow.models import APPEND_ONLY, FactRow

from .benchmarks import Benchmark
from .indicators import Indicator


class Report(FactRow):
    """A report that judges as of a day (`holds_from`) and is known from the day it was issued (`known_from`)."""

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="benchmark_reports")
    symbol = models.CharField(max_length=80)
    holds = models.TextField(blank=True, help_text="what it holds")
    listed = models.BooleanField(default=True, help_text="its day of issue is known; else that is the day of import")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [models.UniqueConstraint(fields=["transition", "symbol"], name="a_report_once")]

    def __str__(self) -> str:
        return self.symbol


class RollUp(models.Model):
    """The count by class as a report itself publishes it: set beside our own count, never instead of it."""

    belongs_to = "report__transition"

    report = models.OneToOneField(Report, models.PROTECT, related_name="roll_up")
    by_class = models.JSONField(help_text="class → number; what is not printed is absent, not zero")
    total = models.PositiveIntegerField(null=True, blank=True)
    paragraph = models.CharField(max_length=120, blank=True)
    page = models.CharField(max_length=20, blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"Published by {self.report}"


class DisplayCode(models.Model):
    """How one report numbers a benchmark or an indicator: reports renumber, identities stay."""

    belongs_to = "report__transition"

    report = models.ForeignKey(Report, models.PROTECT, related_name="display_codes")
    benchmark = models.ForeignKey(Benchmark, models.PROTECT, null=True, blank=True, related_name="display_codes")
    indicator = models.ForeignKey(Indicator, models.PROTECT, null=True, blank=True, related_name="display_codes")
    code = models.CharField(max_length=40)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        constraints = [
            models.CheckConstraint(
                condition=Q(benchmark=None, indicator__isnull=False) | Q(benchmark__isnull=False, indicator=None),
                name="a_display_code_of_one_thing",
            ),
            models.UniqueConstraint(fields=["report", "indicator"], name="an_indicator_s_code_once_a_report"),
            models.UniqueConstraint(fields=["report", "benchmark"], name="a_benchmark_s_code_once_a_report"),
        ]

    def __str__(self) -> str:
        return f"{self.code} in {self.report}"
