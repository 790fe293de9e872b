"""The transition that a page of this room is about, for who may open it."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock import present


def may_look(user: Any, transition: Any, *, now: datetime) -> bool:
    """At a transition's rules and at who will be told what: who plans it, or reads its messages."""
    return any(may(user, one, transition, now=now) for one in (Permission.PLAN, Permission.READ_MESSAGES))


def of_transition(request: HttpRequest, slug: str) -> Any:
    now = present.asked_at(request)
    seen = apps.get_model("missions.Transition")._default_manager.all().visible_to(request.user, now=now)
    one = seen.filter(slug=slug).first()
    if one is None:
        raise Http404("There is no such transition that you may see.")
    if not may_look(request.user, one, now=now):
        raise PermissionDenied("This is for those who plan the transition or read its messages.")
    return one
