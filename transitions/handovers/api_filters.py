"""What of the handovers is asked for over REST. What is misspelt is refused by name, as everywhere."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from transitions.missions.api import CLOCKS, Clocks
from transitions.missions.models import Office

from .at_a_day import Standing
from .filters import places_of
from .lifecycle import HandoverLifecycle
from .models import Handover, MandatedTask, RecipientKind, Site

TRACKS, KINDS = Handover.Track.values, RecipientKind.values
AS_THEY_STAND = {
    "state": "state", "recipient_kind": "recipient_kind", "recipient": "recipient_code", "pillar": "pillar_code",
    "track": "track", "task": "task", "site": "site",
}  # fmt: skip
FILTERS = [
    *CLOCKS[:2],
    OpenApiParameter("state", str, enum=HandoverLifecycle.states()),
    OpenApiParameter("recipient_kind", str, enum=KINDS),
    OpenApiParameter("recipient", str, description="the code of its office"),
    OpenApiParameter("pillar", str, description="the code of its task's"),
    OpenApiParameter("area", str, description="its code; what lies inside it is meant too"),
    OpenApiParameter("track", str, enum=TRACKS),
    OpenApiParameter("task", str, description="its code"),
    OpenApiParameter("site", str, description="its code"),
]


def code() -> serializers.CharField:
    return serializers.CharField(required=False, default=None)


class Wanted(Clocks):
    """Made with the `transition`, and who asks, `by` and `now`, as context."""

    state = serializers.ChoiceField(choices=HandoverLifecycle.states(), required=False, default=None)
    recipient_kind = serializers.ChoiceField(choices=KINDS, required=False, default=None)
    recipient, pillar, area, task, site = code(), code(), code(), code(), code()
    track = serializers.ChoiceField(choices=TRACKS, required=False, default=None)

    def validate_recipient(self, code: str | None) -> str | None:
        return self.there("office", code, Office.objects.filter(transition=self.context["transition"]))

    def validate_task(self, code: str | None) -> str | None:
        return self.there("task", code, self.seen(MandatedTask))

    def validate_site(self, code: str | None) -> str | None:
        return self.there("site", code, self.seen(Site))

    def seen(self, model: Any) -> Any:
        every = model.objects.visible_to(self.context["by"], now=self.context["now"])
        return every.filter(transition=self.context["transition"])

    def there(self, what: str, code: str | None, rows: Any) -> str | None:
        """A misspelt one would be an empty list, and that reads as if nothing were owed."""
        if code and not rows.filter(code=code).exists():
            raise serializers.ValidationError(f"There is no {what} “{code}” here.")
        return code

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["pillar"] or given["area"]:
            places = places_of(self.context["transition"])
            for name, known in (("pillar", places.pillars), ("area", places.areas)):
                if given[name] and given[name] not in known:
                    raise serializers.ValidationError({name: f"There is no {name} “{given[name]}” here."})
            given["inside"] = places.inside.get(given["area"])
        return given

    @property
    def clocks(self) -> dict[str, Any]:
        return {name: self.validated_data[name] for name in ("as_of", "known_at")}

    def kept(self, rows: Sequence[Standing]) -> list[Standing]:
        wanted = {column: asked for name, column in AS_THEY_STAND.items() if (asked := self.validated_data[name])}
        inside = self.validated_data.get("inside")
        return [
            row
            for row in rows
            if all(getattr(row, column) == asked for column, asked in wanted.items())
            and (inside is None or row.area_code in inside)
        ]
