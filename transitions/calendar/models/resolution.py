from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from transitions.access.models import SeenQuerySet
from transitions.missions.models import MandateInstrument, Transition
from transitions.workflow.models import APPEND_ONLY, AboutAThing, AboutQuerySet, FactRow


class AffectedItem(AboutAThing):
    """An open item that lay after the earlier of the old and the new date of an end, when an instrument moved it.

    It waits to be re-dated, kept or dropped. Which of them has happened is read from the thing itself, never stored.
    """

    instrument = models.ForeignKey(MandateInstrument, models.PROTECT, related_name="affected_items")
    transition = models.ForeignKey(Transition, models.PROTECT, related_name="affected_items")
    day = models.DateField(help_text="its day when the instrument was recorded")
    recorded_at = models.DateTimeField()

    objects: ClassVar[Any] = AboutQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "thing_type", "thing_id"], name="a_thing_once_in_a_list")
        ]
        indexes = [models.Index(fields=["transition", "instrument"], name="items_of_a_list")]

    def __str__(self) -> str:
        return f"{self.thing_type} {self.thing_id}"


class KeptQuerySet(SeenQuerySet):
    def visible_to(self, user: Any, *, now: datetime) -> "KeptQuerySet":
        """Seen by whoever sees the thing that was kept."""
        return self.filter(item__in=AffectedItem.objects.visible_to(user, now=now).values("pk"))


class Kept(FactRow):
    """An item stays on its day although an instrument has moved the end, for a reason."""

    belongs_to = "item__transition"

    item = models.OneToOneField(AffectedItem, models.PROTECT, related_name="kept")
    reason = models.TextField()

    objects: ClassVar[Any] = KeptQuerySet.as_manager()

    class Meta(FactRow.Meta):
        verbose_name_plural = "kept items"
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="what_is_kept_has_a_reason",
                violation_error_message="Say why it stays on its day.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.item_id} is kept"
