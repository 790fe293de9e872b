"""The calendar in the admin: a due date is moved with a reason, a version is approved, a file is previewed."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from transitions.access.admin_base import ReadOnlyAdmin, SeenRelated
from transitions.clock import present
from transitions.missions.admin import MandateInstrumentAdmin, TransitionAdmin
from transitions.missions.models import Driver, MandateInstrument, Transition
from transitions.reminders.people import local_day
from transitions.workflow.admin_base import GuardedAdmin, SeenForm, StatefulAdmin, writable
from transitions.workflow.importing import Transfer

from .admin_dependencies import DependencyAdmin
from .admin_feeds import FeedAddressAdmin
from .admin_foresight import ShowsWhatFollows, redate_as_decided
from .dated import NewDay
from .dates import enter, redate
from .models import AffectedItem, ApprovedVersion, Kept, Milestone, NationalEvent, Redating, VersionItem
from .resolution_page import NoList, list_of, worked
from .resources import MilestoneResource
from .versions import approve_version


class MilestoneForm(SeenForm):
    reason = forms.CharField(
        required=False,
        label="Reason for the new date",
        help_text="needed where the due date is changed",
        widget=UnfoldAdminTextInputWidget,
    )
    drivers = forms.MultipleChoiceField(
        required=False, choices=Driver.choices, widget=forms.CheckboxSelectMultiple, label="What drives the new date"
    )

    def clean(self) -> Any:
        cleaned = super().clean()
        moved = self.instance.pk and "due_on" in self.changed_data
        if moved and not self.cleaned_data.get("reason", "").strip():
            self.add_error("reason", "Say why the date moves.")
        return cleaned


class OverdueFilter(admin.SimpleListFilter):
    title, parameter_name = "overdue", "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "overdue"), ("soon", "owed in 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = present.asked_at(request)
        today, soon = local_day("transition", now), local_day("transition", now + timedelta(days=30))
        if self.value() == "yes":
            return queryset.filter(owed_on__lt=today)
        if self.value() == "soon":
            return queryset.filter(owed_on__range=(today, soon))
        return queryset


@admin.register(Milestone)
class MilestoneAdmin(ShowsWhatFollows, Transfer, StatefulAdmin):
    resource_classes = [MilestoneResource]
    form = MilestoneForm
    list_display = ["code", "title", "pillar", "owner_office", "owner", "due_on", "hard", "state", "late"]
    list_filter = [
        ("transition", SeenRelated), "state", OverdueFilter, "hard", "kind", ("pillar", SeenRelated),
        ("owner_office", SeenRelated), "illustrative",
    ]  # fmt: skip
    list_select_related = ["transition", "pillar", "owner_office", "owner"]
    search_fields = ["code", "title", "owner__display_name", "owner_office__name"]
    ordering = ["due_on", "code"]
    readonly_fields = ["illustrative"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each with whether it is owed and its day has passed in its transition's own zone."""
        late = Case(When(owed_on__lt=local_day("transition", present.asked_at(request)), then=True), default=False)
        found: QuerySet[Any] = super().get_queryset(request).annotate(late_=late)
        return found

    @admin.display(description="overdue", boolean=True)
    def late(self, milestone: Milestone) -> bool:
        return bool(milestone.late_)  # type: ignore[attr-defined]

    def begin(self, request: HttpRequest, obj: Milestone) -> None:
        enter([obj], by=request.user, now=present.asked_at(request))

    def write(self, request: HttpRequest, obj: Milestone, form: Any, change: bool) -> None:
        if not change:
            return self.begin(request, obj)
        wanted = obj.due_on
        fields = [f.name for f in obj._meta.concrete_fields if writable(f) and f.name not in ("due_on", "transition")]
        obj.save(update_fields=fields)
        if "due_on" in form.changed_data:
            self.redate(request, obj, wanted, form.cleaned_data)
        return None

    def redate(self, request: HttpRequest, obj: Milestone, wanted: Any, given: Any) -> None:
        move = NewDay(obj, wanted, given["reason"], given["drivers"])
        now = present.asked_at(request)

        def it() -> None:
            redate(obj, wanted, by=request.user, now=now, reason=move.reason, drivers=move.drivers)

        for sentence in redate_as_decided(move, request.POST, by=request.user, now=now, themselves=it):
            messages.warning(request, f"{obj.code}, {wanted}: {sentence}.")


@admin.register(Redating)
class RedatingAdmin(ReadOnlyAdmin):
    list_display = ["milestone", "was_due_on", "due_on", "holds_from", "reason", "by", "source"]
    list_filter = [("milestone__transition", SeenRelated)]
    list_select_related = ["milestone", "by"]
    search_fields = ["milestone__code", "reason", "source"]
    ordering = ["-pk"]


