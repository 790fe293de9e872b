"""Steps over REST, the same for every thing that has a lifecycle."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from transitions.clock import present

from .engine import Override, available, take
from .problems import PROBLEMS, as_dicts


class BlockerField(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    open = serializers.CharField(allow_null=True, help_text="where to clear it")
    who = serializers.CharField(allow_null=True, help_text="who can clear it")


class StepField(serializers.Serializer[Any]):
    step = serializers.CharField()
    allowed = serializers.BooleanField()
    blockers = BlockerField(many=True)


class Steps(serializers.Serializer[Any]):
    state = serializers.CharField()
    version = serializers.IntegerField()
    steps = StepField(many=True)


class Strict(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelt field is an error, not a silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class StrictBoolean(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("true or false")
        return data


class StrictText(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("a text")
        return super().to_internal_value(data)


class StrictNumber(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("a whole number")
        return data


class StepToTake(Strict):
    step = StrictText()
    reason = StrictText(required=False, default="", allow_blank=True)
    on_request_of = StrictText(required=False, default="", allow_blank=True)
    version = StrictNumber(required=False, default=None, allow_null=True, min_value=1)
    override = StrictBoolean(required=False, default=False)


def steps_of(thing: Any, *, by: Any, now: datetime) -> list[dict[str, Any]]:
    """Every step from the present state, with what holds it back for this person."""
    return [
        {"step": step.name, "allowed": not blockers, "blockers": as_dicts(blockers)}
        for step, blockers in available(thing, by=by, now=now)
    ]


class StepsView(APIView):
    """Subclass it with `thing`, which answers 404 for what the user may not see.

    A room whose steps take more than a reason says so with `asks`, and describes its `post` with it.
    """

    asks: type[StepToTake] = StepToTake

    def thing(self, request: Request, **where: Any) -> Any:
        raise NotImplementedError

    @extend_schema(responses={200: Steps, **PROBLEMS})
    def get(self, request: Request, **where: Any) -> Response:
        """The steps from the present state: which can be taken, and what blocks the others."""
        return self.answer(self.thing(request, **where), request)

    @extend_schema(request=StepToTake, responses={200: Steps, **PROBLEMS})
    def post(self, request: Request, **where: Any) -> Response:
        """Take a step. A refusal lists everything that blocks it."""
        thing = self.thing(request, **where)
        asked = self.asks(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        self.take(thing, given, by=request.user, now=present.asked_at(request._request))
        return self.answer(thing, request)

    def take(self, thing: Any, given: Mapping[str, Any], *, by: Any, now: datetime) -> None:
        """A room whose step is taken by a verb of its own calls that instead."""
        take(
            thing, given["step"], by=by, now=now, reason=given["reason"], on_request_of=given["on_request_of"],
            version=given["version"], despite=Override(given["reason"]) if given["override"] else None,
        )  # fmt: skip

    def answer(self, thing: Any, request: Request) -> Response:
        steps = steps_of(thing, by=request.user, now=present.asked_at(request._request))
        return Response({"state": thing.state, "version": thing.version, "steps": steps})
