"""When and how often a person wants to be told, who is told in their absence, and when they were told last."""

from datetime import date, datetime, time
from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from transitions.access.models import Grant, SeenQuerySet, User
from transitions.clock.present import is_a_time_zone


class OwnQuerySet(SeenQuerySet):
    """A person's own rows, and those of the transitions in which they read messages."""

    def visible_to(self, user: Any, *, now: datetime) -> "OwnQuerySet":
        mine = Q(person=user.pk) if user.pk else Q(pk__in=[])
        return self.filter(mine)


class Pace(models.TextChoices):
    AT_ONCE = "at_once", "at once"
    DAILY = "daily", "once a day"
    WEEKLY = "weekly", "once a week"


@pghistory.track()
class Preference(models.Model):
    """How a person wants to be told: in one transition, or in all that have no row of their own.

    What is hard comes on the day also to whoever asked for a week. What cannot wait comes at once to everybody.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    transition = models.ForeignKey("missions.Transition", models.PROTECT, null=True, blank=True, related_name="+",
                                   help_text="leave it empty for all")  # fmt: skip
    pace = models.CharField("how often", max_length=10, choices=Pace.choices, default=Pace.DAILY)
    hour = models.TimeField(default=time(7), help_text="from when on the daily or weekly message leaves")
    weekday = models.PositiveSmallIntegerField(
        default=1, choices=[(1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"),
                            (6, "Saturday"), (7, "Sunday")], help_text="of the weekly message",
    )  # fmt: skip
    time_zone = models.CharField(max_length=60, blank=True, validators=[is_a_time_zone],
                                 help_text="leave it empty for the transition's own")  # fmt: skip
    quiet_from = models.TimeField(null=True, blank=True, help_text="between these hours nothing comes “at once”,")
    quiet_until = models.TimeField(null=True, blank=True, help_text="but what cannot wait")
    muted = ArrayField(models.CharField(max_length=80), default=list, blank=True,
                       help_text="kinds that are not told")  # fmt: skip

    objects: ClassVar[Any] = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "transition"], nulls_distinct=False, name="one_preference_each"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="quiet_has_both_hours",
            ),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="a_day_of_the_week"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_pace_display()} at {self.hour:%H:%M}"

    def clean(self) -> None:
        """In words, what the constraints refuse too: forms do not show who the person is, so they skip those."""
        if (self.quiet_from is None) != (self.quiet_until is None):
            empty = "quiet_from" if self.quiet_from is None else "quiet_until"
            raise ValidationError({empty: "Quiet hours need a beginning and an end: give both, or neither."})
        same = Preference.objects.filter(person=self.person_id, transition=self.transition_id).exclude(pk=self.pk)
        if self.person_id and same.exists():
            raise ValidationError({"transition": "You have said already how you want to be told here: change that."})


def colleagues(person: Any, *, on: date) -> models.QuerySet[User]:
    """Those who hold a role on a day where a person holds one too, and can be reached."""
    held = Grant.objects.in_force(on=on)
    own = held.filter(user=person)
    here = Q(transition__in=own.values("transition")) | Q(transition=None)
    if own.filter(transition=None).exists():
        here = Q()
    people = User.objects.filter(pk__in=held.filter(here).values("user"), is_service=False)
    return people.exclude(email="").exclude(pk=person.pk)


@pghistory.track()
class Absence(models.Model):
    """While a person is away their messages go to another. Whoever is to sign for them needs a grant besides."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="stands_in")
    from_date = models.DateField()
    until = models.DateField(help_text="the last day")

    objects: ClassVar[Any] = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(person=F("deputy")), name="nobody_stands_in_for_themselves"),
            models.CheckConstraint(condition=Q(until__gte=F("from_date")), name="absence_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.person} is away until {self.until}: {self.deputy}"

    def clean(self) -> None:
        if not (self.person_id and self.deputy_id and self.from_date and self.until):
            return
        if self.until < self.from_date:
            raise ValidationError({"until": "The last day is before the first."})
        if not colleagues(self.person, on=self.from_date).filter(pk=self.deputy_id).exists():
            raise ValidationError({"deputy": f"{self.deputy} holds no role where you hold one: choose a colleague."})
        away = Absence.objects.filter(person=self.deputy, from_date__lte=self.until, until__gte=self.from_date).first()
        if away:
            raise ValidationError({"deputy": f"{self.deputy} is away then too, until {away.until}: choose another."})


class Told(models.Model):
    """When a person last had their daily or weekly message, on the domain's clock: one a day, and no second one."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    transition = models.ForeignKey("missions.Transition", models.CASCADE, null=True, related_name="+")
    address = models.ForeignKey("outbox.Address", models.CASCADE, null=True, related_name="+")
    told_at = models.DateTimeField()

    objects: ClassVar[Any] = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "transition", "address"], nulls_distinct=False, name="told_last")
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.told_at:%Y-%m-%d}"
