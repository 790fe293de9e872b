from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated

from . import address_admin  # noqa: F401  (its page is registered there)
from .models import WAITING, Message


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
        "kind", "transition", "recipient", "channel", "delivery", "due_at", "queued_at", "next_attempt_at", "attempts",
        "sent_at", "failed_at", "withdrawn_at", "suppressed_at", "why_not", "rendered", "marking", "sweep",
    ]  # fmt: skip

    @admin.display(description="delivery")
    def delivery(self, message: Message) -> str:
        return message.delivery
