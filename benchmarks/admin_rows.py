"""Rows that the program writes and people read: in the admin."""

from django.contrib import admin

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated

from .models import (
    BenchmarkTerms,
    Definition,
    DependenceReview,
    Disagreement,
    DisplayCode,
    IndicatorTerms,
    Report,
    RollUp,
    Target,
)


class OfIndicator(ReadOnlyAdmin):
    list_filter = [("indicator__transition", SeenRelated)]
    list_select_related = ["indicator__benchmark", "by"]
    ordering = ["-pk"]


@admin.register(DependenceReview)
class DependenceReviewAdmin(ReadOnlyAdmin):
    list_display = ["link", "holds_from", "recorded_at", "by"]
    list_filter = [("link__transition", SeenRelated)]
    list_select_related = ["link", "by"]
    ordering = ["-holds_from", "-pk"]


@admin.register(BenchmarkTerms)
class BenchmarkTermsAdmin(ReadOnlyAdmin):
    list_display = ["benchmark", "number", "title", "pillar", "level", "condition_for_exit", "owner", "holds_from"]
    list_filter = [("benchmark__transition", SeenRelated)]
    list_select_related = ["benchmark", "pillar", "owner"]
    ordering = ["-holds_from", "-pk"]


@admin.register(IndicatorTerms)
class IndicatorTermsAdmin(OfIndicator):
    list_display = ["indicator", "number", "informs_only", "frequency_days", "position", "holds_from", "by"]


@admin.register(Definition)
class DefinitionAdmin(OfIndicator):
    list_display = ["indicator", "number", "statement", "kind", "direction", "baseline_value", "holds_from", "reason"]
    search_fields = ["statement", "indicator__code"]


@admin.register(Target)
class TargetAdmin(ReadOnlyAdmin):
    list_display = ["definition", "value", "text", "date", "timeline"]
    list_filter = [("definition__indicator__transition", SeenRelated)]
    list_select_related = ["definition"]
    ordering = ["-pk"]


@admin.register(Disagreement)
class DisagreementAdmin(ReadOnlyAdmin):
    list_display = ["assessment", "judged", "proposed", "proposed_met", "reasons", "by", "recorded_at"]
    list_filter = [("assessment__indicator__transition", SeenRelated), "judged", "proposed"]
    list_select_related = ["assessment__indicator", "by"]
    ordering = ["-pk"]


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ["symbol", "transition", "holds_from", "known_from", "listed", "holds"]
    list_filter = [("transition", SeenRelated), "listed"]
    list_select_related = ["transition"]
    ordering = ["-holds_from", "-pk"]


@admin.register(RollUp)
class RollUpAdmin(ReadOnlyAdmin):
    list_display = ["report", "by_class", "total", "paragraph", "page"]
    list_filter = [("report__transition", SeenRelated)]
    list_select_related = ["report"]
    ordering = ["-pk"]


@admin.register(DisplayCode)
class DisplayCodeAdmin(ReadOnlyAdmin):
    list_display = ["report", "benchmark", "indicator", "code"]
    list_filter = [("report__transition", SeenRelated)]
    list_select_related = ["report", "benchmark", "indicator__benchmark"]
    ordering = ["-pk"]
