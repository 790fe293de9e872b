from datetime import datetime
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from transitions.access.models import seen_by
from transitions.calendar.dated import Dated
from transitions.missions.models import Transition
from transitions.workflow.models import by_id

# What a foreign key would hold if there were one table of dated things: each end is there, in the row's own
# transition. At the end of the transaction, as foreign keys are checked; FOR KEY SHARE so that no deletion slips by.
ENDS_ARE_HERE = pgtrigger.Trigger(
    name="ends_are_here",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update,
    timing=pgtrigger.Deferred,
    declare=[("it", "calendar_dependency"), ("ending", "record"), ("found", "bigint")],
    func="""
        SELECT * INTO it FROM calendar_dependency WHERE id = NEW.id;
        IF it.id IS NULL THEN RETURN NULL; END IF;
        FOR ending IN SELECT * FROM (VALUES (it.first_type, it.first_id), (it.then_type, it.then_id)) AS e (kind, id)
        LOOP
            found := NULL;
            IF to_regclass(quote_ident(replace(ending.kind, '.', '_'))) IS NOT NULL THEN
                EXECUTE format('SELECT id FROM %I WHERE id = $1 AND transition_id = $2 FOR KEY SHARE',
                               replace(ending.kind, '.', '_')) INTO found USING ending.id, it.transition_id;
            END IF;
            IF found IS NULL THEN
                RAISE foreign_key_violation USING MESSAGE = format(
                    'ends_are_here: there is no %s %s in transition %s', ending.kind, ending.id, it.transition_id);
            END IF;
        END LOOP;
        RETURN NULL;
    """,
)

# The other half of such a foreign key: what a dependency names is not deleted, and stays in its transition.
ENDS_STAY = pgtrigger.Trigger(
    name="ends_stay",
    when=pgtrigger.After,
    operation=pgtrigger.Delete | pgtrigger.UpdateOf("transition_id"),  # type: ignore[no-untyped-call]
    timing=pgtrigger.Deferred,
    func=pgtrigger.Func(  # type: ignore[no-untyped-call]
        """
        IF EXISTS (
            SELECT FROM calendar_dependency AS it
            WHERE ((it.first_type = '{meta.label_lower}' AND it.first_id = OLD.id)
                OR (it.then_type = '{meta.label_lower}' AND it.then_id = OLD.id))
            AND NOT EXISTS (
                SELECT FROM {meta.db_table} AS thing
                WHERE thing.id = OLD.id AND thing.transition_id = it.transition_id)
        ) THEN
            RAISE foreign_key_violation USING MESSAGE = format('ends_stay: a dependency names %s %s', TG_TABLE_NAME,
                                                              OLD.id);
        END IF;
        RETURN NULL;
    """
    ),
)


def ends_seen(end: str, user: Any, *, now: datetime) -> Q:
    seen = Q(pk__in=[])
    for label, dated in Dated.all.items():
        visible = dated.model.objects.all().visible_to(user, now=now).values("pk")
        seen |= Q(**{f"{end}_type": label, f"{end}_id__in": visible})
    return seen


class DependencyQuerySet(models.QuerySet["Dependency"]):
    def visible_to(self, user: Any, *, now: datetime) -> "DependencyQuerySet":
        """A dependency is seen by who sees both of its ends."""
        here = seen_by(user, now=now, transition="transition")
        return self.filter(here, ends_seen("first", user, now=now), ends_seen("then", user, now=now))

    def before(self, thing: models.Model) -> "DependencyQuerySet":
        """What a thing waits for."""
        return self.filter(then_type=thing._meta.label_lower, then_id=thing.pk)


def end(name: str) -> Any:
    """The thing at one end. Read one by one: `fill_ends` reads those of many dependencies together."""

    def get(self: "Dependency") -> Any:
        if name not in self._ends:
            label, pk = getattr(self, f"{name}_type"), getattr(self, f"{name}_id")
            self._ends[name] = by_id(apps.get_model(label), [pk]).get(pk) if label and pk else None
        return self._ends[name]

    def put(self: "Dependency", thing: Any) -> None:
        setattr(self, f"{name}_type", thing._meta.label_lower)
        setattr(self, f"{name}_id", thing.pk)
        self._ends[name] = thing

    return property(get, put)


@pghistory.track()
class Dependency(models.Model):
    """One dated thing waits for another, of whatever rooms the two are."""

    class Kind(models.TextChoices):
        """All three say that `then` does not come before `first` and so many days; they differ in what holds it."""

        FINISH_TO_START = "finish_to_start", "waits until it is done"
        NOT_BEFORE = "not_before", "does not come before its day"
        OVERLAP = "overlap", "runs beside it first"

    transition = models.ForeignKey(Transition, models.PROTECT, related_name="dependencies")
    first_type = models.CharField(max_length=60)
    first_id = models.BigIntegerField()
    then_type = models.CharField(max_length=60)
    then_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FINISH_TO_START)
    lag_days = models.PositiveSmallIntegerField(
        "days", default=0, help_text="that go by between the two; for an overlap: how long both run side by side"
    )

    first = end("first")
    then = end("then")

    objects: ClassVar[Any] = DependencyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "dependencies"
        triggers = [ENDS_ARE_HERE]
        constraints = [
            models.UniqueConstraint(
                fields=["first_type", "first_id", "then_type", "then_id"], name="a_dependency_once",
                violation_error_message="There is such a dependency already.",
            ),
            models.CheckConstraint(
                condition=~Q(first_type=F("then_type"), first_id=F("then_id")), name="not_waiting_for_itself",
                violation_error_message="Nothing can wait for itself.",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["then_type", "then_id"], name="what_a_thing_waits_for")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ends: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def __str__(self) -> str:
        return f"{named(self.then)} waits for {named(self.first)}"

    def clean(self) -> None:
        for name in ("first", "then"):
            if not (getattr(self, f"{name}_id") and self.transition_id):
                continue  # said of that field
            thing = getattr(self, name)
            if thing is None or thing._meta.label_lower not in Dated.all:
                raise ValidationError({name: "It is nothing of the calendar, or is not there any more."})
            if thing.transition_id != self.transition_id:
                raise ValidationError({name: f"{thing} belongs to another transition."})
        if self.then_type and not Dated.all[self.then_type].waits:
            raise ValidationError({"then": f"{self.then} waits for nothing: it comes on its own days."})


def named(thing: Any) -> str:
    return str(getattr(thing, "code", thing))
