"""Pages of the benchmarks: assessment rounds, one indicator from its first value to its last, the annex."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.http import require_http_methods, require_safe

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.status.pages import asked, of_transition
from transitions.status.panels import View
from transitions.status.reader import view_of
from transitions.workflow.admin_base import refuse_nul

from .annex import annex_of
from .annex_document import written
from .indicator_chart import drawn
from .models import Indicator
from .one_indicator import story_of
from .round_page import Work
from .rounds import has_indicators, rounds_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@login_required
def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """The rounds that there were, and the way to one as of any day."""
    transition, now = of_transition(request, slug), present.asked_at(request)
    if wanted := request.GET.get("as_of"):
        return HttpResponseRedirect(f"{request.path}{day_of(wanted)}/")
    context = {
        "transition": transition, "rounds": rounds_of(transition, user=request.user, now=now),
        "there": has_indicators(transition, user=request.user, now=now),
        "today": present.day(now, transition.time_zone),
        "may_enter": may(request.user, Permission.MEASURE, transition, now=now),
    }  # fmt: skip
    return render(request, "benchmarks/rounds.html", context)


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404(f"“{text}” is not a day: write it like 2020-10-01.")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def assessment_round(request: HttpRequest, slug: str, as_of: str) -> HttpResponse:
    """Every indicator as of a day. POST enters one, shows what would be proposed, verifies or returns."""
    transition = of_transition(request, slug)
    work = Work(transition, day_of(as_of), request.user, present.asked_at(request))
    context = {"transition": transition, "as_of": work.as_of}
    try:
        refuse_nul(request)
        answer = work.asked(request.POST.dict(), request.GET.get("at", ""))
    except ValidationError as refusal:
        return render(request, "benchmarks/round.html", context | {"sentences": refusal.messages}, status=400)
    if answer.done:
        messages.success(request, answer.done)
        return HttpResponseRedirect(f"{request.path}{f'?{urlencode({"at": answer.at})}' if answer.at else ''}")
    return render(request, "benchmarks/round.html", {**context, **answer.context}, status=answer.status)


@require_safe
@login_required
def one_indicator(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Its line with what it is compared to, and every figure with its source, its date and its verifier."""
    transition, now = of_transition(request, slug), present.asked_at(request)
    its = Indicator.objects.visible_to(request.user, now=now).filter(transition=transition, code=code)
    indicator = its.select_related("benchmark").first()
    if indicator is None:
        raise Http404("There is no such indicator that you may see.")
    context = {"transition": transition, "indicator": indicator, "asked": request.GET.dict()}
    try:
        view = view_asked(request, transition)
    except ValidationError as refusal:
        return render(request, "benchmarks/indicator.html", context | {"errors": refusal.message_dict}, status=400)
    return render(request, "benchmarks/indicator.html", context | told(indicator, view) | {"view": view})


def told(indicator: Indicator, view: View) -> dict[str, Any]:
    """The story and its picture: for this page and for the admin's."""
    story = story_of(indicator, view)
    words = f"Indicator {indicator.code}: its values with baseline and target. The table below has every figure."
    return {"story": story, "chart": drawn(story, words=words)}


@require_safe
@login_required
def annex(request: HttpRequest, slug: str) -> HttpResponse:
    """For who writes the report: on the day that the address asks for."""
    transition = of_transition(request, slug)
    try:
        view = view_asked(request, transition)
    except ValidationError as refusal:
        context = {"transition": transition, "asked": request.GET.dict(), "errors": refusal.message_dict}
        return render(request, "status/transition.html", context, status=400)
    content = written(annex_of(transition, view), by=request.user)
    name = f"{slug}-benchmarks-{view.as_of}.docx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=DOCX, headers=headers)


def view_asked(request: HttpRequest, transition: Any) -> View:
    """Raises ValidationError naming the parameter that is no day, or none that has come."""
    clocks: dict[str, Any] = {name: day for name, day in asked(request).items() if name in ("as_of", "known_at")}
    return view_of(transition, user=request.user, now=present.asked_at(request), **clocks)


PAGES = [
    path("rounds/", rounds, name="rounds"),
    path("rounds/<str:as_of>/", assessment_round, name="round"),
    path("indicators/<path:code>/", one_indicator, name="indicator"),
    path("benchmarks.docx", annex, name="annex"),
]
routes = [path("transitions/<slug:slug>/", include((PAGES, "benchmarks")))]
