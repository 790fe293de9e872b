"""Whose readiness it is: what was seen of an earlier recipient says nothing of the one that stands.

An assessment is of whoever was the recipient when it was written down, on the day from which it holds. So it counts as
long as no later change to somebody else is known: one that holds from a later day, or that was recorded later. On one
day the order of recording decides, and a change that is recorded late takes what was seen meanwhile with it. Another
agreed use is no other recipient. A day is asked with the rows that counted on it, so that what was known on a day does
not change by what became known afterwards.
"""

from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value, Window
from django.db.models.functions import Cast, Concat, Lag

from .models import Readiness, RecipientChange

WHO = Concat(
    "recipient_kind", Value("/"), Cast("recipient_office_id", CharField()), Value("/"), "recipient",
    output_field=CharField(),
)  # fmt: skip


def moved_last(changes: QuerySet[RecipientChange]) -> list[int]:
    """Of each handover that went to somebody else, the latest row that did so. The first row names the first."""
    before = Window(Lag(WHO), partition_by=F("handover_id"), order_by=("holds_from", "pk"))
    moved = changes.annotate(who=WHO, before=before).filter(before__isnull=False).exclude(before=F("who"))
    return list(dict(moved.order_by("holds_from", "pk").values_list("handover_id", "pk")).values())


def of_who_stands(rows: QuerySet[Readiness], changes: QuerySet[RecipientChange]) -> QuerySet[Readiness]:
    """The assessments that count, as far as these changes of recipient reach. Two queries, however many there are."""
    later = Q(holds_from__gt=OuterRef("holds_from")) | Q(recorded_at__gt=OuterRef("recorded_at"))
    moved: Any = RecipientChange.objects.filter(later, handover=OuterRef("handover"), pk__in=moved_last(changes))
    return rows.exclude(Exists(moved))
