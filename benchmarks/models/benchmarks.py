from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from transitions.access.models import SeenQuerySet
from transitions.access.permissions import Marking
from transitions.handovers.models import Handover
from transitions.missions.models import MandateInstrument, Office, Pillar, Sector, Transition
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import FactRow, Stateful

CODE_IS_FIXED = pgtrigger.Protect(
    name="code_is_fixed", operation=pgtrigger.Update, condition=pgtrigger.AnyChange("code")
)
"""Files, links and answers of past days name a thing by it. How a report numbers it is a `DisplayCode`."""


@pghistory.track(exclude=["state", "version"])
class Benchmark(Stateful):
    """A condition in the country, set by the Council or jointly. Its words are in `Wording`: a renewal may reword it.

    `code` is its stable identity; how a report numbers it is a `DisplayCode` of that report. What else is said of it
    is what is so now: answers of a day read the rows of `BenchmarkTerms`.
    """

    class Basis(models.TextChoices):
        COUNCIL = "council", "Council"
        REPORT = "report", "Secretary-General's report"
        JOINT = "joint", "joint with the Government"
        MISSION = "mission"

    class Level(models.TextChoices):
        CORE = "core"
        CONTEXTUAL = "contextual"

    named_with = ("transition",)

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="benchmarks")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=300, help_text="its words in short")
    pillar = models.ForeignKey(Pillar, models.PROTECT, null=True, blank=True, related_name="benchmarks")
    sectors = models.ManyToManyField(Sector, blank=True, related_name="benchmarks")
    basis = models.CharField(max_length=20, choices=Basis.choices)
    level = models.CharField(max_length=20, choices=Level.choices, default=Level.CORE)
    condition_for_exit = models.BooleanField(help_text="the exit depends on it; a core one unless it is set otherwise")
    serves = models.TextField(blank=True, help_text="the part of the end state that it serves")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    owner_office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="benchmarks", help_text="else the lead office"
    )
    external_codes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    marking = models.CharField(max_length=30, choices=Marking.choices, default=Marking.UNCLASSIFIED)
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")
    source = models.TextField(blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        ordering = ["transition", "pk"]
        triggers = [CODE_IS_FIXED]
        constraints = [
            models.UniqueConstraint(fields=["transition", "code"], name="benchmark_code_once"),
            models.UniqueConstraint(fields=["transition", "id"], name="benchmark_in_its_transition"),
            models.CheckConstraint(
                condition=~Q(level="contextual") | Q(condition_for_exit=False),
                name="a_contextual_benchmark_holds_no_exit",
                violation_error_message="A contextual benchmark informs; the exit does not depend on it.",
            ),
            *(
                SameTransition(field=field, name=f"benchmark_{field}_in_the_same_transition")
                for field in ("pillar", "owner_office")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Wording(FactRow):
    """The words of a benchmark from a day on. A renewal that rewords is a new one; old judgements keep the old."""

    belongs_to = "benchmark__transition"
    marked_by = ("benchmark__marking",)

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="wordings")
    number = models.PositiveSmallIntegerField()
    statement = models.TextField()
    instrument = models.ForeignKey(MandateInstrument, models.PROTECT, null=True, blank=True, related_name="+")
    paragraph = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True, help_text="why the words changed")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["benchmark", "number"]
        constraints = [models.UniqueConstraint(fields=["benchmark", "number"], name="a_wording_number_once")]

    def __str__(self) -> str:
        return f"Wording {self.number}"


class GovernmentPosition(FactRow):
    """What the Government says of a benchmark, from a day on."""

    class Position(models.TextChoices):
        ENDORSES = "endorses"
        DISPUTES = "disputes"
        SILENT = "silent"

    belongs_to = "benchmark__transition"
    marked_by = ("benchmark__marking",)

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="government_positions")
    position = models.CharField(max_length=20, choices=Position.choices)
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]

    def __str__(self) -> str:
        return f"{self.get_position_display()} since {self.holds_from}"


class CarryOver(FactRow):
    """Who is to own it when the mission has left: an office, or as a source names it. No row: no source names one."""

    belongs_to = "benchmark__transition"
    marked_by = ("benchmark__marking",)

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="carry_overs")
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True, help_text="as it is called, where it is no office here")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(office__isnull=False) | ~Q(name=""), name="it_is_carried_over_to_somebody",
                violation_error_message="Say who is to own it: an office, or a name.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.office or self.name)


@pghistory.track()
class DependsOn(models.Model):
    """A handover that stands on a benchmark: where the benchmark falls back, the handover is looked at anew."""

    marked_by = ("handover__marking", "benchmark__marking")

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="+")
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="depends_on")
    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="carries")
    linked_on = models.DateField(editable=False, help_text="the day from which it is known")
    reviewed_on = models.DateField(null=True, blank=True, help_text="when somebody last looked whether it still stands")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        verbose_name = "handover that depends on a benchmark"
        verbose_name_plural = "handovers that depend on benchmarks"
        constraints = [
            models.UniqueConstraint(fields=["handover", "benchmark"], name="a_dependence_once"),
            SameTransition(field="handover", name="dependent_handover_in_the_same_transition"),
            SameTransition(field="benchmark", name="needed_benchmark_in_the_same_transition"),
        ]

    def __str__(self) -> str:
        return f"{self.handover_id} depends on {self.benchmark_id}"


class DependenceReview(FactRow):
    """Somebody looked on a day whether a handover still stands: the latest stands on the link itself as well."""

    belongs_to = "link__transition"
    marked_by = ("link__handover__marking", "link__benchmark__marking")

    link = models.ForeignKey(DependsOn, models.PROTECT, related_name="reviews")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]

    def __str__(self) -> str:
        return f"looked at on {self.holds_from}"


@pghistory.track()
class Lineage(models.Model):
    """What a successor carries on: across transitions, so each end is seen by who sees that one."""

    belongs_to = "older__transition"
    marked_by = ("older__marking", "newer__marking")

    older = models.ForeignKey(Benchmark, models.PROTECT, related_name="carried_on_by")
    newer = models.ForeignKey(Benchmark, models.PROTECT, related_name="carries_on")
    stated = models.BooleanField(default=False, help_text="a document says so; else it is a judgement")
    note = models.TextField(blank=True)
    source = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "lineage"
        constraints = [
            models.UniqueConstraint(fields=["older", "newer"], name="a_lineage_once"),
            models.CheckConstraint(
                condition=~Q(older=F("newer")), name="carries_on_another",
                violation_error_message="A benchmark does not carry on itself.",
            ),
            models.CheckConstraint(
                condition=Q(stated=False) | ~Q(source=""), name="a_stated_lineage_has_its_source",
                violation_error_message="Name the document that states it.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.newer.code} carries on {self.older.code}"
