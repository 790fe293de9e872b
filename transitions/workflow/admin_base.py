"""Admin pages of rows that guards read, and of things with a lifecycle: steps are buttons, and no state is typed."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from transitions.access.admin_base import VisibleAdmin
from transitions.access.permissions import Permission
from transitions.clock import present

from .admin_acts import ACTS
from .engine import Blocked, StepRefused, begin, locked
from .panels_of_a_thing import field_changes, panels_of
from .problems import as_dicts

REFUSALS = (StepRefused, Blocked, ValidationError)


def fingerprint(row: Any) -> str:
    """What a page showed of a row: another hash at the time of saving means that somebody else was there first."""
    shown = [(field.attname, str(getattr(row, field.attname))) for field in row._meta.concrete_fields]
    return hashlib.sha256(repr(shown).encode()).hexdigest()


class SeenForm(forms.ModelForm):  # type: ignore[type-arg]
    """Carries what was seen, so that a stale page is refused and nobody's change is lost."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stands = fingerprint(self.instance) if self.instance.pk else ""
        if "seen" in self.fields:
            self.initial["seen"] = self.stands

    def clean(self) -> Any:
        cleaned = super().clean()
        if self.instance.pk and self.cleaned_data.get("seen") not in ("", None, self.stands):
            raise ValidationError("This has changed since the page was opened: open it again and look.", code="stale")
        return cleaned


class GuardedAdmin(VisibleAdmin):
    """Rows that guards read: written behind the lock of their transition, and only by who may change it there."""

    permission = Permission.PLAN
    refusals = REFUSALS
    form = SeenForm

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        held = self.held(request, object_id) if request.method == "POST" else None
        with locked(*([held] if held is not None else [])):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def held(self, request: HttpRequest, object_id: Any) -> Any:
        """Lock before the row is read: what the form compares with is what it will overwrite."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        return self.transition_of(row) if row is not None else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        transition = self.transition_of(obj)
        if transition is not None and not self.may_change(request, obj):
            raise ValidationError("You may not change this here.")
        with locked(*([transition] if transition is not None else [])):
            self.write(request, obj, form, change)

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What the database's own audit has kept: the same whether it was changed here, by import or in a console."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        context = {**self.admin_site.each_context(request), "title": f"History of {row}", "opts": self.opts,
                   "original": row, "rows": field_changes(row)}  # fmt: skip
        return TemplateResponse(request, "workflow/admin/history.html", context)


class StatefulAdmin(GuardedAdmin):
    """Things with a lifecycle. A blocked step is shown with its blockers, not hidden; POST only."""

    change_form_outer_before_template = "workflow/admin/thing.html"
    acts: ClassVar[Mapping[str, Callable[..., str]]] = ACTS
    shows: ClassVar[tuple[str, ...]] = ("steps", "signatures", "evidence", "history")

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=[f.name for f in obj._meta.concrete_fields if writable(f)])
        else:
            self.begin(request, obj)

    def begin(self, request: HttpRequest, obj: Any) -> None:
        begin([obj], by=request.user, now=present.asked_at(request))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        thing = self.get_object(request, unquote(object_id))
        panels = self.panels(request, thing) if thing else {}
        more = {"thing": thing, "panels": panels, "act_url": self.act_url, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    def panels(self, request: HttpRequest, thing: Any) -> dict[str, Any]:
        return panels_of(thing, by=request.user, now=present.asked_at(request))

    def act_url(self, thing: Any, act: str) -> str:
        return reverse(f"admin:{self.name_of('act')}", args=[thing.pk, act])

    def name_of(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def get_urls(self) -> Any:
        act = self.admin_site.admin_view(require_POST(self.act))
        return [path("<int:pk>/act/<slug:act>/", act, name=self.name_of("act")), *super().get_urls()]

    def act(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """One way in for step, override, fact, signature and evidence: parse, one call inward, render."""
        thing = self.get_object(request, str(pk))
        if thing is None or act not in self.acts:
            raise Http404
        try:
            refuse_nul(request)
            said = self.acts[act](thing, request.POST, request.FILES, by=request.user, now=present.asked_at(request))
        except (PermissionDenied, *REFUSALS) as refusal:
            return self.refused(request, thing, refusal)
        messages.success(request, said)
        return HttpResponseRedirect(back_to(request) or reverse(f"admin:{self.name_of('change')}", args=[pk]))

    def refused(self, request: HttpRequest, thing: Any, refusal: Exception) -> HttpResponse:
        """The full list of what stands in the way, and where to clear it. Nothing was changed."""
        thing.refresh_from_db()
        status = 403 if isinstance(refusal, PermissionDenied) else 400 if isinstance(refusal, ValidationError) else 409
        sentences = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
        context = {
            **self.admin_site.each_context(request),
            "title": "This was not done",
            "thing": thing,
            "opts": self.opts,
            "sentences": [] if isinstance(refusal, Blocked) else sentences,
            "blockers": as_dicts(refusal.blockers) if isinstance(refusal, Blocked) else [],
            "back": reverse(f"admin:{self.name_of('change')}", args=[thing.pk]),
        }
        return TemplateResponse(request, "workflow/admin/refused.html", context, status=status)


def back_to(request: HttpRequest) -> str:
    """The page of ours that the button was on, where that was not the thing's own."""
    back = request.POST.get("back", "")
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""


def refuse_nul(request: HttpRequest) -> None:
    """PostgreSQL keeps no NUL in a text."""
    for name, text in request.POST.items():
        if "\0" in str(text):
            raise ValidationError({name: f"{name}: there is a character in it that cannot be kept."})


def writable(field: Any) -> bool:
    return field.name not in ("state", "version") and not field.primary_key and not field.generated


__all__ = ["GuardedAdmin", "SeenForm", "StatefulAdmin", "VisibleAdmin"]
