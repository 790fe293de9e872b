"""What would follow from a new day, and the critical path to each date of the end, over REST."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from transitions.clock import present
from transitions.clock.present import YEARS, day
from transitions.missions.api import seen_transition
from transitions.missions.models import DATES_OF_THE_END, Effect
from transitions.workflow.problems import PROBLEMS

from .critical import paths_to_the_end
from .dated import NewDay
from .following import foresee, told
from .models import Milestone

FLOAT = "of what is late, from today; null: unknown, it has no day"


class WarningField(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class Moving(serializers.Serializer[Any]):
    type = serializers.CharField(allow_null=True, help_text="such as calendar.milestone; null: one may not see it")
    id = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    vars()["from"] = serializers.DateField(allow_null=True)
    to = serializers.DateField(allow_null=True)
    because = serializers.CharField(allow_null=True, help_text="of what it waits for")
    warnings = WarningField(many=True)
    open = serializers.CharField(allow_null=True, help_text="its page")


class Following(serializers.Serializer[Any]):
    moves = Moving(many=True, help_text="what was asked for")
    follows = Moving(many=True, help_text="what would have to move, each after what it follows from")
    undated = serializers.ListField(child=serializers.CharField(), help_text="what waits for it and has no day")
    may_move_all = serializers.BooleanField()
    expected = serializers.CharField(help_text="the same for as long as the same would follow")


class Wanted(serializers.Serializer[Any]):
    due_date = serializers.DateField()

    def validate_due_date(self, value: date) -> date:
        if value.year not in YEARS:
            raise serializers.ValidationError("That lies too far away to be meant.")
        return value


DUE_DATE = OpenApiParameter("due_date", date, required=True, description="the day that it would be moved to")


class Follows(APIView):
    @extend_schema(parameters=[DUE_DATE], responses={200: Following, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:
        """What would follow if the milestone were moved to that day. Nothing is moved."""
        now = present.asked_at(request._request)
        seen = Milestone.objects.visible_to(request.user, now=now).select_related("transition")
        milestone = get_object_or_404(seen, pk=pk)
        wanted = Wanted(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        found = foresee([NewDay(milestone, wanted.validated_data["due_date"], "")], now=now)
        return Response(Following(told(found, milestone.transition, by=request.user, now=now)).data)


class Step(serializers.Serializer[Any]):
    type = serializers.CharField(allow_null=True, help_text="null: one may not see it")
    id = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    state = serializers.CharField(allow_null=True)
    hard = serializers.BooleanField(allow_null=True)
    date = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)
    float_days = serializers.IntegerField(allow_null=True, help_text=FLOAT)


class ToAnEnd(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(source="end.kind", choices=DATES_OF_THE_END)
    date = serializers.DateField(source="end.date")
    basis = serializers.ChoiceField(source="end.basis", choices=Effect.Basis.choices)
    instrument = serializers.CharField(source="end.instrument")
    least_float_days = serializers.IntegerField(allow_null=True, help_text="null: nothing open has a day")
    chain = Step(many=True, help_text="with the least float, from the first to the last")


class Float(serializers.Serializer[Any]):
    latest = serializers.DateField()
    float_days = serializers.IntegerField(allow_null=True, help_text=FLOAT)


class OpenOne(serializers.Serializer[Any]):
    type = serializers.CharField()
    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    hard = serializers.BooleanField()
    date = serializers.DateField(allow_null=True)
    by_end = serializers.DictField(
        child=Float(),
        help_text="by kind of end; none that it was meant to come after",
    )


class Paths(serializers.Serializer[Any]):
    as_of = serializers.DateField()
    ends = ToAnEnd(many=True)
    items = OpenOne(many=True, help_text="everything open, the least float first, what has no day last")


END = OpenApiParameter("end", str, enum=[str(kind) for kind in DATES_OF_THE_END], description="only to this one")


class CriticalPath(APIView):
    @extend_schema(parameters=[END], responses={200: Paths, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """To each date of the end, as things stand today: the last day of every open item, and its float."""
        transition, now = seen_transition(request, slug), present.asked_at(request._request)
        kind = asked_end(request.query_params)
        found = paths_to_the_end(transition, user=request.user, now=now, kind=kind)
        return Response(Paths(found | {"as_of": day(now, transition.time_zone)}).data)


def asked_end(given: Mapping[str, str]) -> str | None:
    kind = given.get("end") or None
    if kind and kind not in DATES_OF_THE_END:
        raise ValidationError({"end": f"There is no such date of the end: give one of {', '.join(DATES_OF_THE_END)}."})
    return kind


foresight_routes = [
    path("milestones/<int:pk>/follows/", Follows.as_view(), name="milestone-follows"),
    path("transitions/<slug:slug>/critical-path/", CriticalPath.as_view(), name="critical-path"),
]
