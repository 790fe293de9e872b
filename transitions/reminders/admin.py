"""Sweeps, what planners have set of the rules, and storms that are held until somebody decides."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated
from transitions.access.models import may_anywhere
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.outbox.models import Held
from transitions.workflow.admin_base import GuardedAdmin, refuse_nul

from . import inbox  # noqa: F401  (its page is registered there)
from .models import RuleSetting, Sweep
from .storm import may_decide, messages_of, release, withdraw


@admin.register(Sweep)
class SweepAdmin(ReadOnlyAdmin):
    list_display = ["now", "ended_at", "queued"]
    ordering = ["-ended_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Sweep.objects.order_by(*self.ordering)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_anywhere(request.user, Permission.READ_MESSAGES, now=present.asked_at(request))

    def transition_of(self, obj: Any) -> Any:
        return None


@admin.register(RuleSetting)
class RuleSettingAdmin(GuardedAdmin):
    """For reading, with its history; it is changed on the page of its transition's rules."""

    addable = False
    list_display = ["rule", "transition", "switched_on", "lead_days", "reason"]
    list_filter = ["rule", ("transition", SeenRelated)]
    list_select_related = ["transition"]
    ordering = ["transition", "rule"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Held)
class HeldAdmin(ReadOnlyAdmin):
    """A storm: read by who reads messages, released or withdrawn by who directs its transition."""

    list_display = ["now", "transition", "items", "usual", "released_at", "withdrawn_at", "decided_by"]
    list_select_related = ["transition", "decided_by"]
    ordering = ["-pk"]
    fields = ["now", "transition", "items", "usual", "released_at", "withdrawn_at", "decided_by", "reason", "sweep"]
    change_form_outer_before_template = "reminders/admin/held.html"
    acts = {"release": release, "withdraw": withdraw}

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        held, now = self.get_object(request, object_id), present.asked_at(request)
        may = held is not None and held.decided_by_id is None and may_decide(held, by=request.user, now=now)
        more = {"may_decide": may, "acts": list(self.acts), "waiting": messages_of(held).count() if may else 0}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<int:pk>/decide/", view, name="outbox_held_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        held, act = self.get_object(request, str(pk)), self.acts.get(request.POST.get("act", ""))
        if held is None or act is None:
            raise Http404
        try:
            refuse_nul(request)
            number = act(held, by=request.user, now=present.asked_at(request), reason=request.POST.get("reason", ""))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        except PermissionDenied as refusal:
            return HttpResponse(str(refusal), status=403, content_type="text/plain")
        else:
            messages.success(request, f"{number} messages were {'released' if act is release else 'withdrawn'}.")
        return HttpResponseRedirect(reverse("admin:outbox_held_change", args=[pk]))
