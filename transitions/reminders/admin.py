from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from transitions.access.admin_base import ReadOnlyAdmin
from transitions.access.models import may_anywhere
from transitions.access.permissions import Permission
from transitions.clock import present

from . import inbox  # noqa: F401  (its page is registered there)
from .models import Sweep


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
