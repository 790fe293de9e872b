"""What missions add to the status: phase, end state, and the dates of the end with the instrument that sets each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers

from transitions.clock.present import day
from transitions.status.panels import MOST, Panel, View
from transitions.workflow.models import OpenItem

from .ends import End, ends_of
from .models import Effect, EndState, MandateInstrument, Pause, Phase
from .strength import months_of, strength_of, stretches_of
from .strength_chart import drawn


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
        "open_items": serializers.IntegerField(help_text="of the list “open at that date”: not settled yet"),
    }

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        ids = [one.pk for one in transitions]
        missions = {one.mission_id for one in transitions if one.mission_id}
        ends = ends_of(missions, as_of=view.as_of, known_at=view.known_at)
        phases = in_state(Phase, "current", ids, view)
        pauses = in_state(Pause, "in_force", ids, view)
        agreed = end_states(ids, view)
        left = still_open(transitions, view)
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
                "open_items": left[one.pk],
            }
        return found

    def changes(self, transition: Any, view: View) -> Iterable[tuple[datetime, str]]:
        adopted = MandateInstrument.objects.filter(view.changed(), mission=transition.mission_id)
        for one in adopted.order_by("-holds_from", "-pk").prefetch_related("effects")[: MOST + 1]:
            effects = "; ".join(in_words(effect) for effect in one.effects.all())
            why = f": {effects}" if effects else ""
            yield one.recorded_at, f"{one.holds_from}: {one} was adopted ({one.body}){why}"
        agreed = EndState.objects.filter(view.changed(), transition=transition)
        for state in agreed.order_by("-pk")[: MOST + 1]:
            yield state.recorded_at, f"{state.holds_from}: the end state was agreed by {state.agreed_by}: {state.text}"


class StrengthPanel(Panel):
    """Authorised strength against actual: a part of the page, and an address of its own over REST."""

    position = 15

    def section(self, transition: Any, view: View, status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        if transition.mission_id is None:
            return None
        strength = strength_of(transition.mission_id, as_of=view.as_of, known_at=view.known_at)
        if not strength.components:
            return None
        words = (
            f"Strength of {transition.mission} on {view.as_of}: authorised and reported, for each of "
            f"{', '.join(strength.components)}. The table below has every month."
        )
        rows = stretches_of(months_of(strength, as_of=view.as_of))
        chart = drawn(strength, as_of=view.as_of, words=words)
        return "missions/strength.html", {"rows": rows, "chart": chart, "as_of": view.as_of}


def in_state(model: Any, state: str, transitions: Sequence[int], view: View) -> list[Any]:
    """The things of a model that were in a state on the day that is looked at."""
    ids = [pk for pk, stood in view.states(transitions, model).items() if stood.state == state]
    if not ids:
        return []
    seen = model.objects.visible_to(view.user, now=view.now).filter(pk__in=ids)
    return list(seen.select_related(*getattr(model, "named_with", ("transition",))))


def still_open(transitions: Sequence[Any], view: View) -> Counter[int]:
    """Items of the list “open at that date” that were not settled yet on the day, as far as was known."""
    zones, until = {one.pk: one.time_zone for one in transitions}, min(view.as_of, view.known_at)
    items = OpenItem.objects.visible_to(view.user, now=view.now).filter(
        transition__in=zones, change__holds_from__lte=view.as_of, change__known_from__lte=view.known_at
    )
    listed = items.values_list("transition", "closed_at")
    return Counter(pk for pk, closed_at in listed if closed_at is None or day(closed_at, zones[pk]) > until)


def in_words(effect: Effect) -> str:
    """A label stands at the start of a line; here it is within one."""
    label = effect.get_kind_display()
    basis = f", {effect.get_basis_display().lower()}" if effect.basis else ""
    return str(effect).replace(label, label.lower()) + basis


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
