from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from transitions.access.models import Grant, seen_by

WAITING = Q(sent_at=None, failed_at=None, withdrawn_at=None, suppressed_at=None)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Any, *, now: datetime) -> "MessageQuerySet":
        mine = Q(recipient=user.pk) if user.pk else Q(pk__in=[])  # a stranger has no key: not “to nobody”
        return self.filter(seen_by(user, now=now, transition="transition", marking="marking") | mine)

    def waiting(self) -> "MessageQuerySet":
        return self.filter(WAITING)

    def with_accounts(self) -> "MessageQuerySet":
        """Each with `holds_a_role`: whether its reader does, here or anywhere."""
        return self.annotate(holds_a_role=Exists(Grant.objects.filter(user=OuterRef("recipient"))))


class Message(models.Model):
    """Something that must reach a person: the record of it and the queue in one row.

    `ready_at` and `due_at` are on the domain's clock; every other instant here is on the machine's, because a lease or
    a back-off is about real processes. A message is in exactly one of the states that `Delivery` names.
    """

    class Delivery(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"
        WITHDRAWN = "withdrawn"
        SUPPRESSED = "suppressed"

    kind = models.CharField(max_length=80, help_text="what it is about; the room that queued it writes the letter")
    transition = models.ForeignKey("missions.Transition", models.PROTECT, null=True, related_name="+")
    thing_type = models.CharField(max_length=60, blank=True)
    thing_id = models.BigIntegerField(null=True)
    marking = models.CharField(max_length=30, db_default="unclassified", default="unclassified")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="messages")
    channel = models.CharField(max_length=20, db_default="email", default="email")
    address = models.ForeignKey("outbox.Address", models.PROTECT, null=True, related_name="messages",
                                help_text="of a chat or a webhook, which gets a copy")  # fmt: skip
    payload = models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)
    urgent = models.BooleanField(db_default=False, default=False, help_text="cannot wait: leaves at once and alone")
    hard = models.BooleanField(db_default=False, default=False, help_text="comes on days off too")
    ready_at = models.DateTimeField(db_default=Now(), help_text="since when there is something to tell")
    due_at = models.DateTimeField(help_text="when it may leave, as its reader wants it; on the domain's clock")
    dedupe_key = models.CharField(max_length=300, unique=True)
    sweep = models.UUIDField(null=True, db_index=True, help_text="the sweep that queued it")
    queued_at = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(db_default=Now(), help_text="the lease, while somebody has claimed it")
    claimed_by = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(db_default=0, default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    suppressed_at = models.DateTimeField(null=True)
    why_not = models.TextField(db_default="", default="", blank=True)
    rendered = models.TextField(db_default="", default="", blank=True, help_text="subject and text, as sent")

    objects: ClassVar[Any] = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="one_way_to_end",
                condition=Q(sent_at=None, failed_at=None, withdrawn_at=None)
                | Q(sent_at=None, failed_at=None, suppressed_at=None)
                | Q(sent_at=None, withdrawn_at=None, suppressed_at=None)
                | Q(failed_at=None, withdrawn_at=None, suppressed_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=WAITING, name="outbox_waiting"),
            models.Index(fields=["thing_type", "thing_id"], condition=WAITING, name="outbox_waiting_about"),
            models.Index(fields=["thing_id"], name="outbox_about"),
            models.Index(
                Coalesce("recipient", 0),
                Coalesce("transition", 0),
                Coalesce("address", 0),
                condition=WAITING,
                name="outbox_waiting_for",
            ),
            models.Index(fields=["recipient", "-queued_at"], name="outbox_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient or 'nobody'}"

    @property
    def reader_has_an_account(self) -> bool:
        """One who signs in with a password, or holds a role; else they are a name with an address."""
        reader = self.recipient
        if reader is None or not reader.is_active:
            return False
        held = getattr(self, "holds_a_role", None)
        return bool(reader.has_usable_password() or (reader.grants.exists() if held is None else held))

    @property
    def delivery(self) -> str:
        for state in ("sent", "failed", "withdrawn", "suppressed"):
            if getattr(self, f"{state}_at"):
                return state
        return "queued"
