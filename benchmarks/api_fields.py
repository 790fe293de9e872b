"""What the API's description says of readiness."""

from typing import Any

from rest_framework import serializers

from transitions.missions.models import Effect

from .models import ReadinessClass

CLASSES = ReadinessClass.choices
MET = [(one, one.replace("_", " ")) for one in ("met", "not_met", "unknown")]
BASIS_OF_DATE = Effect.Basis.choices


class ByClass(serializers.Serializer[Any]):
    """All seven, always."""

    on_track = serializers.IntegerField()
    positive = serializers.IntegerField()
    stagnating = serializers.IntegerField()
    descending = serializers.IntegerField()
    not_on_track = serializers.IntegerField()
    no_update_expected = serializers.IntegerField()
    not_assessed = serializers.IntegerField()


class IndicatorsField(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    by_class = ByClass(help_text="of verified assessments")
    met = serializers.IntegerField(help_text="by measurements, as not_met and unknown")
    not_met = serializers.IntegerField()
    unknown = serializers.IntegerField()


class OverrideField(serializers.Serializer[Any]):
    vars()["class"] = serializers.ChoiceField(choices=CLASSES)
    reason = serializers.CharField()
    by = serializers.CharField()
    since = serializers.DateField()


class BenchmarkField(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    pillar = serializers.CharField(allow_null=True)
    sectors = serializers.ListField(child=serializers.CharField())
    condition_for_exit = serializers.BooleanField()
    state = serializers.CharField(allow_null=True, help_text="null: not begun, as far as was known")
    vars()["class"] = serializers.ChoiceField(choices=CLASSES, help_text="the override, else the worst indicator")
    worst_known = serializers.ChoiceField(choices=CLASSES, allow_null=True)
    class_of_indicators = serializers.ChoiceField(choices=CLASSES)
    override = OverrideField(allow_null=True)
    met = serializers.ChoiceField(choices=MET)
    by_class = ByClass()


class GroupField(serializers.Serializer[Any]):
    code = serializers.CharField(allow_null=True, help_text="null: of no pillar")
    by_class = ByClass()


class SinceField(serializers.Serializer[Any]):
    date = serializers.DateField()
    report = serializers.CharField(allow_null=True)


class MoverField(serializers.Serializer[Any]):
    indicator = serializers.CharField()
    vars()["from"] = serializers.ChoiceField(choices=CLASSES)
    to = serializers.ChoiceField(choices=CLASSES)
    better = serializers.BooleanField()
    definition_changed = serializers.BooleanField(help_text="true: the two judge different things")


class RegressionField(serializers.Serializer[Any]):
    benchmark = serializers.CharField()
    indicator = serializers.CharField(allow_null=True, help_text="null: the benchmark as a whole")
    condition_for_exit = serializers.BooleanField()
    vars()["from"] = serializers.ChoiceField(choices=CLASSES)
    to = serializers.ChoiceField(choices=CLASSES)
    was_met = serializers.ChoiceField(choices=MET)
    met = serializers.ChoiceField(choices=MET)


class DataField(serializers.Serializer[Any]):
    stale = serializers.ListField(child=serializers.CharField(), help_text="older than 1.5 times the frequency")
    missing = serializers.ListField(child=serializers.CharField(), help_text="never measured, or not collected")
    no_frequency = serializers.ListField(child=serializers.CharField(), help_text="nobody can say whether it is stale")


class CarriedField(serializers.Serializer[Any]):
    benchmark = serializers.CharField()
    title = serializers.CharField()
    met = serializers.ChoiceField(choices=MET)
    vars()["class"] = serializers.ChoiceField(choices=CLASSES)
    carried_over_to = serializers.CharField(allow_null=True, help_text="null: no source names one")
    vars()["source"] = serializers.CharField(allow_null=True)


class GapField(serializers.Serializer[Any]):
    date = serializers.DateField(allow_null=True, help_text="the mandate's end; null: no instrument sets one")
    basis = serializers.ChoiceField(choices=BASIS_OF_DATE, allow_null=True)
    instrument = serializers.CharField(allow_null=True)
    confirmed = serializers.BooleanField(allow_null=True)
    met = serializers.IntegerField(help_text="conditions for exit")
    not_met = serializers.IntegerField()
    unknown = serializers.IntegerField()
    carried_over = CarriedField(many=True, help_text="what is not met, and who is to own it")


class DiffersField(serializers.Serializer[Any]):
    vars()["class"] = serializers.CharField()
    ours = serializers.IntegerField()
    published = serializers.IntegerField()


class ReportField(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    as_of = serializers.DateField()
    known_from = serializers.DateField()
    by_class = ByClass(help_text="our count of what it judges; of one without classes, as it stood")
    published = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    differs = DiffersField(many=True)


class ForecastField(serializers.Serializer[Any]):
    method = serializers.CharField()
    says = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    by_class = ByClass()


class ReviewField(serializers.Serializer[Any]):
    handover = serializers.CharField()
    benchmark = serializers.CharField()
    since = serializers.DateField()
    vars()["from"] = serializers.ChoiceField(choices=CLASSES)
    to = serializers.ChoiceField(choices=CLASSES)


class Readiness(serializers.Serializer[Any]):
    as_of = serializers.DateField()
    known_at = serializers.DateField()
    indicators = IndicatorsField()
    benchmarks = BenchmarkField(many=True)
    pillars = GroupField(many=True)
    sectors = GroupField(many=True, help_text="an indicator counts in each sector of its benchmark")
    weakest_pillar = serializers.CharField(allow_null=True, help_text="null: nothing is known of any")
    since = SinceField(allow_null=True, help_text="what movers and regressions are compared with")
    movers = MoverField(many=True)
    regressions = RegressionField(many=True)
    vars()["data"] = DataField()
    gap_at_end_date = GapField()
    reports = ReportField(many=True)
    forecast = ForecastField()
    handovers_to_review = ReviewField(many=True, help_text="the benchmark that they depend on has fallen since")


class OfTransition(Readiness):
    transition = serializers.CharField(help_text="its slug")
