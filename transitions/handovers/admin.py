"""Mandated tasks, sites and their handovers in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import TabularInline

from transitions.access.admin_base import SeenRelated
from transitions.access.permissions import Permission
from transitions.calendar.admin_foresight import ShowsWhatFollows
from transitions.clock import present
from transitions.missions.admin import AddOnlyAdmin
from transitions.missions.models import Office
from transitions.workflow.admin_base import GuardedAdmin
from transitions.workflow.importing import Transfer

from .admin_acts import ACTS
from .admin_rows import FollowUpAdmin
from .admin_shown import BESIDE, shown_of
from .admin_suspension import SuspendsInScope
from .incidents import record_incident
from .lifecycle import BEFORE
from .models import Condition, Handover, Incident, MandatedTask, PackageItem, Readiness, Site
from .recipients import STILL_TO_OFFER, assess, propose
from .resources import HandoverResource, MandatedTaskResource, SiteResource
from .suspension import in_scope


@admin.register(MandatedTask)
class MandatedTaskAdmin(Transfer, GuardedAdmin):
    resource_classes = [MandatedTaskResource]
    list_display = ["code", "title", "transition", "pillar", "area", "continues", "naming_due_on"]
    list_filter = [("transition", SeenRelated), ("pillar", SeenRelated), "continues", "illustrative"]
    list_select_related = ["transition", "pillar", "area"]
    search_fields = ["code", "title"]
    readonly_fields = ["illustrative"]


@admin.register(Site)
class SiteAdmin(Transfer, GuardedAdmin):
    resource_classes = [SiteResource]
    list_display = ["code", "name", "also_called", "kind", "transition", "area"]
    list_filter = [("transition", SeenRelated), "kind"]
    list_select_related = ["transition", "area"]
    search_fields = ["code", "name", "also_called"]
    readonly_fields = ["illustrative"]


class OfHandover(TabularInline):
    """Rows that guards read: the page saves them behind the transition's lock."""

    extra = 0
    writable_in: tuple[str, ...] = ()

    def allowed(self, request: HttpRequest, obj: Any = None) -> bool:
        page: Any = self.admin_site._registry[Handover]
        return obj is not None and obj.state in self.writable_in and bool(page.has_change_permission(request, obj))

    has_add_permission = has_change_permission = allowed

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PackageInline(OfHandover):
    """Filled up to the transfer."""

    model = PackageItem
    fields = ["title", "provided_on", "not_needed_because", "note"]
    writable_in = (*BEFORE, "refused", "suspended")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Ten pieces on one screen: a note of two lines grows by its corner."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in ("not_needed_because", "note"):
            field.widget.attrs["rows"] = 2
        return field


class ConditionInline(OfHandover):
    """Part of the offer, and so written before it. What the recipient asks for comes later."""

    model = Condition
    fields = ["sentence", "due_on", "owner_office"]
    verbose_name_plural = "conditions that are part of the offer"
    writable_in = STILL_TO_OFFER

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(acceptance=None)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        edited: Any = getattr(request, "edited", None)
        kwargs["queryset"] = Office.objects.filter(transition=edited.transition_id if edited else None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Handover)
