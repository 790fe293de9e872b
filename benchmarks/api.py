"""Readiness, benchmarks, indicators, measurements and assessments over REST."""

from typing import Any

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from transitions.clock import present
from transitions.missions.api import CLOCKS, Clocks, seen_transition
from transitions.missions.models import Transition
from transitions.status.panels import View
from transitions.status.reader import view_of
from transitions.workflow.api_steps import StepsView, Strict
from transitions.workflow.problems import PROBLEMS

from .api_fields import OfTransition, Readiness
from .api_rows import AssessmentRow, BenchmarkRow, IndicatorRow, ListedMeasurement
from .assessing import assess
from .lifecycle import AssessmentLifecycle
from .listing import benchmarks_at, indicators_at, of_measurement
from .measuring import measure
from .models import Assessment, Benchmark, Indicator, Measurement, ReadinessClass, Report
from .readiness import readiness_for, readiness_of

DAYS = CLOCKS[:2]
SINCE = OpenApiParameter("since", str, description="movers and regressions since that day; since the last report")


def asked(request: Request) -> dict[str, Any]:
    clocks = Clocks(data=request.query_params)
    clocks.is_valid(raise_exception=True)
    return {name: clocks.validated_data[name] for name in ("as_of", "known_at", "since")}


def view_asked(request: Request, transition: Transition) -> View:
    return view_of(transition, user=request.user, now=present.asked_at(request._request), **asked(request))


