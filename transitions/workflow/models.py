"""What the engine writes: history, and the rows that guards read. All of it append-only but the list of open items."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from transitions.access.models import markings_of, seen_by
from transitions.access.permissions import Marking, Role

from .lifecycles import Lifecycle

# TRUNCATE is withheld by privilege in production: a trigger would also refuse the flush of the tests.
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Stateful(models.Model):
    """A thing with a lifecycle. Only `begin` and `take` of the engine write these two columns.

    `version` is the number of the thing's state changes: it orders its history and tells a stale page.
    """

    state = models.CharField(max_length=40, editable=False)
    version = models.PositiveIntegerField(editable=False, default=1)

    class Meta:
        abstract = True


class FactRow(models.Model):
    """A fact that status depends on: when it holds from, and when it became known. Never altered once written."""

    holds_from = models.DateField(help_text="the day from which it is so, in the transition's zone")
    known_from = models.DateField(help_text="the issue day of the document it comes from, else the day of recording")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    source = models.TextField(blank=True)
    approximate = models.BooleanField(default=False, help_text="the day is the last one on which it can have happened")

    class Meta:
        abstract = True
        triggers = [APPEND_ONLY]


class AboutAThing(models.Model):
    """A row about one thing of any model, named as Django names models: "calendar.milestone", 7."""

    thing_type = models.CharField(max_length=60)
    thing_id = models.BigIntegerField()

    class Meta:
        abstract = True

    @property
    def thing(self) -> Any:
        """The thing itself, or None where it is gone. For many rows at once: `things_of`."""
        return things_of([self]).get((self.thing_type, self.thing_id))


def things_of(rows: Iterable[AboutAThing]) -> dict[tuple[str, int], Any]:
    """What rows are about, with one query for each model; what is gone is not in it."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.thing_type, set()).add(row.thing_id)
    found = {name: by_id(apps.get_model(name), ids) for name, ids in wanted.items()}
    return {(name, pk): thing for name, things in found.items() for pk, thing in things.items()}


def by_id(model: type[models.Model], ids: Iterable[int]) -> dict[int, Any]:
    """Things with all that their names are made of (`named_with`, on the model): naming many costs one query."""
    related = getattr(model, "named_with", ())
    rows = model._base_manager.select_related(*related) if related else model._base_manager.all()
    return rows.in_bulk(ids)


class AboutQuerySet(models.QuerySet[Any]):
    def about(self, thing: models.Model) -> "AboutQuerySet":
        return self.filter(thing_type=thing._meta.label_lower, thing_id=thing.pk)

    def visible_to(self, user: Any, *, now: datetime) -> "AboutQuerySet":
        """What is about a thing is seen by whoever sees the thing (and, where it has one, its own marking)."""
        here = seen_by(user, now=now, transition="transition", marking=markings_of(self.model))
        return self.filter(here, about_visible_things(user, now=now))


def about_visible_things(user: Any, *, now: datetime) -> Q:
    visible = {model: model._default_manager.all().visible_to(user, now=now) for model in Lifecycle.of_model}
    return reduce(or_, (
        Q(thing_type=model._meta.label_lower, thing_id__in=things.values("pk")) for model, things in visible.items()
    ))  # fmt: skip


class StateChange(FactRow, AboutAThing):
    """One step of one thing: what it was, what it became, who did it, why, and what was passed over."""

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="state_changes")
    version = models.PositiveIntegerField()
    step = models.CharField(max_length=40, blank=True, help_text="empty for the beginning")
    was = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=40)
    role = models.CharField(max_length=40, blank=True, help_text="as which the person acted")
    reason = models.TextField(blank=True)
    on_request_of = models.TextField(blank=True)
    passed_over = models.JSONField(default=list, help_text="the blockers that an override or a recorded fact passed")

    objects: ClassVar[Any] = AboutQuerySet.as_manager()

    class Meta(FactRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["thing_type", "thing_id", "version"], name="one_version_once"),
        ]
        indexes = [
            models.Index(
                fields=["transition", "thing_type", "thing_id", "-version"],
                include=["state", "holds_from", "known_from"],
                name="state_at_a_day",
            ),
            models.Index(fields=["transition", "-id"], name="latest_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.thing_type} {self.thing_id}: {self.was or 'nothing'} → {self.state}"


class Signature(AboutAThing):
    """A person signs for one step of a thing as it stands: a change of the thing's state makes it void."""

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="+")
    thing_version = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    role = models.CharField(max_length=40, choices=Role.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    acting = models.BooleanField(default=False, help_text="signed as officer-in-charge")

    objects: ClassVar[Any] = AboutQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(
                fields=["thing_type", "thing_id", "thing_version", "step", "role"], name="one_signature_a_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} for “{self.step}” as {self.get_role_display()}"


class Evidence(AboutAThing):
    """What shows that something was done: a file, a text, or a reference to a document kept in a registry."""

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="evidence")
    title = models.CharField(max_length=200)
    file = models.FileField(upload_to="evidence/", blank=True)
    sha256 = models.CharField("SHA-256 of the file", max_length=64, blank=True, editable=False)
    text = models.TextField(blank=True)
    reference = models.CharField(max_length=120, blank=True, help_text="its number, where it is not kept here")
    registry = models.CharField(max_length=120, blank=True, help_text="the registry that it is in")
    holder = models.CharField(max_length=120, blank=True, help_text="who keeps it")
    marking = models.CharField(max_length=30, choices=Marking.choices, default=Marking.UNCLASSIFIED)
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[Any] = AboutQuerySet.as_manager()

    class Meta:
        triggers = [APPEND_ONLY]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=~Q(file="", text="", reference=""), name="evidence_shows_something",
                violation_error_message="Evidence is a file, a text or a reference: give one of them.",
            ),
            models.CheckConstraint(
                condition=Q(file="", sha256="") | (~Q(file="") & ~Q(sha256="")), name="a_file_has_its_sum"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["thing_type", "thing_id"], name="evidence_of_a_thing")]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class OpenItem(AboutAThing):
    """“Open at that date”: what should have been there before a step, and was not. It needs an owner who remains."""

    transition = models.ForeignKey("missions.Transition", models.PROTECT, related_name="open_items")
    change = models.ForeignKey(StateChange, models.PROTECT, related_name="open_items", help_text="what passed over it")
    code = models.CharField(max_length=60)
    sentence = models.TextField()
    residual_office = models.ForeignKey("missions.Office", models.PROTECT, null=True, blank=True, related_name="+")
    residual_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    how = models.TextField("how it was settled", blank=True)

    objects: ClassVar[Any] = AboutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="closed_by_someone",
            )
        ]
        indexes = [models.Index(fields=["transition"], condition=Q(closed_at=None), name="items_still_open")]

    def __str__(self) -> str:
        return self.sentence
