"""Messages and what became of them, how people want them, and working weeks."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated, VisibleAdmin
from transitions.access.permissions import Permission

from . import address_admin  # noqa: F401  (its page is registered there)
from .models import WAITING, Absence, Holiday, Message, Preference, WorkingWeek
from .parcels import why
from .slots import plan_anew


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

    @admin.display(description="why it came")
    def why_you(self, message: Message) -> str:
        return why(message)


class OwnAdmin(VisibleAdmin):
    """A person's own wishes: nobody else's are shown, and none can be made for another."""

    exclude = ["person"]
    deletable = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request) and (obj is None or obj.person_id == request.user.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.person = request.user
        super().save_model(request, obj, form, change)
        plan_anew(request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        plan_anew(request.user)


@admin.register(Preference)
class PreferenceAdmin(OwnAdmin):
    list_display = ["__str__", "transition", "pace", "hour", "time_zone"]
    list_select_related = ["person", "transition"]


@admin.register(Absence)
class AbsenceAdmin(OwnAdmin):
    list_display = ["__str__", "from_date", "until", "deputy"]
    list_select_related = ["person", "deputy"]


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
