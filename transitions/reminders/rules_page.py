"""The rules of a transition as a page, on which its planners set them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.workflow.admin_base import refuse_nul

from .chosen import set_rule
from .overview import changes, rules_of
from .rules import Rule
from .seen import of_transition


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """All rules, whom each would reach today, and what was set of them here; who plans may set it."""
    one = of_transition(request, slug)
    error, status = None, 200
    if request.method == "POST":
        try:
            setting = set_by_form(request, one)
        except ValidationError as refusal:
            error, status = " ".join(refusal.messages), 400
        else:
            messages.success(request, f"{setting.rule}: set.")
            return HttpResponseRedirect(reverse("reminder_rules", args=[slug]))
    now = present.asked_at(request)
    context = {
        "transition": one, "rules": rules_of(one, now=now), "changes": changes(one), "error": error,
        "may_plan": may(request.user, Permission.PLAN, one, now=now),
    }  # fmt: skip
    return render(request, "reminders/rules.html", context, status=status)


def set_by_form(request: HttpRequest, one: Any) -> Any:
    """Raises ValidationError, Http404 for a rule that there is not, and PermissionDenied."""
    refuse_nul(request)
    form = request.POST
    rule = Rule.all.get(form.get("rule", ""))
    if rule is None:
        raise Http404("There is no such rule.")
    leads = None if form.get("leads") != "own" else days_in(form.get("lead_days", ""))
    return set_rule(
        rule, one, by=request.user, now=present.asked_at(request), reason=form.get("reason", ""),
        switched_on=form.get("switched_on") == "yes", lead_days=leads,
    )  # fmt: skip


def days_in(text: str) -> list[int]:
    """“30, 14 7”. Raises ValidationError."""
    parts = text.replace(",", " ").split()
    if not all(part.isascii() and part.isdecimal() and len(part) < 5 for part in parts):
        raise ValidationError({"lead_days": "Give lead times as days before the due date, such as “30, 14, 7”."})
    return [int(part) for part in parts]
