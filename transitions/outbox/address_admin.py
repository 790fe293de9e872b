from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from transitions.access.admin_base import SeenRelated, VisibleAdmin
from transitions.clock import present

from .addresses import add_address, may_keep, switch, try_out
from .channels import Refused, Unanswered
from .models import Address


@admin.register(Address)
class AddressAdmin(VisibleAdmin):
    """Everybody keeps their own; who sets up a transition keeps those of its teams and systems."""

    list_display = ["name", "channel", "shown", "person", "transition", "active", "why_off"]
    list_filter = ["channel", "active", ("transition", SeenRelated)]
    list_select_related = ["person", "transition"]
    search_fields = ["name"]
    ordering = ["name", "pk"]
    change_form_outer_after_template = "outbox/admin/address.html"

    # --- who may

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_view_permission(request)
        return may_keep(request.user, obj, now=present.asked_at(request))

    # --- the form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["name", "channel", "url", "transition"]
        return ["name", "active", "why_off", "channel", "shown", "person", "transition", "created_by", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["why_off", "channel", "shown", "person", "transition", "created_by", "created_at"] if obj else []

    @admin.display(description="address")
    def shown(self, address: Address) -> str:
        return address.shown

    def save_model(self, request: HttpRequest, obj: Address, form: Any, change: bool) -> None:
        now = present.asked_at(request)
        if change:
            switch(obj, active=obj.active, by=request.user, now=now)
            return
        add_address(obj, by=request.user, now=now)
        if obj.secret:
            messages.success(request, f"Its messages are signed with {obj.secret} – shown only now: keep it safe.")

    # --- the test message

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        address = self.get_object(request, object_id)
        may = address is not None and self.has_change_permission(request, address)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_try_out": may})

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(require_POST(self.try_out))
        return [path("<int:pk>/try-out/", view, name="outbox_address_try_out"), *super().get_urls()]

    def try_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        address = self.get_object(request, str(pk))
        if address is None:
            raise Http404
        try:
            said = try_out(address, by=request.user, now=present.asked_at(request))
        except (Refused, Unanswered) as refusal:
            messages.error(request, f"The test message did not arrive: {refusal}")
        else:
            messages.success(request, f"The test message was sent; the other side answered: {said}")
        return HttpResponseRedirect(reverse("admin:outbox_address_change", args=[pk]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("person", "transition", "created_by")
