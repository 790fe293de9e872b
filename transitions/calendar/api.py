"""Milestones and their steps over REST."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from transitions.clock import present
from transitions.missions.api import CLOCKS, Clocks, seen_transition
from transitions.missions.models import Pillar
from transitions.status.reader import view_of
from transitions.workflow.api_steps import StepsView
from transitions.workflow.problems import PROBLEMS

from . import api_resolution
from .api_foresight import foresight_routes
from .at_a_day import Row
from .lifecycle import MilestoneLifecycle
from .models import Milestone
from .panel import rows_for


class MilestoneRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    pillar = serializers.CharField(allow_null=True, help_text="its code")
    owner = serializers.CharField(source="who", allow_null=True, help_text="the person, else the office")
    due_date = serializers.DateField(source="due_on", allow_null=True)
    hard = serializers.BooleanField()
    state = serializers.CharField()
    version = serializers.IntegerField()
    overdue = serializers.BooleanField()
    slip_days = serializers.IntegerField(allow_null=True, help_text="against the approved version; null: n/a")


class Wanted(Clocks):
    state = serializers.ChoiceField(choices=MilestoneLifecycle.states(), required=False, default=None)
    pillar = serializers.CharField(required=False, default=None)
    hard = serializers.BooleanField(required=False, default=None, allow_null=True)
    overdue = serializers.BooleanField(required=False, default=None, allow_null=True)

    def validate_pillar(self, code: str | None) -> str | None:
        """A misspelt one would be an empty list, and that reads as if nothing were owed."""
        if code and not Pillar.objects.filter(transition=self.context["transition"], code=code).exists():
            raise serializers.ValidationError(f"There is no pillar “{code}” here.")
        return code

    def keeps(self, row: Row) -> bool:
        wanted = {name: self.validated_data[name] for name in ("state", "pillar", "hard", "overdue")}
        return all(value is None or getattr(row, name) == value for name, value in wanted.items())


FILTERS = [
    OpenApiParameter("state", str, enum=MilestoneLifecycle.states()),
    OpenApiParameter("pillar", str, description="its code"),
    OpenApiParameter("hard", bool),
    OpenApiParameter("overdue", bool),
]


class Milestones(GenericAPIView[Any]):
    serializer_class = MilestoneRow
    filter_backends = ()

    @extend_schema(parameters=[*CLOCKS, *FILTERS], responses={200: MilestoneRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The calendar, in order of due date: on any day, as known on any day."""
        transition = seen_transition(request, slug)
        wanted = Wanted(data=request.query_params, context={"transition": transition})
        wanted.is_valid(raise_exception=True)
        clocks = {name: wanted.validated_data[name] for name in ("as_of", "known_at", "since", "version")}
        view = view_of(transition, user=request.user, now=present.asked_at(request._request), **clocks)
        rows = [row for row in rows_for([transition.pk], view) if wanted.keeps(row)]
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(MilestoneRow(page, many=True).data)


class MilestoneSteps(StepsView):
    def thing(self, request: Request, **where: Any) -> Milestone:
        seen = Milestone.objects.visible_to(request.user, now=present.asked_at(request._request))
        found: Milestone = get_object_or_404(seen.select_related("transition"), pk=where["pk"])
        return found


routes = [
    *api_resolution.routes,
    path("transitions/<slug:slug>/milestones/", Milestones.as_view(), name="milestones"),
    path("milestones/<int:pk>/steps/", MilestoneSteps.as_view(), name="milestone-steps"),
    *foresight_routes,
]
