"""Days on which nothing is closed or handed over: in the whole country, or in an area and all its parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from transitions.missions.models import Area

from .models import NationalEvent


@dataclass(frozen=True)
class Blackouts:
    """Of one transition. `within` gives the area that each area is a part of."""

    events: Sequence[NationalEvent]
    within: Mapping[int, int | None]

    def on(self, day: date | None, area: int | None) -> Iterator[NationalEvent]:
        """Those that cover a day in an area (None: it is not said where, so only those of the whole country)."""
        there = set(self.around(area))
        for event in self.events:
            if day and event.from_date <= day <= event.until and (event.area_id is None or event.area_id in there):
                yield event

    def around(self, area: int | None) -> Iterator[int]:
        """An area and what it lies in. `Area.clean` refuses circles; a console might not."""
        seen: set[int] = set()
        while area is not None and area not in seen:
            seen.add(area)
            yield area
            area = self.within.get(area)


def blackouts_of(transition: Any) -> Blackouts:
    """In two queries."""
    events = list(NationalEvent.objects.filter(transition=transition, blackout=True))
    return Blackouts(events, dict(Area.objects.filter(transition=transition).values_list("pk", "parent")))
