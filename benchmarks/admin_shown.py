"""What admin pages of this room show beside their fields: an indicator's line, and the way to assessment rounds."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.http import HttpRequest

from transitions.clock import present
from transitions.missions.models import Transition
from transitions.status.reader import view_of

from .models import Indicator
from .pages import told


class ShowsItsLine:
    """Before the base of an indicator's page."""

    change_form_outer_after_template = "benchmarks/admin/indicator.html"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        page: Any = super()
        indicator = page.get_object(request, unquote(object_id))
        more: dict[str, Any] = {}
        if indicator:
            view = view_of(indicator.transition, user=request.user, now=present.asked_at(request))
            more = {"indicator": indicator, **told(indicator, view)}
        return page.change_view(request, object_id, form_url, {**more, **(extra_context or {})})


class WayToRounds:
    """A link above a list for each transition that has something to assess."""

    list_before_template = "benchmarks/admin/rounds_link.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        page: Any = super()
        now = present.asked_at(request)
        having = Indicator.objects.visible_to(request.user, now=now).order_by().values("transition")
        seen = Transition.objects.visible_to(request.user, now=now).filter(pk__in=having)
        return page.changelist_view(request, {"with_rounds": seen, **(extra_context or {})})
