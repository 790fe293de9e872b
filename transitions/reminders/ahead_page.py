"""Who will be told what under present dates, as a page."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from transitions.clock import present

from .ahead import LONGEST, TooFar
from .foresight import by_day, lines, people_of
from .seen import of_transition

USUALLY = 31  # days ahead
MOST = 500  # lines on a page; more than anybody reads


@require_safe
@login_required
def ahead(request: HttpRequest, slug: str) -> HttpResponse:
    """Who will be told what, by day and person. Of what one may not see nothing is shown."""
    one = of_transition(request, slug)
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
