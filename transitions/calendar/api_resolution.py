"""The lists of what instruments have touched over REST."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from transitions.clock import present
from transitions.missions.api import seen_transition
from transitions.missions.models import Effect
from transitions.workflow.problems import PROBLEMS

from .resolution_lists import lists_of


def code_of(way: str) -> str:
    """open, redated, kept, dropped, finished, taken_over."""
    return way.replace(" ", "_").replace("-", "")


class MoveRow(serializers.Serializer[Any]):
    kind = serializers.CharField()
    was = serializers.DateField(allow_null=True, help_text="null: there was none")
    becomes = serializers.DateField()
    days = serializers.IntegerField(allow_null=True)
    basis = serializers.ChoiceField(choices=Effect.Basis.choices)
    overtaken = serializers.BooleanField(help_text="an instrument adopted later has set it since")


class ItemRow(serializers.Serializer[Any]):
    type = serializers.CharField(source="item.thing_type")
    id = serializers.IntegerField(source="item.thing_id")
    code = serializers.CharField()
    title = serializers.SerializerMethodField()
    sort = serializers.CharField()
    owner = serializers.CharField(help_text="person and office; empty: nobody")
    day_then = serializers.DateField(source="item.day", help_text="when the instrument was recorded")
    day = serializers.DateField(allow_null=True)
    state = serializers.SerializerMethodField()
    reason = serializers.CharField(source="why")

    def get_title(self, row: Any) -> str:
        return str(row.thing or "")

    def get_state(self, row: Any) -> str:
        return code_of(row.how)


class ListRow(serializers.Serializer[Any]):
    instrument = serializers.CharField(source="instrument.symbol")
    adopted_on = serializers.DateField(source="instrument.adopted_on")
    recorded_at = serializers.DateTimeField()
    ends = MoveRow(source="moves", many=True)
    total = serializers.IntegerField(help_text="of what one may see, as all counts but closed and open_unseen")
    settled = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField()
    open_unseen = serializers.IntegerField(help_text="open items that one may not see")
    closed = serializers.BooleanField(help_text="nothing in it is open, whoever may see it")
    items = ItemRow(source="seen", many=True)

    def get_settled(self, found: Any) -> dict[str, int]:
        return {code_of(way): count for way, count in found.by_way.items()}

    def get_open(self, found: Any) -> int:
        return len(found.open)


class ResolutionLists(GenericAPIView[Any]):
    serializer_class = ListRow
    filter_backends = ()

    @extend_schema(responses={200: ListRow(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """What each instrument that moved a date of the end touched, and what became of it; the latest first."""
        transition = seen_transition(request, slug)
        found = lists_of(transition, user=request.user, now=present.asked_at(request._request))
        page = self.paginate_queryset([one for one in found if one.seen])
        return self.get_paginated_response(ListRow(page, many=True).data)


routes = [path("transitions/<slug:slug>/resolution-lists/", ResolutionLists.as_view(), name="resolution-lists")]
