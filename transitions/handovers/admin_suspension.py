"""The page on which the head of mission decides how far handovers are suspended, or resumed: seen first, then done."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.missions.models import Area, Office, Transition
from transitions.workflow.admin_base import REFUSALS, StatefulAdmin

from .models import Incident, RecipientKind
from .suspension import KINDS, fingerprint, in_scope, resume_in_scope, suspend_in_scope

VERBS = {"suspend": suspend_in_scope, "resume": resume_in_scope}
SCOPE = ("kind", "area", "recipient_office", "recipient_kind", "incident")


class ScopeForm(forms.Form):
    step = forms.ChoiceField(choices=[("suspend", "suspend"), ("resume", "resume")])
    kind = forms.ChoiceField(choices=[("", "tasks and sites"), *KINDS.choices], required=False, label="What")
    area = forms.ModelChoiceField(Area.objects.none(), required=False, empty_label="everywhere")
    recipient_office = forms.ModelChoiceField(Office.objects.none(), required=False, empty_label="to whomever")
    recipient_kind = forms.ChoiceField(choices=[("", "of any kind"), *RecipientKind.choices], required=False)
    incident = forms.ModelChoiceField(
        Incident.objects.none(), required=False, label="Only what this is about", empty_label="not only one incident"
    )

    def __init__(self, data: Any, *, transition: Transition, user: Any, now: Any) -> None:
        super().__init__(data)
        for name in ("area", "recipient_office", "incident"):
            field: Any = self.fields[name]
            seen = field.queryset.model.objects.all().visible_to(user, now=now)
            field.queryset = seen.filter(transition=transition)


class SuspendsInScope(StatefulAdmin):
    """For the page of handovers: `…/suspension/<transition>/`."""

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.suspension)
        return [path("suspension/<int:pk>/", view, name="handovers_suspension"), *super().get_urls()]

    def suspension(self, request: HttpRequest, pk: int) -> HttpResponse:
        now = present.asked_at(request)
        transition = get_object_or_404(Transition.objects.all().visible_to(request.user, now=now), pk=pk)
        data = request.POST if request.method == "POST" else {"step": "suspend", **request.GET.dict()}
        form = ScopeForm(data, transition=transition, user=request.user, now=now)
        refused, status = [], 200
        if request.method == "POST" and form.is_valid():
            try:
                return self.decided(request, transition, form)
            except (PermissionDenied, *REFUSALS) as refusal:
                refused = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
                status = 403 if isinstance(refusal, PermissionDenied) else 409
        return self.shown(request, transition, form, refused=refused, status=status)

    def decided(self, request: HttpRequest, transition: Transition, form: ScopeForm) -> HttpResponse:
        given = form.cleaned_data
        changes = VERBS[given["step"]](
            transition, **{name: given[name] for name in SCOPE}, by=request.user, now=present.asked_at(request),
            reason=request.POST.get("reason", ""), shown=request.POST.get("shown", "") or "nothing",
        )  # fmt: skip
        done = "suspended" if given["step"] == "suspend" else "resumed, and back in preparation"
        count = "1 handover is" if len(changes) == 1 else f"{len(changes)} handovers are"
        messages.success(request, f"{count} {done}. Both sides of each have been told.")
        back = reverse("admin:handovers_handover_changelist")
        return HttpResponseRedirect(f"{back}?transition__id__exact={transition.pk}")

    def shown(
        self, request: HttpRequest, transition: Transition, form: ScopeForm, *, refused: list[str], status: int
    ) -> HttpResponse:
        """Only what the person may see is listed; whoever may decide sees all."""
        now, valid = present.asked_at(request), form.is_valid()
        step = form.cleaned_data.get("step", "suspend")
        found = in_scope(transition, step, **{name: form.cleaned_data[name] for name in SCOPE}) if valid else []
        seen = set(self.get_queryset(request).filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
        context = {
            **self.admin_site.each_context(request), "title": f"{step.capitalize()} handovers of {transition}",
            "opts": self.opts, "transition": transition, "form": form, "step": step,
            "found": [one for one in found if one.pk in seen], "shown": fingerprint(found), "refused": refused,
            "may_decide": may(request.user, Permission.DIRECT, transition, now=now),
        }  # fmt: skip
        return TemplateResponse(request, "handovers/admin/suspension.html", context, status=status)
