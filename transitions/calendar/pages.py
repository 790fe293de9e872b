"""The calendar's pages: the critical path to each date of the end, and feeds for calendar programs."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from transitions.clock import present
from transitions.missions.models import Effect, Transition
from transitions.workflow.links import link_to

from .critical import paths_to_the_end
from .feed_page import feed
from .pairs import Pair, pairs_drawn

MOST = 200  # rows: more than anybody reads, and the API has them all


@require_safe
@login_required
def critical_path(request: HttpRequest, slug: str) -> HttpResponse:
    """As things stand today: what waits for what is not kept for the past."""
    now = present.asked_at(request)
    one = Transition.objects.visible_to(request.user, now=now).filter(slug=slug).first()
    if one is None:
        raise Http404("There is no such transition that you may see.")
    found = paths_to_the_end(one, user=request.user, now=now)
    ends = [shown(path) for path in found["ends"]]
    context = {
        "transition": one,
        "ends": ends,
        "items": [with_floats(item, ends) for item in found["items"][:MOST]],
        "more": max(0, len(found["items"]) - MOST),
        "unknown": sum(item["date"] is None for item in found["items"]),
    }
    return render(request, "calendar/critical_path.html", context)


def shown(path: dict[str, Any]) -> dict[str, Any]:
    end = path["end"]
    name = str(Effect.Kind(end.kind).label)
    words = f"The chain with the least float to “{name}” on {end.date}. The table below lists it."
    chain = [with_page(step) for step in path["chain"]]
    pairs = [Pair(step["title"], step["latest"], step["date"]) for step in chain if step["code"]]
    several = len(pairs) > 1  # one item is said faster than drawn
    chart = pairs_drawn(pairs, hollow="latest day", full="planned", words=words, ends=[end]) if several else ""
    return {**path, "name": name, "chain": chain, "chart": chart}


def with_page(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"page": link_to((item["type"], item["id"])) if item["code"] else None}


def with_floats(item: dict[str, Any], ends: list[dict[str, Any]]) -> dict[str, Any]:
    return with_page(item) | {"floats": [item["by_end"].get(one["end"].kind) for one in ends]}


routes = [
    path("transitions/<slug:slug>/critical-path/", critical_path, name="critical_path"),
    path("feeds/<str:secret>.ics", feed, name="feed"),
]
