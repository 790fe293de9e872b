"""The transition that a page of this room is about, for who may open it."""

from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock import present


def of_transition(request: HttpRequest, slug: str, *permissions: Permission) -> Any:
    """One that may be seen, by somebody who may do one of these there."""
    now = present.asked_at(request)
    seen = apps.get_model("missions.Transition")._default_manager.all().visible_to(request.user, now=now)
    one = seen.filter(slug=slug).first()
    if one is None:
        raise Http404("There is no such transition that you may see.")
    if not any(may(request.user, permission, one, now=now) for permission in permissions):
        raise PermissionDenied("This is for those who plan the transition or read its messages.")
    return one
