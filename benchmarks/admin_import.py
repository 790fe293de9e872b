"""Import and export in the admin: what would become of every row is shown first, and then confirmed.

Between the two the files lie in the cache for an hour, for the person who brought them alone.
"""

import hashlib
import io
import secrets
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from transitions.clock import present
from transitions.missions.models import Transition
from transitions.workflow.engine import locked

from .exporting import tables_of, write_archive, write_workbook
from .importing import NoSource, Outcome, bring_in, open_uploads
from .importing.columns import TABLES

MOST = 25 * 2**20  # bytes that are kept in the cache; what is larger goes through the command
KEPT_FOR = 3600
FORMATS = {"xlsx": write_workbook, "zip": write_archive}

type Files = list[tuple[str, bytes]]


class BenchmarkTransfer:
    """Mixed into an admin page: a link above its list, and the pages behind it."""

    list_before_template = "benchmarks/admin/transfer_link.html"
    admin_site: Any
    opts: Any
    has_view_permission: Any

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view
        return [
            path("transfer/", view(self.transfer), name="benchmarks_transfer"),
            path("transfer/confirm/", view(require_POST(self.confirm)), name="benchmarks_transfer_confirm"),
            path("transfer/export/", view(require_GET(self.export)), name="benchmarks_transfer_export"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def seen(self, request: HttpRequest) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return Transition.objects.visible_to(request.user, now=present.asked_at(request))

    def chosen(self, request: HttpRequest, given: Any) -> Transition:
        found: Transition | None = self.seen(request).filter(slug=str(given.get("transition", ""))).first()
        if found is None:
            raise Http404
        return found

    def page(self, request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
        columns = [(name, list(columns.values())) for name, columns in TABLES.items()]
        context = {**self.admin_site.each_context(request), "title": "Import and export of benchmarks",
                   "opts": self.opts, "transitions": self.seen(request), "tables": columns, **more}  # fmt: skip
        return TemplateResponse(request, "benchmarks/admin/transfer.html", context, status=status)

    def transfer(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return self.page(request)
        here = self.chosen(request, request.POST)
        uploads = request.FILES.getlist("files")
        if sum(upload.size or 0 for upload in uploads) > MOST:
            return self.page(request, status=400, refusal=f"More than {MOST // 2**20} MB: use the command instead.")
        return self.preview(request, here, [(upload.name or "", upload.read()) for upload in uploads])

    def preview(self, request: HttpRequest, here: Transition, files: Files, *, again: bool = False) -> HttpResponse:
        try:
            outcome = self.bring(request, here, files, dry_run=True)
        except (NoSource, PermissionDenied) as refusal:
            status = 403 if isinstance(refusal, PermissionDenied) else 400
            return self.page(request, status=status, refusal=str(refusal))
        token = keep(request.user, here, files, outcome) if outcome.changes and not outcome.refused_in_all else ""
        status = 400 if outcome.refused_in_all else 409 if again else 200
        return self.page(request, status=status, outcome=outcome, here=here, token=token, again=again)

    def bring(self, request: HttpRequest, here: Transition, files: Files, *, dry_run: bool) -> Outcome:
        with open_uploads(files) as source:
            return bring_in(
                source, transition=here, by=request.user, now=present.asked_at(request), dry_run=dry_run
            )  # fmt: skip

    def confirm(self, request: HttpRequest) -> HttpResponse:
        """What was shown is what is written: where it would be something else by now, it is shown anew."""
        here = self.chosen(request, request.POST)
        kept = cache.get(key(request.POST.get("token", "")))
        if kept is None or kept["user"] != request.user.pk or kept["transition"] != here.pk:
            return self.page(request, status=409, refusal="This preview is over: choose the files again.")
        with locked(here):
            if digest(self.bring(request, here, kept["files"], dry_run=True)) != kept["digest"]:
                return self.preview(request, here, kept["files"], again=True)
            outcome = self.bring(request, here, kept["files"], dry_run=False)
        cache.delete(key(request.POST["token"]))
        messages.success(request, f"Imported into {here}: {in_words(outcome)}.")
        return HttpResponseRedirect(reverse("admin:benchmarks_transfer"))

    def export(self, request: HttpRequest) -> Any:
        here, kind = self.chosen(request, request.GET), request.GET.get("format", "xlsx")
        if kind == "docx":
            return HttpResponseRedirect(reverse("benchmarks:annex", args=[here.slug]))
        if kind not in FORMATS:
            raise Http404
        file = io.BytesIO()
        FORMATS[kind](tables_of(here, user=request.user, now=present.asked_at(request)), file)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"benchmarks-{here.slug}.{kind}")


def key(token: str) -> str:
    return f"benchmarks-import/{hashlib.sha256(token.encode()).hexdigest()}"


def keep(user: Any, here: Transition, files: Files, outcome: Outcome) -> str:
    token = secrets.token_urlsafe(24)
    kept = {"user": user.pk, "transition": here.pk, "files": files, "digest": digest(outcome)}
    cache.set(key(token), kept, KEPT_FOR)
    return token


def digest(outcome: Outcome) -> str:
    shown: Sequence[Any] = (outcome.counts, outcome.rows, outcome.refused, outcome.remarks)
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def in_words(outcome: Outcome) -> str:
    return "; ".join(
        f"{name} {counted['added']} added, {counted['changed']} changed" for name, counted in outcome.counts.items()
    )
