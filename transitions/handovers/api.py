"""Mandated tasks, handovers and their steps, incidents and residual obligations over REST."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from transitions.clock import present
from transitions.missions.api import seen_transition
from transitions.missions.models import Office, ResidualObligation
from transitions.status.reader import view_of
from transitions.workflow.api_steps import Steps, StepsView, StepToTake, Strict, StrictText
from transitions.workflow.problems import PROBLEMS

from .agreement import accept
from .answers_at import answers_at
from .api_filters import FILTERS, Wanted
from .at_a_day import handovers_at
from .conditions import Asked
from .models import Handover, Incident, MandatedTask


class TaskRow(serializers.ModelSerializer[MandatedTask]):
    pillar = serializers.CharField(source="pillar.code", allow_null=True, default=None)
    area = serializers.CharField(source="area.code", allow_null=True, default=None)
    instrument = serializers.CharField(source="instrument.symbol", allow_null=True, default=None)
    sectors: Any = serializers.SlugRelatedField("code", many=True, read_only=True)
    naming_office = serializers.CharField(source="naming_office.code", allow_null=True, default=None)

    class Meta:
        model = MandatedTask
        fields = [
            "id", "code", "title", "pillar", "sectors", "area", "instrument", "paragraph", "volume", "staff",
            "yearly_cost_usd", "continues", "external_codes", "naming_office", "naming_due_on", "illustrative",
            "source",
        ]  # fmt: skip


class AcceptedField(serializers.Serializer[Any]):
    on_paper = serializers.BooleanField()
    signatory = serializers.CharField(allow_null=True, help_text="of a paper; null: accepted with an account")
    signed_on = serializers.DateField()
    text = serializers.IntegerField(help_text="the number of the version that was accepted")
    conditions = serializers.IntegerField(help_text="that came with it, met or not")


class HandoverRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    code = serializers.CharField()
    task = serializers.CharField(allow_null=True)
    site = serializers.CharField(allow_null=True)
    scope = serializers.SerializerMethodField()
    recipient = serializers.CharField(allow_null=True)
    recipient_kind = serializers.CharField(allow_null=True)
    agreed_use = serializers.CharField()
    state = serializers.CharField()
    version = serializers.IntegerField()
    readiness = serializers.CharField(allow_null=True, help_text="the weakest dimension; null: unknown")
    readiness_by_dimension = serializers.DictField(child=serializers.CharField())
    planned_date = serializers.DateField(source="planned_on", allow_null=True)
    next_follow_up = serializers.DateField(allow_null=True)
    accepted = serializers.SerializerMethodField(help_text="the answer that stands on that day; null: none does")

    @extend_schema_field(AcceptedField(allow_null=True))
    def get_accepted(self, row: Any) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self.context["accepted"].get(row.id)
        return answer

    def get_scope(self, row: Any) -> dict[str, str | None]:
        return {"area": row.area, "part": row.part or None, "track": row.track}


class IncidentRow(serializers.ModelSerializer[Incident]):
    task = serializers.CharField(source="task.code", allow_null=True, default=None)
    handover = serializers.CharField(source="handover.code", allow_null=True, default=None)
    site = serializers.CharField(source="site.code", allow_null=True, default=None)
    date = serializers.DateField(source="holds_from")

    class Meta:
        model = Incident
        fields = [
            "id",
            "code",
            "kind",
            "date",
            "approximate",
            "task",
            "handover",
            "site",
            "text",
            "known_from",
            "source",
        ]


class ObligationRow(serializers.ModelSerializer[ResidualObligation]):
    owner = serializers.SerializerMethodField(help_text="the person who remains, else the office; null: nobody yet")
    until = serializers.DateField(source="due_on", allow_null=True, help_text="until when it is owed")

    class Meta:
        model = ResidualObligation
        fields = ["id", "title", "owner", "until", "done_on", "source", "note"]

    def get_owner(self, row: ResidualObligation) -> str | None:
        return str(row.owner or row.owner_office or "") or None


class Listed(GenericAPIView[Any]):
    """A list of one transition's rows that one may see."""

    filter_backends = ()
    model: Any = None
    related: tuple[str, ...] = ()
    many: tuple[str, ...] = ()

    def rows(self, request: Request, slug: str) -> Any:
        transition = seen_transition(request, slug)
        seen = self.model.objects.visible_to(request.user, now=present.asked_at(request._request))
        here = seen.filter(transition=transition).select_related(*self.related)
        return here.prefetch_related(*self.many).order_by("pk")

    def listed(self, request: Request, slug: str) -> Response:
        page = self.paginate_queryset(self.rows(request, slug))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class Tasks(Listed):
    serializer_class, model, many = TaskRow, MandatedTask, ("sectors",)
    related = ("pillar", "area", "instrument", "naming_office")

    @extend_schema(responses={200: TaskRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """What the mission does and someone must go on doing."""
        return self.listed(request, slug)


class Incidents(Listed):
    serializer_class, model, related = IncidentRow, Incident, ("task", "handover", "site")

    @extend_schema(responses={200: IncidentRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """What happened to what was handed over, or was about to be."""
        return self.listed(request, slug)


class Obligations(Listed):
    serializer_class, model, related = ObligationRow, ResidualObligation, ("owner", "owner_office")

    @extend_schema(responses={200: ObligationRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """What remains to be done after the mission, and by whom."""
        return self.listed(request, slug)


class Handovers(GenericAPIView[Any]):
    serializer_class = HandoverRow
    filter_backends = ()

    @extend_schema(parameters=FILTERS, responses={200: HandoverRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """Who takes over what, on any day, as known on any day."""
        transition = seen_transition(request, slug)
        by, now = request.user, present.asked_at(request._request)
        wanted = Wanted(data=request.query_params, context={"transition": transition, "by": by, "now": now})
        wanted.is_valid(raise_exception=True)
        view = view_of(transition, user=by, now=now, **wanted.clocks)
        page = self.paginate_queryset(wanted.kept(handovers_at([transition.pk], view)))
        context = {"accepted": answers_at([transition.pk], view)}
        return self.get_paginated_response(HandoverRow(page, many=True, context=context).data)


class StrictDay(serializers.DateField):
    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise serializers.ValidationError("a day such as 2020-12-01")
        return super().to_internal_value(value)


class ConditionToAsk(Strict):
    sentence = StrictText()
    due_on = StrictDay()
    owner_office = StrictText(
        required=False, default="", allow_blank=True, help_text="the code of the office that is to meet it"
    )


class HandoverStepToTake(StepToTake):
    conditions = ConditionToAsk(many=True, required=False, help_text="of accept_with_conditions: what is asked for")


@extend_schema_view(post=extend_schema(request=HandoverStepToTake, responses={200: Steps, **PROBLEMS}))
class HandoverSteps(StepsView):
    asks = HandoverStepToTake

    def thing(self, request: Request, **where: Any) -> Handover:
        seen = Handover.objects.visible_to(request.user, now=present.asked_at(request._request))
        found: Handover = get_object_or_404(seen.select_related("transition", "task"), pk=where["pk"])
        return found

    def take(self, thing: Any, given: Mapping[str, Any], *, by: Any, now: datetime) -> None:
        """Accepting is answering the text that was offered: recorded and taken in one, with what is asked for."""
        conditions = given.get("conditions", [])
        if conditions and given["step"] != "accept_with_conditions":
            raise ValidationError({"conditions": "Only “accept_with_conditions” has conditions."})
        if given["step"] in ("accept", "accept_with_conditions"):
            accept(
                thing, by=by, now=now, version=given["version"], conditions=asked(thing, conditions),
                with_conditions=given["step"] == "accept_with_conditions",
            )  # fmt: skip
        else:
            super().take(thing, given, by=by, now=now)


def asked(handover: Handover, conditions: Iterable[Mapping[str, Any]]) -> list[Asked]:
    """Offices by their code. Raises ValidationError for one that is not there."""
    offices = {office.code: office for office in Office.objects.filter(transition=handover.transition_id)}
    for one in conditions:
        if one["owner_office"] and one["owner_office"] not in offices:
            raise ValidationError({"owner_office": f"There is no office “{one['owner_office']}” here."})
    return [Asked(one["sentence"], one["due_on"], offices.get(one["owner_office"])) for one in conditions]


routes = [
    path("transitions/<slug:slug>/mandated-tasks/", Tasks.as_view(), name="mandated-tasks"),
    path("transitions/<slug:slug>/handovers/", Handovers.as_view(), name="handovers"),
    path("transitions/<slug:slug>/incidents/", Incidents.as_view(), name="incidents"),
    path("transitions/<slug:slug>/residual-obligations/", Obligations.as_view(), name="residual-obligations"),
    path("handovers/<int:pk>/steps/", HandoverSteps.as_view(), name="handover-steps"),
]
