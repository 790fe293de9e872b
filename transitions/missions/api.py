"""Transitions, their status, instruments, history and steps over REST."""

from datetime import date
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from transitions.clock import present
from transitions.clock.present import YEARS
from transitions.status.history import history_of, told
from transitions.status.panels import Panel
from transitions.status.reader import status_of, view_of
from transitions.workflow.api_steps import StepsView
from transitions.workflow.problems import PROBLEMS

from . import api_strength
from .models import Effect, MandateInstrument, Transition


def seen_transition(request: Request, slug: str) -> Transition:
    """The transition, or 404: what may not be seen is not there."""
    seen = Transition.objects.visible_to(request.user, now=present.asked_at(request._request))
    found: Transition = get_object_or_404(seen.select_related("mission", "lead_office"), slug=slug)
    return found


class DayOrInstant(serializers.Field[Any, Any, Any, Any]):
    """A day, which counts to its end, or an instant with its offset."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            found = parse_date(data) or parse_datetime(data)
        except (TypeError, ValueError):
            found = None
        if found is None or (not isinstance(found, date)):
            raise serializers.ValidationError("Give a day such as 2020-10-01.")
        if found.year not in YEARS:
            raise serializers.ValidationError("There was no peace operation in that year.")
        if getattr(found, "tzinfo", True) is None:
            raise serializers.ValidationError("Give the offset of the instant, such as 2020-10-01T06:00Z.")
        return found

    def to_representation(self, value: Any) -> Any:
        return value


class Clocks(serializers.Serializer[Any]):
    """The two days that a status is asked for."""

    as_of = serializers.DateField(required=False, default=None)
    known_at = DayOrInstant(required=False, default=None)
    since = serializers.DateField(required=False, default=None)
    version = serializers.IntegerField(required=False, default=None, min_value=1)


CLOCKS = [
    OpenApiParameter("as_of", str, description="how it stood at the end of that day, in the transition's zone; today"),
    OpenApiParameter(
        "known_at", str, description="as far as it was known at the end of that day (of an instant: its day); today"
    ),
    OpenApiParameter("since", str, description="changes from that day on; the last 30 days"),
    OpenApiParameter("version", int, description="the approved version that slip is measured against; the latest"),
]


class TransitionRow(serializers.ModelSerializer[Transition]):
    mission = serializers.CharField(source="mission.acronym", allow_null=True, default=None)

    class Meta:
        model = Transition
        fields = ["slug", "name", "kind", "mission", "host_country", "time_zone", "state", "version", "illustrative"]


class EffectRow(serializers.ModelSerializer[Effect]):
    class Meta:
        model = Effect
        fields = ["kind", "date", "basis", "drivers", "component", "number", "approximate", "paragraph", "text"]


class InstrumentRow(serializers.ModelSerializer[MandateInstrument]):
    supersedes = serializers.CharField(source="supersedes.symbol", allow_null=True, default=None)
    effects = EffectRow(many=True)

    class Meta:
        model = MandateInstrument
        fields = [
            "symbol", "body", "kind", "adopted_on", "effective_from", "effective_until", "paragraph", "subject",
            "supersedes", "source", "recorded_at", "effects",
        ]  # fmt: skip


class PassedOver(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class HistoryRow(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    holds_from = serializers.DateField()
    who = serializers.CharField()
    role = serializers.CharField()
    subject = serializers.CharField()
    vars()["from"] = serializers.CharField(allow_null=True)
    to = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    vars()["source"] = serializers.CharField()
    passed_over = PassedOver(many=True)


class Transitions(GenericAPIView[Any]):
    serializer_class = TransitionRow
    filter_backends = ()

    @extend_schema(operation_id="transitions_list", responses={200: TransitionRow(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Every transition that one may see."""
        seen = Transition.objects.visible_to(request.user, now=present.asked_at(request._request))
        page = self.paginate_queryset(seen.select_related("mission").order_by("slug"))
        return self.get_paginated_response(TransitionRow(page, many=True).data)


class OneTransition(APIView):
    @extend_schema(responses={200: TransitionRow, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        return Response(TransitionRow(seen_transition(request, slug)).data)


STATUS = inline_serializer(
    "Status",
    {
        "transition": serializers.CharField(),
        "as_of": serializers.DateField(),
        "known_at": serializers.DateField(),
        **{name: field for panel in Panel.all for name, field in panel.fields.items()},
        "recent_changes": serializers.ListField(child=serializers.CharField()),
    },
)


class Status(APIView):
    @extend_schema(parameters=CLOCKS, responses={200: STATUS, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Where it stands: on any day, as known on any day."""
        transition = seen_transition(request, slug)
        clocks = Clocks(data=request.query_params)
        clocks.is_valid(raise_exception=True)
        now = present.asked_at(request._request)
        return Response(status_of(transition, user=request.user, now=now, **clocks.validated_data))


class StrengthOverTime(APIView):
    @extend_schema(parameters=CLOCKS[:2], responses={200: api_strength.StrengthField, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Authorised strength against actual, by component and month: on any day, as known on any day."""
        transition = seen_transition(request, slug)
        clocks = Clocks(data=request.query_params)
        clocks.is_valid(raise_exception=True)
        asked = {name: clocks.validated_data[name] for name in ("as_of", "known_at")}
        view = view_of(transition, user=request.user, now=present.asked_at(request._request), **asked)
        return Response(api_strength.told(transition, view))


class Instruments(GenericAPIView[Any]):
    serializer_class = InstrumentRow
    filter_backends = ()

    @extend_schema(responses={200: InstrumentRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The instruments of the transition's own mission, in the order of their adoption, with what each changes."""
        transition = seen_transition(request, slug)
        seen = MandateInstrument.objects.visible_to(request.user, now=present.asked_at(request._request))
        its = seen.filter(mission=transition.mission_id).select_related("supersedes").prefetch_related("effects")
        page = self.paginate_queryset(its)
        return self.get_paginated_response(InstrumentRow(page, many=True).data)


class History(GenericAPIView[Any]):
    serializer_class = HistoryRow
    filter_backends = ()

    @extend_schema(responses={200: HistoryRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Everything that happened, newest first: steps and dates that were moved."""
        transition = seen_transition(request, slug)
        now = present.asked_at(request._request)
        page = self.paginate_queryset(history_of(transition, user=request.user, now=now))
        return self.get_paginated_response(told(list(page or []), user=request.user, now=now))


class TransitionSteps(StepsView):
    def thing(self, request: Request, **where: Any) -> Transition:
        return seen_transition(request, where["slug"])


routes = [
    path("transitions/", Transitions.as_view(), name="transitions"),
    path("transitions/<slug:slug>/", OneTransition.as_view(), name="transition"),
    path("transitions/<slug:slug>/status/", Status.as_view(), name="status"),
    path("transitions/<slug:slug>/instruments/", Instruments.as_view(), name="instruments"),
    path("transitions/<slug:slug>/strength/", StrengthOverTime.as_view(), name="strength"),
    path("transitions/<slug:slug>/history/", History.as_view(), name="history"),
    path("transitions/<slug:slug>/steps/", TransitionSteps.as_view(), name="transition-steps"),
]
