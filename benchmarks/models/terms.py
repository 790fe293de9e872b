from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet
from transitions.missions.models import Office, Pillar
from transitions.workflow.models import FactRow

from .benchmarks import Benchmark
from .indicators import Indicator


class Terms(FactRow):
    """What is said of a thing from a day on, all of it in each row: a later edit changes no answer of an earlier day.

    What is so now also stands on the thing itself, written with the row by the same door (`terms.py`).
    """

    about: ClassVar[str]
    says: ClassVar[dict[str, str]]  # column here → column of the thing

    number = models.PositiveSmallIntegerField()
    reason = models.TextField(blank=True, help_text="why it changed")

    class Meta(FactRow.Meta):
        abstract = True
        ordering = ["holds_from", "pk"]

    def __str__(self) -> str:
        return f"Terms {self.number}"

    @property
    def thing(self) -> Any:
        return getattr(self, self.about)

    @property
    def thing_id(self) -> int:
        found: int = getattr(self, f"{self.about}_id")
        return found

    @classmethod
    def first(cls, thing: Any, **given: Any) -> Self:
        """What is said of a thing with which it begins."""
        said = {column: getattr(thing, name) for column, name in cls.says.items()}
        return cls(**{cls.about: thing, "number": 1}, **said, **given)

    def next(self, **given: Any) -> Self:
        """The same, until something else is put into it."""
        said = {column: getattr(self, column) for column in self.columns()}
        return type(self)(**{self.about: self.thing}, **said, **given)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        return tuple(cls.says)

    @classmethod
    def fields_of_the_thing(cls) -> dict[str, str]:
        """Field of the thing → field here."""
        return {name.removesuffix("_id"): column.removesuffix("_id") for column, name in cls.says.items()}

    @classmethod
    def columns_of_form(cls) -> dict[str, str]:
        return cls.fields_of_the_thing() | ({"sectors": "sectors"} if "sectors" in cls.columns() else {})

    def same_as(self, other: Self) -> bool:
        return all(getattr(self, column) == getattr(other, column) for column in self.columns())


class BenchmarkTerms(Terms):
    """What a benchmark is called, where it belongs, who owns it, and whether the exit depends on it, from a day on."""

    about = "benchmark"
    says: ClassVar[dict[str, str]] = {
        name: name for name in (
            "title", "pillar_id", "basis", "level", "condition_for_exit", "serves", "owner_id", "owner_office_id",
            "external_codes",
        )
    } | {"document": "source"}  # fmt: skip
    belongs_to = "benchmark__transition"
    marked_by = ("benchmark__marking",)

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="terms")
    title = models.CharField(max_length=300)
    pillar = models.ForeignKey(Pillar, models.PROTECT, null=True, blank=True, related_name="+")
    sectors = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text="their codes, in order")
    basis = models.CharField(max_length=20, choices=Benchmark.Basis.choices)
    level = models.CharField(max_length=20, choices=Benchmark.Level.choices)
    condition_for_exit = models.BooleanField()
    serves = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    owner_office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    external_codes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    document = models.TextField(blank=True, help_text="the document that sets the benchmark")

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(Terms.Meta):
        verbose_name_plural = "benchmark terms"
        constraints = [
            models.UniqueConstraint(fields=["benchmark", "number"], name="benchmark_terms_number_once"),
            models.CheckConstraint(
                condition=~Q(level="contextual") | Q(condition_for_exit=False),
                name="contextual_terms_hold_no_exit",
                violation_error_message="A contextual benchmark informs; the exit does not depend on it.",
            ),
        ]

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        return (*cls.says, "sectors")


class IndicatorTerms(Terms):
    """Whether an indicator decides its benchmark, how often it is measured, and where it stands, from a day on."""

    about = "indicator"
    says: ClassVar[dict[str, str]] = {name: name for name in ("position", "informs_only", "frequency_days")}
    belongs_to = "indicator__transition"
    marked_by = ("indicator__benchmark__marking",)

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="terms")
    position = models.PositiveIntegerField(default=0)
    informs_only = models.BooleanField(default=False)
    frequency_days = models.PositiveSmallIntegerField(null=True, blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(Terms.Meta):
        verbose_name_plural = "indicator terms"
        constraints = [
            models.UniqueConstraint(fields=["indicator", "number"], name="indicator_terms_number_once"),
        ]
