from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet, grants_of
from transitions.access.permissions import Permission


class HeldQuerySet(SeenQuerySet):
    def visible_to(self, user: Any, *, now: datetime) -> "HeldQuerySet":
        held = [grant for grant in grants_of(user, now=now) if grant.gives(Permission.READ_MESSAGES, None)]
        where = {grant.transition_id for grant in held}
        return self.all() if None in where else self.filter(transition__in=where)


class Held(models.Model):
    """What a storm, a sweep that would have told of far more than on any usual day, tells in one transition.

    It waits for a decision by who directs that transition, and for no other's.
    """

    sweep = models.UUIDField()
    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="+")
    now = models.DateTimeField(help_text="the instant of the sweep, on the domain's clock")
    items = models.PositiveIntegerField(help_text="how many the sweep would have told of, in all transitions")
    usual = models.PositiveIntegerField(help_text="how many a day is usual")
    released_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    objects: ClassVar[Any] = HeldQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "held storm", "held storms"
        constraints = [
            models.UniqueConstraint(fields=["sweep", "transition"], name="held_once_a_transition"),
            models.CheckConstraint(condition=Q(released_at=None) | Q(withdrawn_at=None), name="decided_one_way"),
            models.CheckConstraint(
                condition=Q(released_at=None, withdrawn_at=None, decided_by=None)
                | (Q(released_at__isnull=False) | Q(withdrawn_at__isnull=False)) & Q(decided_by__isnull=False),
                name="decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transition}, held on {self.now:%Y-%m-%d}"
