"""The annex of a transition's benchmarks, for who writes the report: on the day that the address asks for."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.http import require_safe

from transitions.clock import present
from transitions.status.pages import asked, of_transition
from transitions.status.reader import view_of

from .annex import annex_of
from .annex_document import written

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@login_required
def annex(request: HttpRequest, slug: str) -> HttpResponse:
    transition = of_transition(request, slug)
    try:
        clocks: dict[str, Any] = {name: day for name, day in asked(request).items() if name in ("as_of", "known_at")}
        view = view_of(transition, user=request.user, now=present.asked_at(request), **clocks)
    except ValidationError as refusal:
        context = {"transition": transition, "asked": request.GET.dict(), "errors": refusal.message_dict}
        return render(request, "status/transition.html", context, status=400)
    content = written(annex_of(transition, view), by=request.user)
    name = f"{slug}-benchmarks-{view.as_of}.docx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=DOCX, headers=headers)


routes = [path("transitions/<slug:slug>/", include(([path("benchmarks.docx", annex, name="annex")], "benchmarks")))]
