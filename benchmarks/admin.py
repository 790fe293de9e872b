"""Benchmarks, indicators, what was measured and judged: in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from transitions.access.admin_base import SeenRelated
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.missions.admin import AddOnlyAdmin
from transitions.workflow.admin_base import GuardedAdmin, StatefulAdmin

from . import admin_rows  # noqa: F401 registers them
from .admin_import import BenchmarkTransfer
from .admin_shown import ShowsItsLine, WayToRounds
from .assessing import assess, judge_again, override_class
from .definitions import carry_over, government_position, reword, set_up
from .dependents import depend, reviewed
from .measuring import GIVEN, correct, measure
from .models import (
    Assessment,
    Benchmark,
    BenchmarkTerms,
    CarryOver,
    ClassOverride,
    DependsOn,
    GovernmentPosition,
    Indicator,
    IndicatorTerms,
    Lineage,
    Measurement,
    Terms,
    Wording,
)
from .terms import begin_terms, revise

SETTLED = ["basis", "level", "condition_for_exit"]  # what an agreement is about: fixed once it is proposed


def said_in(form: Any, terms: type[Terms]) -> dict[str, Any]:
    """What a form changes of what is said from a day on."""
    columns = terms.columns_of_form()
    return {columns[name]: form.cleaned_data[name] for name in form.changed_data if name in columns}


@admin.register(Benchmark)
class BenchmarkAdmin(BenchmarkTransfer, StatefulAdmin):
    list_display = ["code", "title", "transition", "pillar", "basis", "level", "condition_for_exit", "state"]
    list_filter = [("transition", SeenRelated), ("pillar", SeenRelated), "state", "basis", "level", "illustrative"]
    list_select_related = ["transition", "pillar"]
    search_fields = ["code", "title"]
    readonly_fields = ["illustrative"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        if obj is None:
            return fixed
        return [*fixed, "code", *(SETTLED if obj.state != "draft" else ())]

    def write(self, request: HttpRequest, obj: Benchmark, form: Any, change: bool) -> None:
        now = present.asked_at(request)
        if not change:
            set_up(obj, obj.title, sectors=form.cleaned_data["sectors"], by=request.user, now=now)
            return
        if said := said_in(form, BenchmarkTerms):
            revise(obj, by=request.user, now=now, **said)
        super().write(request, obj, form, change)


@admin.register(Indicator)
class IndicatorAdmin(ShowsItsLine, WayToRounds, GuardedAdmin):
    """Its definition is a row of its own: a changed one is a new version."""

    list_display = ["code", "benchmark", "transition", "informs_only", "frequency_days", "provider", "verifier"]
    list_filter = [("transition", SeenRelated), ("benchmark", SeenRelated), "informs_only"]
    list_select_related = ["benchmark", "transition", "provider", "verifier"]
    search_fields = ["code", "definitions__statement"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "code", "benchmark", "informs_only"] if obj is not None else fixed

    def write(self, request: HttpRequest, obj: Indicator, form: Any, change: bool) -> None:
        now = present.asked_at(request)
        if change and (said := said_in(form, IndicatorTerms)):
            revise(obj, by=request.user, now=now, **said)
        super().write(request, obj, form, change)
        if not change:
            begin_terms(obj, by=request.user, now=now)


@admin.register(Assessment)
class AssessmentAdmin(WayToRounds, StatefulAdmin):
    permission = Permission.MEASURE
    list_display = ["indicator", "as_of", "judged", "state", "report", "entered_by"]
    list_filter = [("indicator__transition", SeenRelated), "state", "judged", ("report", SeenRelated)]
    list_select_related = ["indicator__benchmark", "report", "entered_by"]
    search_fields = ["indicator__code", "note"]
    fields = ["indicator", "as_of", "judged", "note", "measurement", "report"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft alone is judged again; what is submitted stands as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.state == "draft")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "indicator", "as_of", "measurement", "report"] if obj is not None else fixed

    def begin(self, request: HttpRequest, obj: Assessment) -> None:
        made = assess(
            obj.indicator, obj.judged, as_of=obj.as_of, note=obj.note, measurement=obj.measurement, report=obj.report,
            by=request.user, now=present.asked_at(request),
        )  # fmt: skip
        obj.pk, obj.state, obj.version = made.pk, made.state, made.version

    def write(self, request: HttpRequest, obj: Assessment, form: Any, change: bool) -> None:
        if change:
            now = present.asked_at(request)
            judge_again(Assessment.objects.get(pk=obj.pk), obj.judged, note=obj.note, by=request.user, now=now)
        else:
            self.begin(request, obj)


@admin.register(Measurement)
class MeasurementAdmin(AddOnlyAdmin):
    """What supersedes another one is a correction of it, and says why."""

    permission = Permission.MEASURE
    list_display = ["indicator", "holds_from", "value", "value_text", "quality", "report", "by", "supersedes"]
    list_filter = [("indicator__transition", SeenRelated), "quality", ("report", SeenRelated)]
    list_select_related = ["indicator__benchmark", "report", "by", "supersedes"]
    search_fields = ["indicator__code", "value_text", "note"]
    fields = [
        "indicator", "holds_from", "period_start", "period_end", "value", "value_text", "numerator", "denominator",
        "parts", "disaggregated", "quality", "note", "report", "page", "source", "supersedes", "reason",
    ]  # fmt: skip
    ordering = ["-holds_from", "-pk"]

    def save_model(self, request: HttpRequest, obj: Measurement, form: Any, change: bool) -> None:
        given: dict[str, Any] = {name: getattr(obj, name) for name in GIVEN}
        given |= {"as_of": obj.holds_from, "source": obj.source, "by": request.user, "now": present.asked_at(request)}
        if obj.supersedes:
            obj.pk = correct(obj.supersedes, reason=obj.reason, **given).pk
        else:
            obj.pk = measure(obj.indicator, **given).pk


class OfBenchmark(AddOnlyAdmin):
    """Dated words about a benchmark, as of today."""

    list_filter = [("benchmark__transition", SeenRelated)]
    list_select_related = ["benchmark", "by"]
    ordering = ["-holds_from", "-pk"]
    permission = Permission.PLAN

    def said(self, request: HttpRequest, obj: Any) -> Any:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = self.said(request, obj).pk


@admin.register(ClassOverride)
class ClassOverrideAdmin(OfBenchmark):
    list_display = ["benchmark", "holds_from", "judged", "reason", "by"]
    fields = ["benchmark", "judged", "reason"]

    def said(self, request: HttpRequest, obj: ClassOverride) -> ClassOverride:
        now = present.asked_at(request)
        return override_class(obj.benchmark, obj.judged, reason=obj.reason, by=request.user, now=now)


@admin.register(GovernmentPosition)
class GovernmentPositionAdmin(OfBenchmark):
    permission = Permission.MEASURE
    list_display = ["benchmark", "holds_from", "position", "note", "source", "by"]
    fields = ["benchmark", "position", "note"]

    def said(self, request: HttpRequest, obj: GovernmentPosition) -> GovernmentPosition:
        now = present.asked_at(request)
        return government_position(obj.benchmark, obj.position, note=obj.note, by=request.user, now=now)


@admin.register(CarryOver)
class CarryOverAdmin(OfBenchmark):
    list_display = ["benchmark", "holds_from", "office", "name", "source", "by"]
    list_select_related = ["benchmark", "office", "by"]
    fields = ["benchmark", "office", "name"]

    def said(self, request: HttpRequest, obj: CarryOver) -> CarryOver:
        now = present.asked_at(request)
        return carry_over(obj.benchmark, office=obj.office, name=obj.name, by=request.user, now=now)


@admin.register(Wording)
class WordingAdmin(OfBenchmark):
    list_display = ["benchmark", "number", "statement", "instrument", "holds_from", "reason"]
    list_select_related = ["benchmark", "instrument"]
    fields = ["benchmark", "statement", "instrument", "paragraph", "reason"]

    def said(self, request: HttpRequest, obj: Wording) -> Wording:
        return reword(
            obj.benchmark, obj.statement, reason=obj.reason, instrument=obj.instrument, paragraph=obj.paragraph,
            by=request.user, now=present.asked_at(request),
        )  # fmt: skip


@admin.register(DependsOn)
class DependsOnAdmin(GuardedAdmin):
    list_display = ["handover", "benchmark", "reviewed_on", "transition"]
    list_filter = [("transition", SeenRelated), ("benchmark", SeenRelated)]
    list_select_related = ["handover", "benchmark", "transition"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, *(["handover", "benchmark"] if obj is not None else ["reviewed_on"])]

    def write(self, request: HttpRequest, obj: DependsOn, form: Any, change: bool) -> None:
        now = present.asked_at(request)
        if not change:
            obj.pk = depend(obj.handover, obj.benchmark, by=request.user, now=now).pk
        elif "reviewed_on" in form.changed_data:
            reviewed(obj, by=request.user, now=now, on=form.cleaned_data["reviewed_on"])


@admin.register(Lineage)
class LineageAdmin(GuardedAdmin):
    list_display = ["older", "newer", "stated", "note", "source"]
    list_filter = [("older__transition", SeenRelated), "stated"]
    list_select_related = ["older", "newer"]
