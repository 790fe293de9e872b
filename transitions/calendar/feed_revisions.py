"""How often and when something in a feed was revised, as parts of the query that finds it.

Sources: RFC 5545, 3.8.7 (sequence, last modified); RFC 5546, 3.2.5 (a cancellation is a revision).
"""

from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from transitions.workflow.models import StateChange


def changes_of(model: Any) -> QuerySet[Any, Any]:
    return StateChange.objects.filter(thing_type=model._meta.label_lower, thing_id=OuterRef("pk")).order_by()


def facts_of(model: Any, rows: str) -> QuerySet[Any, Any]:
    """The fact rows of its days, by the name that it has for them."""
    field = model._meta.get_field(rows)
    found: QuerySet[Any, Any] = field.related_model.objects.filter(**{field.field.name: OuterRef("pk")}).order_by()
    return found


def edits_of(model: Any, *labels: str) -> QuerySet[Any, Any]:
    """The database's own audit of whatever is no fact: the insert, and each update."""
    event = model._meta.get_field("events").related_model
    found: QuerySet[Any, Any] = event.objects.filter(pgh_obj=OuterRef("pk"), pgh_label__in=labels).order_by()
    return found


def sequence_of(model: Any, rows: str, gone: tuple[str, ...]) -> Any:
    """Its re-datings, and each time that it was given up or taken up again. Without fact rows, its edits."""
    if not rows:
        return counted(edits_of(model, "update"))
    turns = changes_of(model).filter(Q(state__in=gone) | Q(was__in=gone))
    return Greatest(counted(facts_of(model, rows)) - 1, 0) + counted(turns)


def changed_at_of(model: Any, rows: str) -> Any:
    """The latest of its facts and its edits; of what has none, when it was put in."""
    written = latest(edits_of(model, "insert", "update"), "pgh_created_at")
    if not rows:
        return written
    facts = latest(facts_of(model, rows), "recorded_at"), latest(changes_of(model), "recorded_at")
    return Coalesce(Greatest(*facts, latest(edits_of(model, "update"), "pgh_created_at")), written)


def counted(rows: QuerySet[Any, Any]) -> Any:
    return Coalesce(Subquery(in_one(rows).annotate(many_=Count("pk")).values("many_")), 0)


def latest(rows: QuerySet[Any, Any], instant: str) -> Subquery:
    return Subquery(in_one(rows).annotate(at_=Max(instant)).values("at_"))


def in_one(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    one: QuerySet[Any, Any] = rows.annotate(all_=Value(1)).values("all_")
    return one
