from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from transitions.missions.models import Transition


@pghistory.track(exclude=["secret_hash", "last_read_at"])
class FeedAddress(models.Model):
    """A secret address at which a calendar program reads one person's feed. Only the hash of the secret is kept.

    Its instants are on the machine's clock: they are about who gets in, and not about the mission's time.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="feed_addresses")
    transition = models.ForeignKey(
        Transition, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="empty: what is the person's or their office's, in every transition",
    )  # fmt: skip
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_read_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "calendar feed"

    def __str__(self) -> str:
        return f"Feed of {self.transition}" if self.transition else "Feed of what is mine and my office's"
