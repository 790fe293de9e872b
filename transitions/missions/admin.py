"""Missions, instruments and transitions. An instrument is recorded with what it changes, and never edited."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from transitions.access.admin_base import SeenRelated, VisibleAdmin
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.workflow.admin_base import REFUSALS, GuardedAdmin, StatefulAdmin

from .instruments import agree_end_state, record_instrument
from .models import (
    Area,
    Effect,
    EndState,
    FollowUpCheck,
    MandateInstrument,
    Mission,
    Office,
    Pause,
    Phase,
    PhaseCondition,
    Pillar,
    ResidualObligation,
    Sector,
    Strength,
    Transition,
)


@admin.register(Mission)
class MissionAdmin(GuardedAdmin):
    permission = Permission.SET_UP
    list_display = ["acronym", "name", "kind", "host_country", "predecessor", "established_on", "ended_on"]
    list_filter = ["kind", "host_country"]
    list_select_related = ["predecessor"]
    search_fields = ["acronym", "name", "host_country"]


class EffectInline(StackedInline):
    model = Effect
    extra = 1
    tab = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_add_permission = has_change_permission = has_delete_permission = lambda self, request, obj=None: obj is None


class AddOnlyAdmin(VisibleAdmin):
    """Fact rows: recorded once, then for reading."""

    refusals = REFUSALS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MandateInstrument)
class MandateInstrumentAdmin(AddOnlyAdmin):
    permission = Permission.RECORD_INSTRUMENT
    list_display = ["symbol", "mission", "body", "kind", "adopted_on", "effective_until", "supersedes"]
    list_filter = ["mission", "kind", "body"]
    list_select_related = ["mission", "supersedes"]
    search_fields = ["symbol", "body", "subject"]
    ordering = ["-adopted_on", "-pk"]
    inlines = [EffectInline]
    fields = [
        "mission", "symbol", "body", "kind", "adopted_on", "effective_from", "effective_until", "paragraph", "subject",
        "supersedes", "source", "note",
    ]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: MandateInstrument, form: Any, change: bool) -> None:
        """Recorded in save_related, together with what it changes: all or nothing."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        effects = [effect for formset in formsets for effect in formset.save(commit=False)]
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = effects, [], []
        record_instrument(form.instance, effects, by=request.user, now=present.asked_at(request))


@admin.register(EndState)
class EndStateAdmin(AddOnlyAdmin):
    permission = Permission.SET_UP
    list_display = ["transition", "holds_from", "agreed_by", "text"]
    list_filter = [("transition", SeenRelated)]
    list_select_related = ["transition"]
    fields = ["transition", "text", "agreed_by", "holds_from", "source"]

    def save_model(self, request: HttpRequest, obj: EndState, form: Any, change: bool) -> None:
        agree_end_state(obj, by=request.user, now=present.asked_at(request))


@admin.register(Strength)
class StrengthAdmin(AddOnlyAdmin):
    permission = Permission.RECORD_FACT
    list_display = ["mission", "holds_from", "component", "number", "approximate", "source"]
    list_filter = ["mission", "component"]
    list_select_related = ["mission"]
    fields = ["mission", "component", "number", "holds_from", "known_from", "approximate", "source", "note"]

    def save_model(self, request: HttpRequest, obj: Strength, form: Any, change: bool) -> None:
        obj.recorded_at, obj.by = present.asked_at(request), request.user  # type: ignore[assignment]
        if obj.known_from > obj.recorded_at.date():
            raise ValidationError({"known_from": "It cannot be known from a day that has not come."})
        obj.save()


@admin.register(Transition)
class TransitionAdmin(StatefulAdmin):
    permission = Permission.SET_UP
    list_display = ["name", "kind", "mission", "state", "host_country", "time_zone"]
    list_filter = ["state", "kind"]
    list_select_related = ["mission"]
    search_fields = ["name", "slug", "mission__acronym"]
    prepopulated_fields = {"slug": ["name"]}


class PhaseConditionInline(TabularInline):
    model = PhaseCondition
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.of_phase(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.of_phase(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def of_phase(self, request: HttpRequest, obj: Any) -> bool:
        parent: Any = self.admin_site._registry[Phase]
        return bool(parent.has_change_permission(request, obj))


@admin.register(Phase)
class PhaseAdmin(StatefulAdmin):
    list_display = ["name", "transition", "position", "state", "planned_from", "planned_until"]
    list_filter = [("transition", SeenRelated), "state"]
    list_select_related = ["transition"]
    search_fields = ["name"]
    inlines = [PhaseConditionInline]


@admin.register(Pause)
class PauseAdmin(StatefulAdmin):
    permission = Permission.PAUSE
    list_display = ["__str__", "transition", "state", "reason", "asked_by"]
    list_filter = [("transition", SeenRelated), "state"]
    list_select_related = ["transition", "phase", "area", "pillar"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its scope and reason stand as they were asked for; it only ends."""
        return False


class NamedAdmin(GuardedAdmin):
    permission = Permission.SET_UP
    list_display = ["code", "name", "transition"]
    list_filter: ClassVar[list[Any]] = [("transition", SeenRelated)]
    list_select_related = ["transition"]
    search_fields = ["code", "name"]


class LabelAdmin(NamedAdmin):
    """Its code is fixed: files name it by that, and so do answers of days that are past."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "code"] if obj is not None else fixed


@admin.register(Pillar)
class PillarAdmin(LabelAdmin):
    list_display = ["code", "name", "transition", "position"]


@admin.register(Sector)
class SectorAdmin(LabelAdmin):
    pass


@admin.register(Area)
class AreaAdmin(NamedAdmin):
    list_display = ["code", "name", "transition", "kind", "parent"]
    list_select_related = ["transition", "parent"]


@admin.register(Office)
class OfficeAdmin(NamedAdmin):
    list_display = ["code", "name", "transition", "side", "head", "residual_office"]
    list_filter = [("transition", SeenRelated), "side"]
    list_select_related = ["transition", "head", "residual_office"]


class OwedAdmin(GuardedAdmin):
    list_display = ["title", "transition", "owner_office", "owner", "due_on", "done_on"]
    list_filter = [("transition", SeenRelated), ("done_on", admin.EmptyFieldListFilter)]
    list_select_related = ["transition", "owner_office", "owner"]
    search_fields = ["title"]


admin.site.register(ResidualObligation, OwedAdmin)
admin.site.register(FollowUpCheck, OwedAdmin)
