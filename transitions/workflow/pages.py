"""Files of evidence, for those who may see what they are about."""

from pathlib import PurePath

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_safe

from transitions.clock.present import asked_at

from .models import Evidence


@require_safe
@login_required
def evidence_file(request: HttpRequest, pk: int) -> FileResponse:
    """Always a download: what somebody uploaded is never shown as a page of ours."""
    seen = Evidence.objects.visible_to(request.user, now=asked_at(request))
    evidence = get_object_or_404(seen, pk=pk)
    if not evidence.file:
        raise Http404
    name = PurePath(evidence.file.name).name
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return FileResponse(evidence.file.open("rb"), as_attachment=True, filename=name, headers=headers)


routes = [path("evidence/<int:pk>/", evidence_file, name="evidence_file")]
