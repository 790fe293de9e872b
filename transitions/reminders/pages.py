"""The rules of a transition, and who will be told what under present dates, as pages."""

from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock import present
from transitions.workflow.admin_base import refuse_nul

from .ahead import LONGEST, TooFar
from .chosen import set_rule
from .foresight import by_day, lines, people_of
from .overview import changes, rules_of
from .rules import Rule

USUALLY = 31  # days ahead
MOST = 500  # lines on a page; more than anybody reads


def of_transition(request: HttpRequest, slug: str, *permissions: Permission) -> Any:
    """One that may be seen, by somebody who may do one of these there."""
    now = present.asked_at(request)
    seen = apps.get_model("missions.Transition")._default_manager.all().visible_to(request.user, now=now)
    one = seen.filter(slug=slug).first()
    if one is None:
        raise Http404("There is no such transition that you may see.")
    if not any(may(request.user, permission, one, now=now) for permission in permissions):
        raise PermissionDenied("This is for those who plan the transition or read its messages.")
    return one


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """All rules, whom each would reach today, and what was set of them here; who plans may set it."""
    one = of_transition(request, slug, Permission.PLAN, Permission.READ_MESSAGES)
    error, status = None, 200
    if request.method == "POST":
        try:
            setting = set_by_form(request, one)
        except ValidationError as refusal:
            error, status = " ".join(refusal.messages), 400
        else:
            messages.success(request, f"{setting.rule}: set.")
            return HttpResponseRedirect(reverse("reminders:rules", args=[slug]))
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


@require_safe
@login_required
def ahead(request: HttpRequest, slug: str) -> HttpResponse:
    """Who will be told what, by day and person. Of what one may not see nothing is shown."""
    one = of_transition(request, slug, Permission.READ_MESSAGES, Permission.PLAN)
    now = present.asked_at(request)
    today = present.day(now, one.time_zone)
    asked, person = request.GET.get("until", ""), request.GET.get("person", "")
    context: dict[str, Any] = {"transition": one, "today": today, "most": today + timedelta(days=LONGEST)}
    try:
        last = date.fromisoformat(asked) if asked else today + timedelta(days=USUALLY)
        found = lines(now=now, last=last, of=one, user=request.user)
    except TooFar as refusal:
        return render(request, "reminders/ahead.html", context | {"error": str(refusal), "last": today}, status=400)
    except ValueError:
        error = f"“{asked}” is not a day: write it like 2020-10-01."
        return render(request, "reminders/ahead.html", context | {"error": error, "last": today}, status=400)
    people = people_of(found)
    if person.isdecimal():
        found = [line for line in found if line.person_id == int(person)]
    context |= {
        "last": last, "people": [(str(pk), name) for pk, name in people], "person": person, "total": len(found),
        "days": by_day(found[:MOST]), "more": max(0, len(found) - MOST),
    }  # fmt: skip
    return render(request, "reminders/ahead.html", context)


routes = [
    path(
        "",
        include(
            (
                [
                    path("reminder-rules/<slug:slug>/", rules, name="rules"),
                    path("transitions/<slug:slug>/who-is-told/", ahead, name="ahead"),
                ],
                "reminders",
            )
        ),
    )
]
