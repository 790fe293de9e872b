from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import CombinedExpression

from transitions.access.models import SeenQuerySet
from transitions.workflow.models import APPEND_ONLY, FactRow, Stateful

from .benchmarks import Benchmark
from .indicators import Definition, Indicator
from .measurements import Measurement
from .reports import Report


class ReadinessClass(models.TextChoices):
    """The UN's own scale (S/2018/1059, annex), from the best to the worst; the last two say that nobody knows."""

    ON_TRACK = "on_track", "on track"
    POSITIVE = "positive", "challenges, positive trend"
    STAGNATING = "stagnating", "challenges, stagnating"
    DESCENDING = "descending", "challenges, descending"
    NOT_ON_TRACK = "not_on_track", "not on track"
    NO_UPDATE = "no_update_expected", "no update expected"
    NOT_ASSESSED = "not_assessed", "not assessed"


JUDGED = [(value, label) for value, label in ReadinessClass.choices if value != ReadinessClass.NOT_ASSESSED]

SIGNED = pgtrigger.Trigger(
    name="signed_is_fixed",
    operation=pgtrigger.Update | pgtrigger.Delete,
    when=pgtrigger.Before,
    condition=pgtrigger.Q(old__state="verified"),
    func="RAISE EXCEPTION 'a verified assessment is not edited: record a later one';",
)
"""`verified` has no step out of it: not even its state changes, a later assessment overtakes it."""

SUBMITTED = pgtrigger.Trigger(
    name="submitted_is_fixed",
    operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
        "indicator_id",
        "definition_id",
        "report_id",
        "measurement_id",
        "as_of",
        "judged",
        "note",
        "page",
        "entered_by_id",
    ),
    when=pgtrigger.Before,
    condition=pgtrigger.Q(old__state="submitted"),
    func="RAISE EXCEPTION 'a submitted assessment is not edited: return it first';",
)
"""What the verifier looks at is what is verified."""

COUNTED_FROM_NEW_ONES = pgtrigger.Trigger(
    name="counts_from_new_ones",
    level=pgtrigger.Statement,
    operation=pgtrigger.Insert,
    when=pgtrigger.After,
    referencing=pgtrigger.Referencing(new="added"),  # type: ignore[no-untyped-call]
    func="""
        UPDATE benchmarks_indicator i SET counts_from = latest.as_of
        FROM (SELECT indicator_id, max(as_of) AS as_of FROM added
              WHERE state IN ('submitted', 'verified') GROUP BY indicator_id) latest
        WHERE i.id = latest.indicator_id AND (i.counts_from IS NULL OR i.counts_from < latest.as_of);
        RETURN NULL;
    """,
)
"""Once for a statement: an import brings very many."""

COUNTED_FROM_THE_LAST = pgtrigger.Trigger(
    name="counts_from_the_last",
    operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
    when=pgtrigger.After,
    func="""
        UPDATE benchmarks_indicator i SET counts_from = coalesce(
            (SELECT max(a.as_of) FROM benchmarks_assessment a
             WHERE a.indicator_id = i.id AND a.state IN ('submitted', 'verified')),
            (SELECT min(d.holds_from) FROM benchmarks_definition d WHERE d.indicator_id = i.id))
        WHERE i.id = NEW.indicator_id;
        RETURN NULL;
    """,
)
"""What is submitted counts as done by its provider; what is returned is owed again."""

A_WEEK_LATER = CombinedExpression(F("submitted_on"), "+", Value(7), output_field=models.DateField())
"""Five working days: from a working day on that is a week, on whichever two days the weekend falls."""


class Assessment(Stateful):
    """A dated judgement of one indicator, by a person or a report. Once it is verified nothing of it changes."""

    belongs_to = "indicator__transition"
    marked_by = ("indicator__benchmark__marking",)
    named_with = ("indicator__benchmark",)

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="assessments")
    definition = models.ForeignKey(Definition, models.PROTECT, related_name="+")
    report = models.ForeignKey(Report, models.PROTECT, null=True, blank=True, related_name="assessments")
    measurement = models.ForeignKey(Measurement, models.PROTECT, null=True, blank=True, related_name="+")
    as_of = models.DateField()
    judged = models.CharField("class", max_length=20, choices=JUDGED)
    note = models.TextField(blank=True)
    page = models.CharField(max_length=20, blank=True, help_text="of the report, where it gives no value beside")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_on = models.DateField(null=True, editable=False, help_text="since when it waits for its verification")
    owed_on = models.GeneratedField(
        expression=Case(When(state="submitted", then=A_WEEK_LATER), default=None),
        output_field=models.DateField(),
        db_persist=True,
    )

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["as_of", "pk"]
        triggers = [SIGNED, SUBMITTED, COUNTED_FROM_NEW_ONES, COUNTED_FROM_THE_LAST]
        indexes = [
            models.Index(fields=["indicator", "-as_of", "-id"], name="assessed_at_a_day"),
            models.Index(fields=["owed_on"], condition=Q(owed_on__isnull=False), name="verifications_owed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(judged="not_assessed") & ~Q(judged=""), name="a_judgement_has_a_class",
                violation_error_message="No class is no assessment.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.indicator.code} as of {self.as_of}: {self.get_judged_display()}"


class Disagreement(models.Model):
    """Where a person judged otherwise than the program proposed: both are kept, also of a draft judged again."""

    belongs_to = "assessment__indicator__transition"
    marked_by = ("assessment__indicator__benchmark__marking",)

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="disagreements")
    judged = models.CharField("class", max_length=20, choices=JUDGED)
    proposed = models.CharField(max_length=20, choices=ReadinessClass.choices)
    proposed_met = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_judged_display()}, proposed: {self.get_proposed_display()}"


class ClassOverride(FactRow):
    """A person says how a benchmark stands, against the worst of its indicators, with a reason. Empty: no longer."""

    belongs_to = "benchmark__transition"
    marked_by = ("benchmark__marking",)

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="class_overrides")
    judged = models.CharField("class", max_length=20, choices=JUDGED, blank=True)
    reason = models.TextField()

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="an_overridden_class_says_why",
                violation_error_message="Say why it stands otherwise than its indicators.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.benchmark_id}: {self.get_judged_display() or 'as its indicators say'}"
