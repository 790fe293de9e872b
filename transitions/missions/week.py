"""Of a person's week: what remains to be done after the mission, and pauses and phases of where they work."""

from collections.abc import Iterator
from typing import Any

from transitions.status.weeks import Mine, Row, Week

from .models import FollowUpCheck, Pause, Phase, ResidualObligation

ASKS = {ResidualObligation: "Settle this obligation", FollowUpCheck: "Look whether it still stands"}


class MissionsWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        for model, ask in ASKS.items():
            left = mine.seen(model).filter(mine.own(), done_on=None, due_on__lte=mine.until)
            for owed in left.select_related("transition", "owner_office"):
                whose = mine.whose(owed.owner_id, owed.owner_office)
                yield mine.of_thing(owed, ask, owed.transition, day=owed.due_on, whose=whose)

    def own(self, mine: Mine) -> dict[Any, Any]:
        return {model: mine.seen(model).filter(transition__in=mine.transitions) for model in (Pause, Phase)}
