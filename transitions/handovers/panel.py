"""What handovers add to the status: by state, the weakest readiness, what was open at the mandate's end, follow-ups."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from transitions.status.panels import Panel, View

from .at_a_day import NOTHING_SEEN, Standing, seen_in, standing_at
from .bars import HOW_FAR, bars_of, drawn, legend, pillar_of
from .mandate_end import open_at_end
from .matrix import matrix_of, without_ready_recipient
from .told import INCIDENTS, SOURCES

WORST = 8  # rows on the transition's page


class OpenField(serializers.Serializer[Any]):
    handover = serializers.CharField()
    task = serializers.CharField(allow_null=True)
    site = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    residual_owner = serializers.CharField(allow_null=True, help_text="null: nobody has been named")


class HandoversField(serializers.Serializer[Any]):
    by_state = serializers.DictField(child=serializers.IntegerField())
    weakest = serializers.CharField(allow_null=True, help_text="the weakest readiness of all; null: unknown")
    open_at_mandate_end = OpenField(
        many=True, help_text="until that day what is open; afterwards what was open then, as it stands by now"
    )


class FollowUpsField(serializers.Serializer[Any]):
    due = serializers.IntegerField(help_text="not answered yet, today or later")
    overdue = serializers.IntegerField()
    failed = serializers.IntegerField()


class HandoversPanel(Panel):
    position = 30
    fields = {"handovers": HandoversField(), "follow_ups": FollowUpsField()}

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        ids = [one.pk for one in transitions]
        seen = seen_in(ids, view)
        standing = standing_at(seen, ids, view)
        listed = open_at_end(standing, transitions, view) if standing else {}
        rows: dict[int, list[Standing]] = {pk: [] for pk in ids}
        for row in standing:
            rows[row.transition_id].append(row)
        have = {transition for _, transition, *_ in seen}
        view.kept |= {(HandoversPanel, pk): (its, pk in have) for pk, its in rows.items()}
        return {pk: keys(its, listed.get(pk, [])) for pk, its in rows.items()}

    def changes(self, transition: Any, view: View) -> Iterable[tuple[datetime, str]]:
        """Who sees no handover here is told of incidents at most: all else is seen by who sees its handover."""
        _, have = view.kept[HandoversPanel, transition.pk]
        for source in SOURCES if have else [INCIDENTS]:
            yield from source.told(transition, view)

    def history(self, transition: Any, *, user: Any, now: datetime) -> list[QuerySet[Any, Any]]:
        return [source.as_history(transition, user=user, now=now) for source in SOURCES]

    def section(self, transition: Any, view: View, status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        """How far it is, and the rows that most want somebody to act: the matrix has them all."""
        handovers, _ = view.kept[HandoversPanel, transition.pk]
        rows = matrix_of(transition, view, handovers)
        if not rows:
            return None
        found = bars_of(rows, HOW_FAR, pillar_of)
        unready = without_ready_recipient(rows)
        context = {
            "transition": transition, "view": view, "rows": unready[:WORST], "unready": len(unready), "all": len(rows),
            "bars": found, "classes": HOW_FAR.classes, "legend": legend(HOW_FAR),
            "picture": drawn(found, HOW_FAR, f"Handovers of {transition} by pillar"),
            "days": "?" if view.present else f"?as_of={view.as_of}&known_at={view.known_at}&",
        }  # fmt: skip
        return "handovers/section.html", context


def keys(rows: Sequence[Standing], listed: Sequence[Standing]) -> dict[str, Any]:
    checks = [row.follow_ups for row in rows if row.follow_ups != NOTHING_SEEN]
    return {
        "handovers": {
            "by_state": dict(Counter(row.state for row in rows)),
            "weakest": weakest_of(rows),
            "open_at_mandate_end": [row.as_open() for row in listed],
        },
        "follow_ups": {
            "due": sum(one.due for one in checks),
            "overdue": sum(one.overdue for one in checks),
            "failed": sum(one.failed for one in checks),
        },
    }


def weakest_of(rows: Sequence[Standing]) -> str | None:
    """Of what is still to be handed over: one that is not ready decides, an unknown one leaves it unknown."""
    open_ones = [row.readiness for row in rows if row.open]
    for level in ("not_ready", None, "partly_ready", "ready"):
        if level in open_ones:
            return level
    return None
