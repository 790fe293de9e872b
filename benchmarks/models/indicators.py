from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Area, Office, Transition
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import APPEND_ONLY, FactRow

from .benchmarks import CODE_IS_FIXED, Benchmark

DIGITS, PLACES = 20, 6  # of a number that was measured


KEPT_BY_TRIGGERS = pgtrigger.Trigger(
    name="counts_from_is_kept",
    operation=pgtrigger.UpdateOf("counts_from"),  # type: ignore[no-untyped-call]
    when=pgtrigger.Before,
    condition=pgtrigger.Condition("pg_trigger_depth() = 0 AND OLD.counts_from IS DISTINCT FROM NEW.counts_from"),
    func="NEW.counts_from := OLD.counts_from; RETURN NEW;",
)
"""Whoever saves an indicator that was read before an assessment came in takes nothing back."""


@pghistory.track(exclude=["counts_from", "owed_on"])
class Indicator(models.Model):
    """How a part of a benchmark is measured. What exactly is counted stands in its `Definition`s.

    It is assessed once in its frequency: the next assessment is owed so many days after the last one. `counts_from` is
    written by triggers of assessments and definitions and by nothing else, whichever door they come through. Whether it
    decides and how often it is measured is what is so now: answers of a day read `IndicatorTerms`.
    """

    marked_by = ("benchmark__marking",)
    named_with = ("benchmark",)

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="indicators")
    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="indicators")
    code = models.CharField(max_length=40)
    position = models.PositiveIntegerField(default=0, help_text="where it stands in lists")
    informs_only = models.BooleanField(default=False, help_text="it does not decide its benchmark")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    frequency_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="how often it is measured")
    provider_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    provider = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    verifier_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    verifier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.TextField(blank=True)
    counts_from = models.DateField(
        null=True, editable=False,
        help_text="the day of its last assessment that was submitted or verified, else of its first definition",
    )  # fmt: skip
    owed_on = models.GeneratedField(
        expression=CombinedExpression(F("counts_from"), "+", F("frequency_days"), output_field=models.DateField()),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        triggers = [CODE_IS_FIXED, KEPT_BY_TRIGGERS]
        indexes = [models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="assessments_owed")]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="indicator_code_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="indicator_in_its_transition"),
            models.CheckConstraint(
                condition=Q(verifier=None) | Q(provider=None) | ~Q(verifier=models.F("provider")),
                name="the_verifier_is_not_the_provider",
                violation_error_message="Nobody verifies their own entry: name another verifier.",
            ),
            *(
                SameTransition(field=field, name=f"indicator_{field}_in_the_same_transition")
                for field in ("benchmark", "area", "provider_office", "verifier_office")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.benchmark.code} / {self.code}"


COUNTED_FROM_ITS_DEFINITION = pgtrigger.Trigger(
    name="counts_from_its_definition",
    operation=pgtrigger.Insert,
    when=pgtrigger.After,
    func="""
        UPDATE benchmarks_indicator SET counts_from = NEW.holds_from
        WHERE id = NEW.indicator_id AND counts_from IS NULL;
        RETURN NULL;
    """,
)
"""What was never assessed is owed a frequency after somebody has said what is counted."""


class Definition(FactRow):
    """What an indicator counts, and how, from a day on. Values of different definitions are never joined."""

    class Kind(models.TextChoices):
        LADDER = "ladder", "ladder of named rungs"
        COUNT = "count"
        CUMULATIVE = "cumulative", "cumulative count"
        RATE = "rate"
        PERCENTAGE = "percentage"
        YES_NO = "yes_no", "yes or no"
        SURVEY = "survey"
        COMPOSITE = "composite", "composite: all parts must pass"

    class Direction(models.TextChoices):
        AT_LEAST = ">=", "≥"
        AT_MOST = "<=", "≤"
        EQUAL = "=", "="

    class Period(models.TextChoices):
        POINT = "point", "state at a day"
        YEAR_TO_DATE = "year_to_date", "year to date"
        ANNUAL = "annual", "twelve months"
        SINCE = "cumulative_since", "cumulative since a day"

    belongs_to = "indicator__transition"
    marked_by = ("indicator__benchmark__marking",)

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="definitions")
    number = models.PositiveSmallIntegerField()
    statement = models.TextField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    direction = models.CharField(max_length=2, choices=Direction.choices)
    unit = models.CharField(max_length=120, blank=True)
    per = models.PositiveIntegerField(null=True, blank=True, help_text="of a rate: 1000 or 100000")
    period_basis = models.CharField(max_length=20, choices=Period.choices, default=Period.POINT)
    window = models.TextField(blank=True, help_text="what the source says of the period")
    rungs = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="of a ladder, lowest first"
    )
    parts = models.JSONField(default=list, blank=True, help_text="of a composite: name, direction and target of each")
    baseline_value = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES, null=True, blank=True)
    baseline_text = models.TextField(blank=True)
    baseline_date = models.DateField(null=True, blank=True)
    disaggregation = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    means_of_verification = models.TextField(blank=True)
    page = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True, help_text="why the definition changed")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["indicator", "number"]
        triggers = [APPEND_ONLY, COUNTED_FROM_ITS_DEFINITION]  # type: ignore[list-item]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "number"], name="a_definition_number_once"),
            models.CheckConstraint(
                condition=Q(per=None) | Q(kind="rate", per__in=[1000, 100000]), name="a_rate_is_per_something",
                violation_error_message="Only a rate is per 1,000 or per 100,000.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Definition {self.number}"


class Target(models.Model):
    """A value or a text to be reached by a day, of one definition. Append-only with it."""

    belongs_to = "definition__indicator__transition"
    marked_by = ("definition__indicator__benchmark__marking",)

    definition = models.ForeignKey(Definition, models.PROTECT, related_name="targets")
    value = models.DecimalField(max_digits=DIGITS, decimal_places=PLACES, null=True, blank=True)
    text = models.TextField(blank=True)
    date = models.DateField(null=True, blank=True)
    timeline = models.CharField(max_length=80, blank=True, help_text="as the source prints it")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        ordering = ["date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["definition", "date"], name="one_target_a_day", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(text=""), name="a_target_is_a_value_or_a_text",
                violation_error_message="A target is a value or a text: give one of them.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.text or self.value}{f' by {self.date}' if self.date else ''}"
