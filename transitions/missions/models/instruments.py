from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from transitions.access.models import SeenQuerySet
from transitions.workflow.models import APPEND_ONLY, FactRow

from .missions import Mission


class MandateInstrument(FactRow):
    """A dated resolution, statement, letter or decree. Never edited, only superseded by a later one.

    `holds_from` and `known_from` are the day of its adoption: recorded late, it holds from then all the same.
    """

    class Kind(models.TextChoices):
        RESOLUTION = "resolution"
        STATEMENT = "presidential_statement", "presidential statement"
        COMMUNIQUE = "communique", "communiqué"
        LETTER = "letter"
        DECREE = "decree"
        BUDGET = "budget_decision", "budget decision"
        AGREEMENT = "agreement"
        OTHER = "other"

    belongs_to = ""  # instruments are on the public record

    mission = models.ForeignKey(Mission, models.PROTECT, related_name="instruments")
    symbol = models.CharField(max_length=80, help_text="S/RES/2429 (2018)")
    body = models.CharField(max_length=120, help_text="who adopted it")
    kind = models.CharField(max_length=40, choices=Kind.choices, default=Kind.RESOLUTION)
    adopted_on = models.DateField()
    effective_from = models.DateField(null=True, blank=True)
    effective_until = models.DateField(null=True, blank=True)
    paragraph = models.CharField(max_length=80, blank=True)
    subject = models.TextField(blank=True)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["adopted_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["mission", "symbol"], name="an_instrument_once"),
            models.CheckConstraint(
                condition=Q(effective_until=None)
                | Q(effective_from=None)
                | Q(effective_until__gte=F("effective_from")),
                name="instrument_ends_after_it_begins",
                violation_error_message="“Effective until” lies before “effective from”.",
            ),
            models.CheckConstraint(condition=Q(holds_from=F("adopted_on")), name="instrument_holds_from_adoption"),
        ]

    def __str__(self) -> str:
        return self.symbol


class Driver(models.TextChoices):
    """Why a date was decided or moved: leaders must see when it was not the conditions on the ground."""

    CONDITIONS = "conditions", "conditions on the ground"
    BUDGET = "budget"
    HOST_CONSENT = "host_consent", "host consent"
    POLITICS = "politics"


class Effect(models.Model):
    """One thing that an instrument changes. Append-only with it."""

    class Kind(models.TextChoices):
        MANDATE_EXPIRY = "mandate_expiry", "mandate expiry"
        CESSATION = "cessation", "cessation of operations"
        WITHDRAWAL = "withdrawal", "withdrawal complete"
        LIQUIDATION = "liquidation", "liquidation complete"
        PLANNING_ASSUMPTION = "planning_assumption", "planning assumption"
        DECISION = "decision", "date of a decision"
        STRENGTH = "strength", "authorised strength"
        SITES = "sites"
        REPORTING = "reporting", "reporting cycle"
        AUTHORISES = "authorises", "authorises the transition"
        TERMINATES = "terminates", "terminates the mandate"

    class Basis(models.TextChoices):
        FIXED = "fixed"
        EXPIRES = "expires_unless_renewed", "expires unless renewed"
        CONDITIONAL = "conditional"
        INTENTION = "intention"
        HOST_REQUESTED = "host_requested", "host-requested"
        UNCONFIRMED = "unconfirmed"

    belongs_to = ""

    instrument = models.ForeignKey(MandateInstrument, models.PROTECT, related_name="effects")
    kind = models.CharField(max_length=40, choices=Kind.choices)
    date = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=40, choices=Basis.choices, blank=True)
    drivers = ArrayField(models.CharField(max_length=40, choices=Driver.choices), default=list, blank=True)
    component = models.CharField(max_length=40, blank=True, help_text="military, police, civilian, …")
    number = models.PositiveIntegerField(null=True, blank=True, help_text="people of that component")
    approximate = models.BooleanField(default=False, help_text="the day is not certain")
    paragraph = models.CharField(max_length=80, blank=True)
    text = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(date=None) | ~Q(basis=""), name="a_date_has_its_basis",
                violation_error_message="A date needs its basis: fixed, expires unless renewed, conditional, ….",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["mandate_expiry", "cessation", "withdrawal", "liquidation",
                                       "planning_assumption", "decision"]) | Q(date__isnull=False),
                name="a_dated_effect_has_its_date",
                violation_error_message="This kind of effect is a date: give it.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="strength")
                | (Q(number__isnull=False) & ~Q(component=""))
                | (Q(number=None) & ~Q(text="")),
                name="a_strength_has_a_number_or_says_why_not",
                violation_error_message="Authorised strength needs a component and a number, or a text that says "
                "what the instrument does without one.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()}{self.what}"

    @property
    def what(self) -> str:
        if self.kind == self.Kind.STRENGTH:
            figure = "no figure" if self.number is None else str(self.number)
            since = f" from {self.date}" if self.date else ""
            return f" {self.component} {figure}".replace("  ", " ") + since
        return f" {self.date}" if self.date else ""


DATES_OF_THE_END = [
    Effect.Kind.MANDATE_EXPIRY,
    Effect.Kind.CESSATION,
    Effect.Kind.WITHDRAWAL,
    Effect.Kind.LIQUIDATION,
    Effect.Kind.PLANNING_ASSUMPTION,
]


class Strength(FactRow):
    """How many people a mission had on a day, as a report says: beside what instruments authorise."""

    belongs_to = ""

    mission = models.ForeignKey(Mission, models.PROTECT, related_name="strength")
    component = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    note = models.TextField(blank=True)

    objects: ClassVar[Any] = SeenQuerySet.as_manager()

    class Meta(FactRow.Meta):
        ordering = ["holds_from", "pk"]
        verbose_name_plural = "strength"

    def __str__(self) -> str:
        return f"{self.mission} {self.holds_from}: {self.number} {self.component}"
