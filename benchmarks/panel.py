"""What benchmarks add to the status: the distribution by class, what is met, the weakest pillar, the gap at the end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.db.models import JSONField, QuerySet, Value
from rest_framework import serializers

from transitions.status.panels import MOST, Panel, View, as_history
from transitions.status.reader import RECENT

from .api_fields import ByClass, GapField
from .chart import LABELS, drawn
from .happened import said_of, what_fell
from .listing import in_order, indicators_at
from .matrix import matrix
from .models import Benchmark, ClassOverride, Definition
from .readiness import readiness_for
from .records import Records, read


class ReadinessField(serializers.Serializer[Any]):
    by_class = ByClass(help_text="indicators, by their verified assessments")
    met = serializers.IntegerField(help_text="indicators, by measurements")
    not_met = serializers.IntegerField()
    unknown = serializers.IntegerField()
    weakest_pillar = serializers.CharField(allow_null=True)
    gap_at_end_date = GapField()


class BenchmarksPanel(Panel):
    position = 25
    fields = {"readiness": ReadinessField(allow_null=True, help_text="null: there are no benchmarks to be seen")}

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        having = with_benchmarks(transitions, view)
        records = read(having, view) if having else None
        found = readiness_for(having, view, records=records) if having else {}
        view.kept |= {(BenchmarksPanel, pk): (records, answer) for pk, answer in found.items()}
        return {one.pk: {"readiness": in_short(found.get(one.pk))} for one in transitions}

    def section(self, transition: Any, view: View, status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        """Bars by report, benchmarks by report, what moved, the gap, and every indicator with its source."""
        records, found = view.kept.get((BenchmarksPanel, transition.pk), (None, None))
        if records is None:
            return None
        found = moved_since(found, records, transition, view)
        bars = [(one["symbol"], one["by_class"]) for one in found["reports"]]
        bars.append((f"on {view.as_of}", found["indicators"]["by_class"]))
        words = f"Indicators of {transition} by class, one bar a report. The table below has the numbers."
        rows = in_order(indicators_at(transition, view, records))
        context = {
            "transition": transition, "found": found, **what_moved(found, rows),
            "chart": drawn(bars, words=words), "labels": LABELS,
            "bars": [{"name": name, "counts": [counts[code] for code in LABELS], "of": one}
                     for (name, counts), one in zip_longest(bars, found["reports"])],
            "matrix": matrix(records, transition.pk, found["benchmarks"]),
            "indicators": rows, "view": view, "days": days_of(view),
        }  # fmt: skip
        return "benchmarks/section.html", context

    def changes(self, transition: Any, view: View) -> Iterable[tuple[datetime, str]]:
        """Overrides, new words and definitions, corrections, what the Government says; and what fell back."""
        records, _ = view.kept.get((BenchmarksPanel, transition.pk), (None, None))
        if records is None:
            return
        yield from said_of(transition, view, most=MOST + 1)
        yield from what_fell(records, transition, view)

    def history(self, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
        seen = ClassOverride.objects.visible_to(user, now=now).filter(benchmark__transition=transition)
        return as_history(
            seen, at="recorded_at", since="holds_from", who="by", acting_as=Value(""),
            about_type=Value(Benchmark._meta.label_lower), about_id="benchmark", was_before=Value("by its indicators"),
            became="judged", why="reason", drawn_from="source", passed=Value(None, JSONField()),
        )  # fmt: skip


class DefinitionsPanel(Panel):
    """No part of the status of its own: indicators that were redefined, for the history."""

    def history(self, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
        seen = Definition.objects.visible_to(user, now=now).filter(indicator__transition=transition, number__gt=1)
        return as_history(
            seen, at="recorded_at", since="holds_from", who="by", acting_as=Value(""),
            about_type=Value(Benchmark._meta.label_lower), about_id="indicator__benchmark",
            was_before="indicator__code", became="statement", why="reason", drawn_from="source",
            passed=Value(None, JSONField()),
        )  # fmt: skip


def with_benchmarks(transitions: Sequence[Any], view: View) -> list[Any]:
    seen = Benchmark.objects.visible_to(view.user, now=view.now).filter(transition__in=[one.pk for one in transitions])
    having = set(seen.order_by().values_list("transition_id", flat=True).distinct())
    return [one for one in transitions if one.pk in having]


def in_short(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    indicators = found["indicators"]
    return {
        **{name: indicators[name] for name in ("by_class", "met", "not_met", "unknown")},
        "weakest_pillar": found["weakest_pillar"], "gap_at_end_date": found["gap_at_end_date"],
    }  # fmt: skip


def what_moved(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Beside each move the judgement that made it: its day, its source and who verified it."""
    judged = {row["code"]: row["assessment"] for row in rows}
    return {
        name: [{**one, "judged": judged.get(one["indicator"])} for one in found[name]]
        for name in ("movers", "regressions")
    }


def days_of(view: View) -> str:
    """The clocks of the page as the addresses of other pages take them; nothing at the present."""
    return "" if view.present else f"?as_of={view.as_of}&known_at={view.known_at}"


def moved_since(found: Any, records: Records, transition: Any, view: View) -> Any:
    """Since the day that was asked for, where one was; else since the last report, as it was read."""
    if view.since == view.as_of - RECENT:
        return found
    return readiness_for([transition], view, since=view.since, records=records)[transition.pk]
