"""History, evidence and signatures to read; the list “open at that date” to settle."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated, VisibleAdmin
from transitions.access.permissions import Permission
from transitions.clock import present

from .admin_base import REFUSALS
from .models import Evidence, OpenItem, Signature, StateChange
from .open_items import close_item, name_owner


@admin.register(StateChange)
class StateChangeAdmin(ReadOnlyAdmin):
    list_display = ["holds_from", "thing_type", "thing_id", "step", "was", "state", "by", "role", "reason", "source"]
    list_filter = [("transition", SeenRelated), "thing_type", "step"]
    list_select_related = ["by", "transition"]
    search_fields = ["reason", "source", "by__username", "by__display_name"]
    ordering = ["-pk"]


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ["title", "thing_type", "thing_id", "sha256", "reference", "marking", "by", "recorded_at"]
    list_filter = [("transition", SeenRelated), "marking"]
    list_select_related = ["by"]
    search_fields = ["title", "reference", "sha256"]
    ordering = ["-pk"]
    exclude = ["file"]


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ["step", "role", "by", "acting", "signed_at", "thing_type", "thing_id"]
    list_filter = [("transition", SeenRelated), "role"]
    list_select_related = ["by"]
    ordering = ["-pk"]


class OpenItemForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OpenItem
        fields = ["residual_office", "residual_owner", "due_on", "how"]


@admin.register(OpenItem)
class OpenItemAdmin(VisibleAdmin):
    """Name an owner who remains, or say how it was settled: that closes it."""

    permission = Permission.PLAN
    addable = False
    refusals = REFUSALS
    form = OpenItemForm
    list_display = ["sentence", "residual_office", "residual_owner", "due_on", "closed_at"]
    list_filter = [("transition", SeenRelated), ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["residual_office", "residual_owner", "transition"]
    search_fields = ["sentence", "code"]
    readonly_fields = ["code", "sentence", "closed_at", "closed_by"]

    def save_model(self, request: HttpRequest, obj: OpenItem, form: Any, change: bool) -> None:
        now, wanted = present.asked_at(request), form.cleaned_data
        item = OpenItem.objects.get(pk=obj.pk)
        if wanted["residual_office"] or wanted["residual_owner"]:
            name_owner(item, office=wanted["residual_office"], owner=wanted["residual_owner"],
                       due_on=wanted["due_on"], by=request.user, now=now)  # fmt: skip
        if wanted["how"]:
            close_item(item, how=wanted["how"], by=request.user, now=now)
