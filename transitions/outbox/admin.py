"""Messages and what became of them, how people want them, and working weeks."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated, VisibleAdmin
from transitions.access.permissions import Permission
from transitions.clock import present

from . import address_admin, own_admin  # noqa: F401  (their pages are registered there)
from .models import WAITING, Holiday, Message, WorkingWeek
from .parcels import why
from .retrying import may_retry, retry


class DeliveryFilter(admin.SimpleListFilter):
    title, parameter_name = "delivery", "delivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Message.Delivery.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted == "queued":
            return queryset.filter(WAITING)
        return queryset.filter(Q((f"{wanted}_at__isnull", False))) if wanted else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Every message with what became of it: sent, failed and why, withdrawn and why."""

    list_display = ["kind", "recipient", "due_at", "delivery", "attempts", "why_not"]
    list_filter = [DeliveryFilter, "kind", ("transition", SeenRelated)]
    list_select_related = ["recipient", "transition"]
    search_fields = ["recipient__username", "recipient__display_name", "kind", "rendered"]
    ordering = ["-queued_at", "-pk"]
    fields = [
        "kind", "why_you", "transition", "recipient", "channel", "delivery", "urgent", "ready_at", "due_at",
        "queued_at", "next_attempt_at", "attempts", "sent_at", "failed_at", "withdrawn_at", "suppressed_at",
        "why_not", "rendered", "marking", "sweep",
    ]  # fmt: skip

    @admin.display(description="delivery")
    def delivery(self, message: Message) -> str:
        return message.delivery

    change_form_outer_after_template = "outbox/admin/message.html"

    @admin.display(description="why it came")
    def why_you(self, message: Message) -> str:
        return why(message)

    # --- one that failed is tried again

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        message = self.get_object(request, object_id)
        failed = message is not None and message.failed_at is not None
        may = failed and may_retry(request.user, message, now=present.asked_at(request))
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_retry": may})

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(require_POST(self.retry))
        return [path("<int:pk>/try-again/", view, name="outbox_message_retry"), *super().get_urls()]

    def retry(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self.get_object(request, str(pk))
        if message is None:
            raise Http404
        try:
            retry(message, by=request.user, now=present.asked_at(request))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, "It is tried again with the next round, within half a minute.")
        return HttpResponseRedirect(reverse("admin:outbox_message_change", args=[pk]))


@admin.register(WorkingWeek)
class WorkingWeekAdmin(VisibleAdmin):
    permission = Permission.SET_UP
    deletable = True
    list_display = ["__str__", "transition", "days_off"]
    list_select_related = ["transition", "office"]


@admin.register(Holiday)
class HolidayAdmin(VisibleAdmin):
    permission = Permission.SET_UP
    deletable = True
    list_display = ["name", "on", "transition", "office"]
    list_select_related = ["transition", "office"]
    ordering = ["on"]
