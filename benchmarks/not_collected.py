"""What was not collected twice running is told the same day. Source: domain catalogue, sections E and N."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from transitions.outbox.models import Message
from transitions.outbox.queueing import queue

from .at_a_day import DECIDES, NOT_COLLECTED
from .falls import who_hears
from .letters import NotCollected
from .models import Indicator, Measurement

TWICE = 2


def tell_not_collected(transition: Any, *, now: datetime, only: Indicator | None = None) -> None:
    """Of what was recorded just now: to whom a fall of its benchmark is told, once for each time it stays so.

    Args:
        only: the one indicator of which something was recorded, where it is no import.
    """
    for indicator, last, days in not_collected_twice(transition, recorded_at=now, only=only):
        benchmark = indicator.benchmark
        queue(
            (Message(
                kind=NotCollected.name, transition=transition, thing_type=indicator._meta.label_lower,
                thing_id=indicator.pk, marking=benchmark.marking, recipient=person,
                payload={"days": [str(day) for day in days]},
                dedupe_key=f"{NotCollected.name}/{indicator.pk}/{last}/{person.pk}",
            )
            for person in who_hears(benchmark, now=now)),
            now=now,
        )  # fmt: skip


def not_collected_twice(
    transition: Any, *, recorded_at: datetime, only: Indicator | None = None
) -> Iterator[tuple[Indicator, int, Sequence[date]]]:
    """The indicators of whose latest measurements the last two say so, by one that was recorded at that instant.

    With the last of the two, and the days of both. Words without a number are passed over, as they are everywhere.
    """
    standing = Measurement.objects.filter(DECIDES, superseded_by=None)
    if only:
        standing = standing.filter(indicator=only)
    recorded = standing.filter(indicator=OuterRef("indicator"), recorded_at=recorded_at, quality=NOT_COLLECTED)
    place = Window(RowNumber(), partition_by="indicator_id", order_by=[F("holds_from").desc(), F("pk").desc()])
    last_two = standing.filter(Exists(recorded), indicator__transition=transition).annotate(place=place)
    found: dict[int, list[Measurement]] = {}
    for row in last_two.filter(Q(place__lte=TWICE)).order_by("indicator_id", "place"):
        found.setdefault(row.indicator_id, []).append(row)
    missing = {pk: rows for pk, rows in found.items() if [row.quality for row in rows] == [NOT_COLLECTED] * TWICE}
    related = ("benchmark__transition", "benchmark__owner")
    for pk, indicator in Indicator.objects.select_related(*related).in_bulk(missing).items():
        last, before = missing[pk]
        yield indicator, last.pk, (before.holds_from, last.holds_from)