class HandoverAdmin(ShowsWhatFollows, Transfer, SuspendsInScope):
    resource_classes = [HandoverResource]
    acts = ACTS
    change_form_outer_before_template = "handovers/admin/top.html"
    change_form_outer_after_template = "handovers/admin/handover.html"
    list_display = ["code", "task", "site", "part", "recipient_office", "recipient", "state", "planned_on"]
    list_filter = [
        ("transition", SeenRelated), "state", "track", "recipient_kind", ("recipient_office", SeenRelated),
    ]  # fmt: skip
    list_select_related = ["transition", "task", "site", "recipient_office"]
    search_fields = ["code", "task__title", "site__name", "recipient"]
    readonly_fields = ["illustrative"]
    fields = [
        "transition", "code", "task", "site", "track", "area", "part", "recipient_kind", "recipient_office",
        "recipient", "no_recipient_reason", "agreed_use", "owner_office", "owner", "planned_on", "residual_office",
        "follows", "marking", "source", "note", "illustrative",
    ]  # fmt: skip
    inlines = [PackageInline, ConditionInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Another recipient, plan or scope is changed below, with a reason; what is handed over never changes."""
        fixed = [*super().get_readonly_fields(request, obj)]
        named = [
            "recipient_kind", "recipient_office", "recipient", "agreed_use", "task", "site", "follows", "planned_on",
            "residual_office",
        ]  # fmt: skip
        agreed = ["track", "area", "part"] if obj is not None and obj.texts.exists() else []
        return [*fixed, *named, *agreed] if obj is not None else fixed

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Conditions are shown with the offer; here they are written, as long as there is none."""
        return self.inlines if obj is None or obj.state in STILL_TO_OFFER else [PackageInline]

    def begin(self, request: HttpRequest, obj: Handover) -> None:
        propose([obj], by=request.user, now=present.asked_at(request))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        handover = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if handover is not None:
            more = shown_of(handover, user=request.user, now=present.asked_at(request))
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def panels(self, request: HttpRequest, thing: Any) -> dict[str, Any]:
        """What is done with a form of its own, beside the offer or the recipient, is not offered twice."""
        panels = super().panels(request, thing)
        shown = [step for step in panels["steps"] if step["name"] not in BESIDE]
        return panels | {"steps": shown, "facts": panels["steps"]}


@admin.register(Readiness)
class ReadinessAdmin(AddOnlyAdmin):
    permission = Permission.PLAN
    list_display = ["handover", "dimension", "level", "holds_from", "money_until", "by"]
    list_filter = [("handover__transition", SeenRelated), "dimension", "level"]
    list_select_related = ["handover__task", "handover__site", "by"]
    fields = ["handover", "dimension", "level", "money_until", "evidence"]

    def save_model(self, request: HttpRequest, obj: Readiness, form: Any, change: bool) -> None:
        row = assess(
            obj.handover, obj.dimension, obj.level, evidence=obj.evidence, money_until=obj.money_until,
            by=request.user, now=present.asked_at(request),
        )  # fmt: skip
        obj.pk = row.pk

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nothing is chosen for somebody who has not looked."""
        kwargs["choices"] = db_field.get_choices(include_blank=True, blank_choice=[("", "not said yet")])
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def response_post_save_add(self, request: HttpRequest, obj: Readiness) -> HttpResponse:
        """Back to the page that it was reached from."""
        return HttpResponseRedirect(reverse("admin:handovers_handover_change", args=[obj.handover_id]))


@admin.register(Incident)
class IncidentAdmin(AddOnlyAdmin):
    permission = Permission.RECORD_FACT
    change_form_outer_after_template = "handovers/admin/incident.html"
    list_display = ["code", "kind", "holds_from", "task", "handover", "site", "transition"]
    list_filter = [("transition", SeenRelated), "kind"]
    list_select_related = ["transition", "task", "site", "handover__task", "handover__site"]
    search_fields = ["code", "text"]
    fields = [
        "transition", "code", "kind", "holds_from", "known_from", "approximate", "task", "handover", "site", "text",
        "marking", "source",
    ]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: bool) -> None:
        given = form.cleaned_data
        record_incident(obj, by=request.user, now=present.asked_at(request), happened_on=given["holds_from"],
                        known_from=given["known_from"])  # fmt: skip

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        incident, now = self.get_object(request, object_id), present.asked_at(request)
        found = in_scope(incident.transition, incident=incident) if incident else []
        seen = Handover.objects.visible_to(request.user, now=now).filter(pk__in=[one.pk for one in found])
        visible = set(seen.values_list("pk", flat=True))
        more = {"touched": [one for one in found if one.pk in visible], **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)


__all__ = ["FollowUpAdmin", "HandoverAdmin"]  # importing the first registers all that stands beside it
