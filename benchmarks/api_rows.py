"""What the API's description says of benchmarks, indicators, measurements and assessments, row by row."""

from typing import Any

from rest_framework import serializers

from .api_fields import CLASSES, MET, BenchmarkField
from .models import Assessment, Benchmark, Definition

BASIS = Benchmark.Basis.choices


class BenchmarkRow(BenchmarkField):
    id = serializers.IntegerField()
    basis = serializers.ChoiceField(choices=BASIS)
    level = serializers.ChoiceField(choices=Benchmark.Level.choices)
    statement = serializers.CharField(allow_null=True)
    wording = serializers.IntegerField(allow_null=True, help_text="the number of these words")
    instrument = serializers.CharField(allow_null=True)
    paragraph = serializers.CharField()
    serves = serializers.CharField()
    owner = serializers.CharField(allow_null=True)
    government = serializers.CharField(allow_null=True, help_text="endorses, disputes or silent; null: not recorded")
    carried_over_to = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True, help_text="state changes up to the day; null: not begun")
    external_codes = serializers.ListField(child=serializers.CharField())
    illustrative = serializers.BooleanField()
    vars()["source"] = serializers.CharField()


class NumberOrText(serializers.Serializer[Any]):
    value = serializers.DecimalField(20, 6, allow_null=True)
    text = serializers.CharField()
    date = serializers.DateField(allow_null=True)


class MeasurementRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    as_of = serializers.DateField()
    period_start = serializers.DateField(allow_null=True)
    period_end = serializers.DateField(allow_null=True)
    value = serializers.DecimalField(20, 6, allow_null=True)
    value_text = serializers.CharField()
    numerator = serializers.DecimalField(20, 6, allow_null=True)
    denominator = serializers.DecimalField(20, 6, allow_null=True)
    parts = serializers.DictField(child=serializers.FloatField(allow_null=True))
    disaggregated = serializers.DictField()
    quality = serializers.CharField(allow_null=True)
    report = serializers.CharField(allow_null=True)
    vars()["source"] = serializers.CharField()
    note = serializers.CharField()
    by = serializers.CharField()
    known_from = serializers.DateField()


class ListedMeasurement(MeasurementRow):
    definition = serializers.IntegerField(help_text="values of different definitions are not one line")
    supersedes = serializers.IntegerField(allow_null=True)
    superseded_by = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(help_text="why it was corrected")


class JudgementField(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    as_of = serializers.DateField()
    vars()["class"] = serializers.ChoiceField(choices=CLASSES)
    note = serializers.CharField()
    definition = serializers.IntegerField()
    report = serializers.CharField(allow_null=True)
    verified_by = serializers.CharField()
    vars()["source"] = serializers.CharField()
    known_from = serializers.DateField()


class IndicatorRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    code = serializers.CharField()
    benchmark = serializers.CharField(allow_null=True)
    informs_only = serializers.BooleanField()
    frequency_days = serializers.IntegerField(allow_null=True)
    definition = serializers.IntegerField(allow_null=True, help_text="the number of the one in force")
    statement = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Definition.Kind.choices, allow_null=True)
    direction = serializers.ChoiceField(choices=Definition.Direction.choices, allow_null=True)
    unit = serializers.CharField()
    period_basis = serializers.ChoiceField(choices=Definition.Period.choices, allow_null=True)
    baseline = NumberOrText(allow_null=True)
    target = NumberOrText(allow_null=True, help_text="the one in force on the day")
    vars()["class"] = serializers.ChoiceField(choices=CLASSES)
    met = serializers.ChoiceField(choices=MET)
    why = serializers.CharField()
    measurement = MeasurementRow(allow_null=True)
    assessment = JudgementField(allow_null=True)
    last_data = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField(allow_null=True, help_text="null: nobody can say")


class AssessmentRow(serializers.ModelSerializer[Assessment]):
    indicator = serializers.CharField(source="indicator.code")
    vars()["class"] = serializers.ChoiceField(choices=CLASSES, source="judged")
    definition = serializers.IntegerField(source="definition.number")
    report = serializers.CharField(source="report.symbol", allow_null=True, default=None)
    entered_by = serializers.CharField(source="entered_by.__str__")
    disagreements = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = [
            "id", "indicator", "as_of", "class", "note", "definition", "report", "measurement", "entered_by", "state",
            "version", "disagreements",
        ]  # fmt: skip

    def get_disagreements(self, row: Assessment) -> list[str]:
        return [str(one) for one in row.disagreements.all()]
