"""Whose readiness it is: what was seen of an earlier recipient says nothing of the one that stands.

An assessment is of whoever was the recipient when it was written down, on the day from which it holds. So it counts as
long as no later change to somebody else is known: one that holds from a later day, or that was recorded later. On one
day the order of recording decides, and a change that is recorded late takes what was seen meanwhile with it. Another
agreed use is no other recipient. A day is asked with the rows that counted on it, so that what was known on a day does
not change by what became known afterwards.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from transitions.workflow.keys import among

from .models import Readiness, RecipientChange


class Change(NamedTuple):
    """Who takes a handover over since a day, and for what use."""

    pk: int
    handover: int
    kind: str
    office: int | None
    name: str
    agreed_use: str

    @property
    def who(self) -> tuple[str, int | None, str]:
        return self.kind, self.office, self.name


COLUMNS = ("pk", "handover_id", "recipient_kind", "recipient_office_id", "recipient", "agreed_use")


def in_order(changes: QuerySet[RecipientChange]) -> list[Change]:
    """From the earliest day on: of one handover the last one stands."""
    return [Change._make(row) for row in changes.order_by("holds_from", "pk").values_list(*COLUMNS)]


def moved_last(changes: Iterable[Change]) -> list[int]:
    """Of each handover that went to somebody else, the latest row that did so. The first row names the first."""
    stands: dict[int, Change] = {}
    moved: dict[int, int] = {}
    for change in changes:
        before = stands.get(change.handover)
        if before and before.who != change.who:
            moved[change.handover] = change.pk
        stands[change.handover] = change
    return list(moved.values())


def of_who_stands(rows: QuerySet[Readiness], changes: Iterable[Change]) -> QuerySet[Readiness]:
    """The assessments that count, as far as these changes of recipient, in order, reach."""
    later = Q(holds_from__gt=OuterRef("holds_from")) | Q(recorded_at__gt=OuterRef("recorded_at"))
    moved: Any = RecipientChange.objects.filter(later, handover=OuterRef("handover"), pk__in=among(moved_last(changes)))
    return rows.exclude(Exists(moved))
