"""The calendar's own dated things: milestones, which are moved, and national events, which others wait for."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from .dated import Dated, Item, NewDay
from .dates import Move, redate_all
from .models import OUTDOORS, Milestone, NationalEvent, Redating


class DatedMilestones(Dated):
    model = Milestone
    open = ("planned", "under_way", "suspended")
    started = ("under_way", "done")
    done = ("done",)
    gone = ("dropped",)
    days = "redatings"

    @classmethod
    def sort_of(cls, thing: Milestone) -> str:
        return "Reports due" if thing.kind == Milestone.Kind.REPORT else super().sort_of(thing)

    @classmethod
    def hard(cls, thing: Milestone) -> bool:
        return thing.hard

    @classmethod
    def shuns_blackouts(cls, thing: Milestone) -> bool:
        return thing.kind in OUTDOORS

    @classmethod
    def first_days(cls, transition: Any) -> dict[int, date]:
        rows = Redating.objects.filter(milestone__transition=transition, due_on__isnull=False)
        first = rows.order_by("milestone_id", "holds_from", "pk").distinct("milestone_id")
        return dict(first.values_list("milestone_id", "due_on"))

    @classmethod
    def move(cls, moves: Sequence[NewDay], *, by: Any, now: datetime) -> None:
        redate_all(
            [Move(one.thing, one.day, one.reason, one.drivers, one.version) for one in moves], by=by, now=now
        )  # fmt: skip


class DatedEvents(Dated):
    """From its first day an event runs, and on its last one it is over."""

    model = NationalEvent
    related = ()
    waits = False

    @classmethod
    def item(cls, thing: NationalEvent, past: Sequence[tuple[str, date]], *, today: date) -> Item:
        return Item(
            key=(cls.model._meta.label_lower, thing.pk), code=thing.title, name=str(thing), day=thing.until,
            open=False, started_on=thing.from_date, done_on=thing.until if thing.until <= today else None,
            area_id=thing.area_id,
        )  # fmt: skip

    @classmethod
    def found_by(cls, text: str) -> dict[str, Any]:
        return {"title__iexact": text}
