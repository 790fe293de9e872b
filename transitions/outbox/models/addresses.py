"""Further ways to reach somebody than by e-mail: a chat of a person or a team, a webhook of another system."""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from transitions.access.models import grants_of
from transitions.access.permissions import Permission

from ..channels import Channel, Refused, Unanswered


class AddressQuerySet(models.QuerySet["Address"]):
    def visible_to(self, user: Any, *, now: datetime) -> "AddressQuerySet":
        """One's own, and those of a transition for who sets it up: an address is a key to somebody's room."""
        own = Q(person=user.pk) if user.pk else Q(pk__in=[])
        held = [grant for grant in grants_of(user, now=now) if grant.gives(Permission.SET_UP, None)]
        here = Q(transition__in=[grant.transition_id for grant in held if grant.transition_id])
        if any(grant.transition_id is None for grant in held):
            here = Q(transition__isnull=False)
        return self.filter(own | here)

    def active(self) -> "AddressQuerySet":
        return self.filter(active=True)


@pghistory.track(exclude=["url", "secret"])
class Address(models.Model):
    """Where messages go besides: to one person, or, for a whole transition, to a team or a system.

    It is replaced, never edited: it is a secret (whoever has it can write there), so it is not shown again once it
    was saved. A webhook has a secret of its own, made here, that its messages are signed with.
    """

    class Kind(models.TextChoices):
        CHAT = "chat", "chat"
        WEBHOOK = "webhook", "webhook"

    name = models.CharField(max_length=120, help_text="whose it is, in words: “Planning team”")
    channel = models.CharField(max_length=20, choices=Kind.choices)
    url = models.CharField(
        "address",
        max_length=1000,
        help_text="of a webhook: https://…; of a chat: as its service or Apprise writes it, such as slack://…",
    )
    secret = models.CharField(max_length=100, blank=True, default="", editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="addresses", editable=False
    )
    transition = models.ForeignKey(
        "missions.Transition",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="addresses",
        help_text="empty: it is your own",
    )
    active = models.BooleanField(default=True)
    why_off = models.TextField("why it was switched off", blank=True, default="", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)

    objects: ClassVar[Any] = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, transition__isnull=False) | Q(person__isnull=False, transition=None),
                name="address_of_a_person_or_a_transition",
            ),
            models.CheckConstraint(
                condition=Q(channel="webhook") & ~Q(secret="") | Q(channel="chat", secret=""),
                name="only_webhooks_have_a_secret",
            ),
            models.CheckConstraint(condition=~Q(url=""), name="address_says_where"),
            models.UniqueConstraint(
                fields=["person", "transition", "url"],
                condition=Q(active=True),
                nulls_distinct=False,
                name="an_address_once",
                violation_error_message="There is an active one with this address already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_channel_display()})"

    @property
    def shown(self) -> str:
        """As much as may be seen of it: where a web server is, or which service."""
        scheme, _, _ = self.url.partition("://")
        host = urlsplit(self.url).hostname or "" if scheme in ("https", "http") else ""
        return f"{scheme}://{host}/…" if host else f"{scheme}://…"

    def clean(self) -> None:
        """Raises ValidationError for an address that nothing may be sent to; one that is switched off may rest."""
        if not self.active or self.channel not in self.Kind.values:
            return
        try:
            Channel.named[self.channel].check(self.url)
        except (Refused, Unanswered) as refusal:
            raise ValidationError({"url": str(refusal)} if self._state.adding else str(refusal))
