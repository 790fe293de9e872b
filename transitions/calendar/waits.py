"""What a thing waits for, as its guards ask: each with its day, and since when it runs or is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from transitions.access.permissions import Role
from transitions.clock.present import day
from transitions.workflow.lifecycles import Blocker

from .dated import Dated, Item
from .graph import later, states_of
from .models import Dependency


@dataclass(frozen=True)
class Wait:
    first: Any
    item: Item
    days: int

    def blocker(self, code: str, sentence: str) -> Blocker:
        return Blocker(code, sentence, self.first, who=self.item.owner or Role.PLANNER)

    def not_yet(self, code: str, since: date, *, today: date) -> Iterator[Blocker]:
        """Where fewer days have gone by than the dependency asks for."""
        earliest = later(since, self.days)
        if today < earliest:
            after = f", {counted(self.days)} after" if self.days else ", the day of"
            yield self.blocker(code, f"It waits until {earliest}{after} {self.first}")


def counted(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def waits_of(thing: Any, kind: str, *, now: datetime) -> Iterator[Wait]:
    """Those of one kind. What has gone for good is waited for no longer."""
    asked = Dependency.objects.before(thing).filter(kind=kind).order_by("pk")
    found = {(label, pk): days for label, pk, days in asked.values_list("first_type", "first_id", "lag_days")}
    past = states_of(found) if found else {}
    today = day(now, thing.transition.time_zone)
    for label in dict.fromkeys(label for label, _ in found):
        dated = Dated.all[label]
        its = [pk for name, pk in found if name == label]
        for first in dated.model._base_manager.select_related(*dated.related).filter(pk__in=its).order_by("pk"):
            item = dated.item(first, past.get((label, first.pk), ()), today=today)
            if not item.gone:
                yield Wait(first, item, found[label, first.pk])
