"""What missions add to the status: phase, end state, and the dates of the end with the instrument that sets each."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from transitions.status.panels import Panel, View
from transitions.workflow.models import OpenItem

from .ends import End, ends_of
from .models import Effect, EndState, Pause, Phase


class EndDateField(serializers.Serializer[Any]):
    date = serializers.DateField()
    basis = serializers.ChoiceField(choices=Effect.Basis.choices)
    instrument = serializers.CharField()
    days_left = serializers.IntegerField(help_text="negative once it has passed")


class DateField(serializers.Serializer[Any]):
    kind = serializers.CharField()
    date = serializers.DateField()
    basis = serializers.ChoiceField(choices=Effect.Basis.choices)
    instrument = serializers.CharField()


class MissionsPanel(Panel):
    position = 10
    fields = {
        "phase": serializers.CharField(allow_null=True),
        "end_state": serializers.CharField(allow_null=True),
        "end_date": EndDateField(allow_null=True, help_text="the mandate's end; null: no instrument sets one"),
        "dates": DateField(many=True),
        "conflicts": serializers.ListField(child=serializers.CharField(), help_text="where two bodies disagree"),
        "pauses": serializers.ListField(child=serializers.CharField()),
        "open_items": serializers.IntegerField(help_text="open at a date, not settled yet"),
    }

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        ids = [one.pk for one in transitions]
        missions = {one.mission_id for one in transitions if one.mission_id}
        ends = ends_of(missions, as_of=view.as_of, known_at=view.known_at)
        phases = in_state(Phase, "current", ids, view)
        pauses = in_state(Pause, "in_force", ids, view)
        agreed = end_states(ids, view)
        left = OpenItem.objects.visible_to(view.user, now=view.now).filter(transition__in=ids, closed_at=None)
        still_open = list(left.filter(change__holds_from__lte=view.as_of).values_list("transition", flat=True))
        found = {}
        for one in transitions:
            its = ends.get(one.mission_id)
            found[one.pk] = {
                "phase": ", ".join(str(phase) for phase in phases if phase.transition_id == one.pk) or None,
                "end_state": agreed.get(one.pk),
                "end_date": headline(its.headline, view) if its and its.headline else None,
                "dates": [as_dict(end) for end in its.dates] if its else [],
                "conflicts": its.conflicts if its else [],
                "pauses": [f"{pause}: {pause.reason}" for pause in pauses if pause.transition_id == one.pk],
                "open_items": still_open.count(one.pk),
            }
        return found


def in_state(model: Any, state: str, transitions: Sequence[int], view: View) -> list[Any]:
    """The things of a model that were in a state on the day that is looked at."""
    ids = [pk for pk, stood in view.states(transitions, model).items() if stood.state == state]
    if not ids:
        return []
    seen = model.objects.visible_to(view.user, now=view.now).filter(pk__in=ids)
    related = [name for name in ("phase", "area", "pillar", "transition") if hasattr(model, name)]
    return list(seen.select_related(*related))


def end_states(transitions: Sequence[int], view: View) -> dict[int, str]:
    counted = EndState.objects.filter(
        transition__in=transitions, holds_from__lte=view.as_of, known_from__lte=view.known_at
    )
    latest = counted.order_by("transition_id", "-holds_from", "-pk").distinct("transition_id")
    return dict(latest.values_list("transition", "text"))


def as_dict(end: End) -> dict[str, Any]:
    return {"kind": end.kind, "date": end.date, "basis": end.basis, "instrument": end.instrument}


def headline(end: End, view: View) -> dict[str, Any]:
    days_left = (end.date - view.as_of).days
    return {"date": end.date, "basis": end.basis, "instrument": end.instrument, "days_left": days_left}
