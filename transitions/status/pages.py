"""Where it stands, as pages: one's own week, all transitions that one may see, and each of them on any two days."""

from datetime import date
from typing import Any

from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import include, path
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from transitions.access.models import grants_of
from transitions.clock import present

from .my_week import changes_of, week_of
from .panels import Panel, View
from .reader import read, recent_changes, view_of
from .visits import AT_FIRST, look

CLOCKS = ("as_of", "known_at", "since")


def seen(request: HttpRequest) -> Any:
    model = apps.get_model("missions.Transition")
    return model._default_manager.all().visible_to(request.user, now=present.asked_at(request))


def of_transition(request: HttpRequest, slug: str) -> Any:
    one = seen(request).filter(slug=slug).first()
    if one is None:
        raise Http404("There is no such transition that you may see.")
    return one


@require_safe
@login_required
def my_week(request: HttpRequest) -> HttpResponse:
    """What is theirs and their office's. GET writes one thing: that this person has looked."""
    user, now = request.user, present.asked_at(request)
    if not grants_of(user, now=now):
        return redirect("admin:index" if user.is_superuser else "status:transitions")
    since = look(user, now=now) if request.method == "GET" else now - AT_FIRST
    context = {"week": week_of(user, now=now), "changes": changes_of(user, now=now, since=since), "since": since}
    return render(request, "status/my_week.html", context)


@require_safe
@login_required
def transitions(request: HttpRequest) -> HttpResponse:
    """Every transition that one may see, in a fixed number of queries: each is looked at on the same day."""
    listed = list(seen(request))
    rows: list[dict[str, Any]] = []
    if listed:
        view = view_of(listed[0], user=request.user, now=present.asked_at(request))
        found = read(listed, view)
        rows = [{"transition": one, "status": found[one.pk]} for one in listed]
    return render(request, "status/transitions.html", {"rows": rows})


@require_safe
@login_required
def transition(request: HttpRequest, slug: str) -> HttpResponse:
    """One transition, on the day and as known on the day that the address asks for."""
    one = of_transition(request, slug)
    context: dict[str, Any] = {"transition": one, "asked": request.GET.dict(), "errors": {}}
    try:
        view = view_of(one, user=request.user, now=present.asked_at(request), **asked(request))
        status = read([one], view)[one.pk]
    except ValidationError as refusal:
        return render(request, "status/transition.html", context | {"errors": refusal.message_dict}, status=400)
    context["status"] = status | {"recent_changes": recent_changes(one, view)}
    context["choices"] = [choice for panel in Panel.all for choice in panel.choices(one, view)]
    context["sections"] = sections(request, one, view, context["status"])
    return render(request, "status/transition.html", context)


def asked(request: HttpRequest) -> dict[str, Any]:
    """Raises ValidationError naming the parameter that is no day, or no number."""
    found: dict[str, Any] = {}
    for name in CLOCKS:
        if text := request.GET.get(name, ""):
            try:
                found[name] = date.fromisoformat(text)
            except ValueError:
                raise ValidationError({name: f"“{text}” is not a day: write it like 2020-10-01."})
    if text := request.GET.get("version", ""):
        if not text.isdecimal():
            raise ValidationError({"version": f"“{text}” is not the number of a version."})
        found["version"] = int(text)
    return found


def sections(request: HttpRequest, one: Any, view: View, status: dict[str, Any]) -> list[SafeString]:
    """What the rooms bring to the page, each its own template."""
    brought = [panel.section(one, view, status) for panel in Panel.all]
    return [
        mark_safe(render_to_string(template, dict(context), request=request))  # noqa: S308 - our own templates
        for template, context in filter(None, brought)
    ]


routes = [
    path(
        "",
        include(
            (
                [
                    path("", transitions, name="transitions"),
                    path("my-week/", my_week, name="my_week"),
                    path("transitions/<slug:slug>/", transition, name="transition"),
                ],
                "status",
            )
        ),
    )
]
