"""Handovers as dated things of the calendar: their day is the one that they are planned for."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from transitions.calendar.dated import Dated, NewDay

from .models import Handover, HandoverPlan
from .plans import PlannedMove, plan_all


class DatedHandovers(Dated):
    """Done is what has been transferred. From the acceptance on both sides are at it: it runs beside other things.

    One that has lapsed is neither done nor gone: what waits for it waits until somebody has decided.
    """

    model = Handover
    day = "planned_on"
    open = ("proposed", "preparing", "offered", "accepted", "refused", "suspended")
    started = ("accepted", "transferred", "completed")
    done = ("transferred", "completed")
    gone = ("ended",)
    related = ("owner", "task", "site")
    days = "plans"

    @classmethod
    def sort_of(cls, thing: Handover) -> str:
        return "Handovers of tasks" if thing.task_id else "Handovers of sites"

    @classmethod
    def area_of(cls, thing: Handover) -> int | None:
        """Its own, where only a part is handed over; else that of its task or site."""
        of_what: Any = thing.task or thing.site
        return thing.area_id or of_what.area_id

    @classmethod
    def shuns_blackouts(cls, thing: Handover) -> bool:
        return True

    @classmethod
    def first_days(cls, transition: Any) -> dict[int, date]:
        rows = HandoverPlan.objects.filter(handover__transition=transition, planned_on__isnull=False)
        first = rows.order_by("handover_id", "holds_from", "pk").distinct("handover_id")
        return dict(first.values_list("handover_id", "planned_on"))

    @classmethod
    def move(cls, moves: Sequence[NewDay], *, by: Any, now: datetime) -> None:
        plan_all(
            [PlannedMove(one.thing, one.day, reason=one.reason, version=one.version) for one in moves], by=by, now=now
        )  # fmt: skip
