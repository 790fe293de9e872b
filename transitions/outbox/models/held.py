from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet, may_anywhere
from transitions.access.permissions import Permission


class HeldQuerySet(SeenQuerySet):
    def visible_to(self, user: Any, *, now: datetime) -> "HeldQuerySet":
        return self.all() if may_anywhere(user, Permission.READ_MESSAGES, now=now) else self.none()


class Held(models.Model):
    """A storm: a sweep that would have told of far more than on any usual day. Its messages wait for a decision."""

    sweep = models.UUIDField(unique=True)
    now = models.DateTimeField(help_text="the instant of the sweep, on the domain's clock")
    items = models.PositiveIntegerField(help_text="how many it would have told of")
    usual = models.PositiveIntegerField(help_text="how many a day is usual")
    released_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    belongs_to = ""
    objects: ClassVar[Any] = HeldQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "held storm", "held storms"
        constraints = [
            models.CheckConstraint(condition=Q(released_at=None) | Q(withdrawn_at=None), name="decided_one_way"),
            models.CheckConstraint(
                condition=Q(released_at=None, withdrawn_at=None, decided_by=None)
                | (Q(released_at__isnull=False) | Q(withdrawn_at__isnull=False)) & Q(decided_by__isnull=False),
                name="decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.items} items held on {self.now:%Y-%m-%d}"