@admin.register(NationalEvent)
class NationalEventAdmin(GuardedAdmin):
    list_display = ["title", "transition", "kind", "from_date", "until", "blackout"]
    list_filter = [("transition", SeenRelated), "kind", "blackout"]
    list_select_related = ["transition"]
    search_fields = ["title"]


@admin.register(ApprovedVersion)
class ApprovedVersionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "transition", "holds_from", "by"]
    list_filter = [("transition", SeenRelated)]
    list_select_related = ["transition", "by"]


@admin.register(VersionItem)
class VersionItemAdmin(ReadOnlyAdmin):
    list_display = ["code", "title", "due_on", "hard", "version"]
    list_filter = [("version", SeenRelated)]
    list_select_related = ["version"]
    search_fields = ["code", "title"]


@admin.register(AffectedItem)
class AffectedItemAdmin(ReadOnlyAdmin):
    list_display = ["instrument", "transition", "thing_type", "thing_id", "day", "recorded_at"]
    list_filter = [("transition", SeenRelated), "thing_type", ("instrument", SeenRelated)]
    list_select_related = ["instrument", "transition"]
    ordering = ["-pk"]


@admin.register(Kept)
class KeptAdmin(ReadOnlyAdmin):
    list_display = ["item", "holds_from", "reason", "by"]
    list_filter = [("item__transition", SeenRelated)]
    list_select_related = ["item", "by"]
    search_fields = ["reason"]
    ordering = ["-pk"]


class TransitionWithCalendar(TransitionAdmin):
    """The transition's page can freeze its calendar as an approved version."""

    change_form_outer_after_template = "calendar/admin/approve.html"

    def get_urls(self) -> Any:
        approve = self.admin_site.admin_view(require_POST(self.approve))
        return [path("<int:pk>/approve-calendar/", approve, name="approve_calendar"), *super().get_urls()]

    def approve(self, request: HttpRequest, pk: int) -> Any:
        transition = self.get_object(request, str(pk))
        if transition is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        try:
            version = approve_version(
                transition, by=request.user, now=present.asked_at(request), title=request.POST.get("title", "")
            )
        except (PermissionDenied, *self.refusals) as refusal:
            return self.refused(request, transition, refusal)
        messages.success(request, f"{version} of the calendar is approved: slip is measured against it.")
        return HttpResponseRedirect(reverse("admin:missions_transition_change", args=[pk]))


class InstrumentWithLists(MandateInstrumentAdmin):
    """An instrument that moves a date of the end has a list of what it touches: nothing is moved by itself."""

    change_form_outer_before_template = "calendar/admin/affected.html"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        instrument = self.get_object(request, object_id)
        found = [self.list_in(one, instrument, request) for one in self.transitions_of(request, instrument)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "lists": found})

    def list_in(self, transition: Any, instrument: Any, request: HttpRequest) -> tuple[Any, Any]:
        return transition, list_of(transition, instrument.pk, user=request.user, now=present.asked_at(request))

    def transitions_of(self, request: HttpRequest, instrument: Any) -> Any:
        """Those in which it touches something, as far as one may see them."""
        touched = AffectedItem.objects.visible_to(request.user, now=present.asked_at(request))
        touched = touched.filter(instrument=instrument) if instrument else touched.none()
        return Transition.objects.filter(pk__in=touched.values("transition"))

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> Any:
        """Straight to what it touches: that is why it was entered."""
        first = self.transitions_of(request, obj).first()
        if first is None:
            return super().response_post_save_add(request, obj)
        return HttpResponseRedirect(reverse("admin:resolution_list", args=[obj.pk, first.slug]))

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.work_list)
        return [path("<int:pk>/touches/<slug:slug>/", view, name="resolution_list"), *super().get_urls()]

    def work_list(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        """What the instrument touches in one transition. POST fills in rows, settles them, or sends notes."""
        now = present.asked_at(request)
        transition = get_object_or_404(Transition.objects.visible_to(request.user, now=now), slug=slug)
        try:
            answer = worked(transition, pk, request.POST, request.GET.get("page"), user=request.user, now=now)
        except NoList:
            raise Http404
        if answer.done:
            messages.success(request, answer.done)
            return HttpResponseRedirect(request.path)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **answer.context}
        return TemplateResponse(request, "calendar/admin/work_list.html", context, status=answer.status)


__all__ = ["DependencyAdmin", "FeedAddressAdmin", "MilestoneAdmin", "NationalEventAdmin"]

for model, page in ((Transition, TransitionWithCalendar), (MandateInstrument, InstrumentWithLists)):
    admin.site.unregister(model)
    admin.site.register(model, page)
