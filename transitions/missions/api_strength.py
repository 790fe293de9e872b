"""What REST says of authorised strength against actual."""

from typing import Any

from rest_framework import serializers

from transitions.status.panels import View

from .strength import StrengthOf, months_of, strength_of


class CeilingRow(serializers.Serializer[Any]):
    component = serializers.CharField()
    since = serializers.DateField(help_text="the first day")
    until = serializers.DateField(allow_null=True, help_text="the last day; null: until something changes")
    number = serializers.IntegerField(allow_null=True, help_text="null: no figure is given, which is not zero")
    instrument = serializers.CharField()
    text = serializers.CharField()
    approximate = serializers.BooleanField(help_text="the first day is not certain")
    not_restated_by = serializers.CharField(help_text="a later instrument that extends the mandate, silent on it")
    vars()["source"] = serializers.CharField()


class ReportRow(serializers.Serializer[Any]):
    component = serializers.CharField()
    on = serializers.DateField()
    number = serializers.IntegerField()
    note = serializers.CharField()
    approximate = serializers.BooleanField()
    vars()["source"] = serializers.CharField()


class MonthRow(serializers.Serializer[Any]):
    month = serializers.CharField(source="name", help_text="2020-12")
    component = serializers.CharField()
    on = serializers.DateField(help_text="the day that is looked at: of the month's last report, else its last day")
    authorised = serializers.IntegerField(allow_null=True)
    actual = serializers.IntegerField(allow_null=True, help_text="null: nothing was reported in this month")
    gap = serializers.IntegerField(allow_null=True, help_text="authorised less actual")
    authorised_by = serializers.CharField(source="ceiling.instrument", allow_null=True, default=None)
    reported_by = serializers.CharField(source="report.source", allow_null=True, default=None)


class StrengthField(serializers.Serializer[Any]):
    as_of = serializers.DateField()
    known_at = serializers.DateField()
    components = serializers.ListField(child=serializers.CharField())
    authorised = CeilingRow(many=True)
    actual = ReportRow(many=True)
    months = MonthRow(many=True)


def told(transition: Any, view: View) -> dict[str, Any]:
    """A transition without a mission has no strength: empty lists."""
    strength = StrengthOf([], [], [])
    if transition.mission_id is not None:
        strength = strength_of(transition.mission_id, as_of=view.as_of, known_at=view.known_at)
    found: dict[str, Any] = StrengthField(
        {
            "as_of": view.as_of, "known_at": view.known_at, "components": strength.components,
            "authorised": strength.ceilings, "actual": strength.reports,
            "months": months_of(strength, as_of=view.as_of),
        }
    ).data  # fmt: skip
    return found
