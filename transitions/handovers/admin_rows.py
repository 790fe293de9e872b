"""Rows that are written at the page of their handover, and are to be read here; and what is set up once for all."""

from django.contrib import admin

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated
from transitions.access.permissions import Permission
from transitions.workflow.admin_base import GuardedAdmin

from .models import (
    Acceptance,
    AgreedText,
    Condition,
    ConditionAnswer,
    FollowUp,
    FollowUpAnswer,
    FollowUpSchedule,
    HandoverPlan,
    PackageTemplateItem,
    RecipientChange,
)


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    """Answered at the page of its handover, with the source."""

    list_display = ["handover", "days", "due_on", "answered_on", "performed", "resources", "use_respected"]
    list_filter = [("handover__transition", SeenRelated), ("answered_on", admin.EmptyFieldListFilter)]
    list_select_related = ["handover__task", "handover__site", "handover__transition"]
    ordering = ["due_on", "pk"]


@admin.register(FollowUpAnswer)
class FollowUpAnswerAdmin(ReadOnlyAdmin):
    list_display = ["follow_up", "holds_from", "performed", "resources", "use_respected", "source", "note", "by"]
    list_filter = [("follow_up__handover__transition", SeenRelated), "performed", "resources", "use_respected"]
    list_select_related = ["follow_up__handover__task", "follow_up__handover__site", "by"]
    ordering = ["-pk"]


@admin.register(FollowUpSchedule)
class FollowUpScheduleAdmin(GuardedAdmin):
    permission = Permission.SET_UP
    deletable = True
    list_display = ["kind", "transition", "days"]
    list_filter = [("transition", SeenRelated), "kind"]
    list_select_related = ["transition"]


@admin.register(PackageTemplateItem)
class PackageTemplateItemAdmin(GuardedAdmin):
    permission = Permission.SET_UP
    list_display = ["recipient_kind", "position", "title"]
    list_filter = ["recipient_kind"]


@admin.register(RecipientChange)
class RecipientChangeAdmin(ReadOnlyAdmin):
    list_display = ["handover", "holds_from", "recipient_kind", "recipient_office", "recipient", "agreed_use", "by"]
    list_filter = [("handover__transition", SeenRelated)]
    list_select_related = ["handover__task", "handover__site", "recipient_office", "by"]
    ordering = ["-pk"]


@admin.register(HandoverPlan)
class HandoverPlanAdmin(ReadOnlyAdmin):
    list_display = ["handover", "holds_from", "was_planned_on", "planned_on", "residual_office", "reason", "by"]
    list_filter = [("handover__transition", SeenRelated)]
    list_select_related = ["handover__task", "handover__site", "residual_office", "by"]
    ordering = ["-pk"]


@admin.register(AgreedText)
class AgreedTextAdmin(ReadOnlyAdmin):
    list_display = ["handover", "number", "written_at", "written_by"]
    list_filter = [("handover__transition", SeenRelated)]
    list_select_related = ["handover__task", "handover__site", "written_by"]
    ordering = ["-pk"]


@admin.register(Condition)
class ConditionAdmin(ReadOnlyAdmin):
    """Given with an acceptance, and met, at the page of the handover."""

    list_display = ["sentence", "handover", "due_on", "met_on", "void_on", "owner_office"]
    list_filter = [("handover__transition", SeenRelated), ("met_on", admin.EmptyFieldListFilter)]
    list_select_related = ["handover__task", "handover__site", "owner_office"]
    ordering = ["due_on", "pk"]


@admin.register(ConditionAnswer)
class ConditionAnswerAdmin(ReadOnlyAdmin):
    list_display = ["condition", "holds_from", "met", "source", "by"]
    list_filter = [("condition__handover__transition", SeenRelated), "met"]
    list_select_related = ["condition", "by"]
    ordering = ["-pk"]


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    list_display = ["handover", "text", "on_paper", "signatory", "signed_on", "recorded_by"]
    list_filter = [("handover__transition", SeenRelated), "on_paper"]
    list_select_related = ["handover__task", "handover__site", "text", "recorded_by"]
    ordering = ["-pk"]
