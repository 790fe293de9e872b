"""What of the matrix is asked for. What is misspelt is refused by name: an empty list reads as if nothing were owed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from transitions.missions.api import DayOrInstant
from transitions.missions.models import Area, Pillar

from .at_a_day import Standing
from .lifecycle import HandoverLifecycle
from .matrix import ENDS, LISTS, NO_HANDOVER
from .models import Handover

NAMES = [*LISTS]
STATES = [*HandoverLifecycle.states(), NO_HANDOVER, ENDS]
NOBODY = "nobody named"


class Wanted(serializers.Serializer[Any]):
    """The two days, and what the rows are to have in common."""

    as_of = serializers.DateField(required=False, default=None)
    known_at = DayOrInstant(required=False, default=None)
    list = serializers.ChoiceField(choices=NAMES, required=False, default="all")
    pillar = serializers.CharField(required=False, default="", help_text="its code")
    area = serializers.CharField(required=False, default="", help_text="its code; what lies inside it is meant too")
    recipient = serializers.CharField(required=False, default="", help_text="as it is called")
    state = serializers.ChoiceField(choices=STATES, required=False, default="")
    track = serializers.ChoiceField(choices=Handover.Track.choices, required=False, default="")
    page = serializers.IntegerField(required=False, default=1, min_value=1)


@dataclass(frozen=True)
class Places:
    """The pillars and areas of a transition by code, and of each area the codes of what lies inside it."""

    pillars: dict[str, str]
    areas: dict[str, str]
    inside: dict[str, set[str]]


def places_of(transition: Any) -> Places:
    areas = {pk: (code, name, parent) for pk, code, name, parent in
             Area.objects.filter(transition=transition).values_list("pk", "code", "name", "parent")}  # fmt: skip
    inside: dict[str, set[str]] = defaultdict(set)
    for code, _, parent in areas.values():
        inside[code].add(code)
        while parent is not None and code not in inside[areas[parent][0]]:
            outer, _, parent = areas[parent]
            inside[outer].add(code)
    pillars = Pillar.objects.filter(transition=transition).values_list("code", "name")
    return Places(dict(pillars), {code: name for code, name, _ in areas.values()}, inside)


def wanted_in(asked: Mapping[str, str], places: Places) -> dict[str, Any]:
    """Raises ValidationError that names each filter there is not, or whose value there is not here."""
    given = {name: value for name, value in asked.items() if value}
    errors = {name: [f"There is no filter “{name}” here."] for name in given.keys() - Wanted().fields.keys()}
    form = Wanted(data=given)
    if not form.is_valid():
        errors |= {name: [str(message) for message in messages] for name, messages in form.errors.items()}
    for name, known in (("pillar", places.pillars), ("area", places.areas)):
        if given.get(name) and given[name] not in known:
            errors[name] = [f"There is no {name} “{given[name]}” here."]
    if errors:
        raise ValidationError(errors)
    wanted: dict[str, Any] = dict(form.validated_data)
    return wanted


def kept(rows: Iterable[Standing], wanted: Mapping[str, Any], places: Places) -> list[Standing]:
    """Raises ValidationError for a recipient that none of the rows has."""
    rows = list(rows)
    if wanted["recipient"] and wanted["recipient"] not in {called(row) for row in rows}:
        raise ValidationError({"recipient": f"There is no recipient “{wanted['recipient']}” here on that day."})
    areas = places.inside.get(wanted["area"], set())
    return [
        row
        for row in rows
        if (not wanted["pillar"] or row.pillar_code == wanted["pillar"])
        and (not wanted["area"] or row.area_code in areas)
        and (not wanted["recipient"] or called(row) == wanted["recipient"])
        and (not wanted["state"] or row.state == wanted["state"])
        and (not wanted["track"] or row.track == wanted["track"])
    ]


def called(row: Standing) -> str:
    return row.recipient or NOBODY