class OneReadiness(APIView):
    @extend_schema(parameters=[*DAYS, SINCE], responses={200: Readiness, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Where the benchmarks leave it: on any day, as known on any day."""
        transition = seen_transition(request, slug)
        now = present.asked_at(request._request)
        return Response(readiness_of(transition, user=request.user, now=now, **asked(request)))


class Portfolio(GenericAPIView[Any]):
    serializer_class = OfTransition
    filter_backends = ()

    @extend_schema(
        operation_id="readiness_list", parameters=[*DAYS, SINCE], responses={200: OfTransition(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        """Of every transition that one may see, each on the same day."""
        clocks = asked(request)
        seen = Transition.objects.visible_to(request.user, now=present.asked_at(request._request))
        page = self.paginate_queryset(seen.order_by("slug")) or []
        if not page:
            return self.get_paginated_response([])
        found = readiness_for(page, view_asked(request, page[0]), since=clocks["since"])
        return self.get_paginated_response([{"transition": one.slug, **found[one.pk]} for one in page])


class Benchmarks(GenericAPIView[Any]):
    serializer_class = BenchmarkRow
    filter_backends = ()

    @extend_schema(parameters=DAYS, responses={200: BenchmarkRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """What must be true for the exit, in the words in force on the day."""
        transition = seen_transition(request, slug)
        page = self.paginate_queryset(benchmarks_at(transition, view_asked(request, transition)))
        return self.get_paginated_response(page)


class Indicators(GenericAPIView[Any]):
    serializer_class = IndicatorRow
    filter_backends = ()

    @extend_schema(parameters=DAYS, responses={200: IndicatorRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """How each part is measured, what was measured and judged last, by whom, from which source."""
        transition = seen_transition(request, slug)
        page = self.paginate_queryset(indicators_at(transition, view_asked(request, transition)))
        return self.get_paginated_response(IndicatorRow(page, many=True).data)


class NewMeasurement(Strict):
    as_of = serializers.DateField()
    value = serializers.DecimalField(20, 6, required=False, allow_null=True, default=None)
    value_text = serializers.CharField(required=False, allow_blank=True, default="")
    numerator = serializers.DecimalField(20, 6, required=False, allow_null=True, default=None)
    denominator = serializers.DecimalField(20, 6, required=False, allow_null=True, default=None)
    parts = serializers.DictField(child=serializers.FloatField(allow_null=True), required=False, default=dict)
    disaggregated = serializers.DictField(child=serializers.FloatField(), required=False, default=dict)
    period_start = serializers.DateField(required=False, allow_null=True, default=None)
    period_end = serializers.DateField(required=False, allow_null=True, default=None)
    quality = serializers.ChoiceField(choices=Measurement.Quality.choices, required=False, allow_blank=True, default="")
    note = serializers.CharField(required=False, allow_blank=True, default="")
    vars()["source"] = serializers.CharField(required=False, allow_blank=True, default="")


def seen_indicator(request: Request, transition: Transition, code: str) -> Indicator:
    seen = Indicator.objects.visible_to(request.user, now=present.asked_at(request._request))
    related = seen.select_related("benchmark", "transition")
    found: Indicator = get_object_or_404(related, transition=transition, code=code)
    return found


class Measurements(GenericAPIView[Any]):
    serializer_class = ListedMeasurement
    filter_backends = ()

    @extend_schema(parameters=DAYS, responses={200: ListedMeasurement(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str, code: str) -> Response:
        """Every value up to the day, as far as it was known, the corrected ones with what superseded them."""
        transition = seen_transition(request, slug)
        indicator, view = seen_indicator(request, transition, code), view_asked(request, transition)
        rows = indicator.measurements.filter(holds_from__lte=view.as_of, known_from__lte=view.known_at)
        page = self.paginate_queryset(rows.select_related("report", "by", "definition", "superseded_by")) or []
        return self.get_paginated_response(ListedMeasurement([row_of(one, view) for one in page], many=True).data)

    @extend_schema(request=NewMeasurement, responses={201: ListedMeasurement, **PROBLEMS})
    def post(self, request: Request, slug: str, code: str) -> Response:
        """Enter a value, in the indicator's own kind."""
        transition = seen_transition(request, slug)
        indicator = seen_indicator(request, transition, code)
        given = NewMeasurement(data=request.data)
        given.is_valid(raise_exception=True)
        now = present.asked_at(request._request)
        row = measure(indicator, by=request.user, now=now, **given.validated_data)
        view = view_of(transition, user=request.user, now=now)
        return Response(ListedMeasurement(row_of(row, view)).data, status=201)


def row_of(one: Measurement, view: View) -> dict[str, Any]:
    later = getattr(one, "superseded_by", None)
    known = later is not None and later.known_from <= view.known_at
    return {
        **(of_measurement(one) or {}), "definition": one.definition.number, "supersedes": one.supersedes_id,
        "superseded_by": later.pk if later and known else None, "reason": one.reason,
    }  # fmt: skip


class NewAssessment(Strict):
    indicator = serializers.CharField(help_text="its code")
    as_of = serializers.DateField()
    vars()["class"] = serializers.ChoiceField(
        choices=[one for one in ReadinessClass.choices if one[0] != ReadinessClass.NOT_ASSESSED]
    )
    note = serializers.CharField(required=False, allow_blank=True, default="")
    measurement = serializers.IntegerField(required=False, allow_null=True, default=None)
    report = serializers.CharField(required=False, allow_null=True, default=None, help_text="its symbol")


class Wanted(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=AssessmentLifecycle.states(), required=False, default=None)


STATE = OpenApiParameter("state", str, enum=AssessmentLifecycle.states())


class Assessments(GenericAPIView[Any]):
    serializer_class = AssessmentRow
    filter_backends = ()

    @extend_schema(parameters=[STATE], responses={200: AssessmentRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Every judgement in its present state, the latest first."""
        transition = seen_transition(request, slug)
        wanted = Wanted(data=plain(request.query_params))
        wanted.is_valid(raise_exception=True)
        seen = Assessment.objects.visible_to(request.user, now=present.asked_at(request._request))
        rows = seen.filter(indicator__transition=transition).order_by("-as_of", "-pk")
        if state := wanted.validated_data["state"]:
            rows = rows.filter(state=state)
        related = rows.select_related("indicator", "definition", "report", "entered_by")
        page = self.paginate_queryset(related.prefetch_related("disagreements"))
        return self.get_paginated_response(AssessmentRow(page, many=True).data)

    @extend_schema(request=NewAssessment, responses={201: AssessmentRow, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Begin a draft: it is submitted, and verified by somebody else, by its steps."""
        transition = seen_transition(request, slug)
        given = NewAssessment(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        indicator = of_transition(Indicator, "indicator", asked["indicator"], request, transition, field="code")
        measurement = of_transition(Measurement, "measurement", asked["measurement"], request, transition)
        report = of_transition(Report, "report", asked["report"], request, transition, field="symbol")
        draft = assess(
            indicator, asked["class"], as_of=asked["as_of"], note=asked["note"], measurement=measurement,
            report=report, by=request.user, now=present.asked_at(request._request),
        )  # fmt: skip
        return Response(AssessmentRow(draft).data, status=201)


def plain(given: QueryDict) -> dict[str, Any]:
    return {name: text for name, text in given.items() if text}


def of_transition(
    model: Any, name: str, given: Any, request: Request, transition: Transition, field: str = "pk"
) -> Any:
    """What the body names, or an error of that field: a misspelt one must not pass for none."""
    if given is None:
        return None
    seen = model.objects.visible_to(request.user, now=present.asked_at(request._request))
    where = "indicator__transition" if model is Measurement else "transition"
    found = seen.filter(**{where: transition, field: given}).first()
    if found is None:
        raise serializers.ValidationError({name: [f"There is no {name} “{given}” here."]})
    return found


class BenchmarkSteps(StepsView):
    def thing(self, request: Request, **where: Any) -> Benchmark:
        seen = Benchmark.objects.visible_to(request.user, now=present.asked_at(request._request))
        found: Benchmark = get_object_or_404(seen.select_related("transition"), pk=where["pk"])
        return found


class AssessmentSteps(StepsView):
    def thing(self, request: Request, **where: Any) -> Assessment:
        seen = Assessment.objects.visible_to(request.user, now=present.asked_at(request._request))
        found: Assessment = get_object_or_404(seen.select_related("indicator__transition"), pk=where["pk"])
        return found


OF = "transitions/<slug:slug>/"
routes = [
    path("readiness/", Portfolio.as_view(), name="portfolio"),
    path(f"{OF}readiness/", OneReadiness.as_view(), name="readiness"),
    path(f"{OF}benchmarks/", Benchmarks.as_view(), name="benchmarks"),
    path(f"{OF}indicators/", Indicators.as_view(), name="indicators"),
    path(f"{OF}indicators/<str:code>/measurements/", Measurements.as_view(), name="measurements"),
    path(f"{OF}assessments/", Assessments.as_view(), name="assessments"),
    path("benchmarks/<int:pk>/steps/", BenchmarkSteps.as_view(), name="benchmark-steps"),
    path("assessments/<int:pk>/steps/", AssessmentSteps.as_view(), name="assessment-steps"),
]
