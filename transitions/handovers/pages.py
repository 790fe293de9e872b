"""The matrix of a transition as a page and as a spreadsheet, and the lists drawn from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.http import require_safe

from transitions.clock import present
from transitions.status.pages import of_transition
from transitions.status.panels import View
from transitions.status.reader import view_of

from . import bars, strip
from .afterwards import After, after_transfer
from .at_a_day import Standing
from .filters import STATES, Places, called, kept, places_of, wanted_in
from .marks import marks_of
from .matrix import LISTS, listed, matrix_at
from .models import Handover
from .workbook import AFTER, MATRIX, lines_of, written

A_PAGE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Looked:
    """What a request asked for, and what there is of it."""

    wanted: dict[str, Any]
    view: View
    everything: Sequence[Standing]  # before the filters: what may be chosen
    rows: Sequence[Standing]  # of every list
    listed: Sequence[Standing]  # of the one that is looked at
    afters: Sequence[After]  # the same for the list of what happened after


def look(request: HttpRequest, transition: Any, places: Places) -> Looked:
    """Raises ValidationError for a day or a filter that cannot be, by its name."""
    wanted = wanted_in(request.GET.dict(), places)
    clocks = {name: wanted[name] for name in ("as_of", "known_at")}
    view = view_of(transition, user=request.user, now=present.asked_at(request), **clocks)
    everything = matrix_at(transition, view)
    rows = kept(everything, wanted, places)
    of_list = listed(rows, wanted["list"])
    afters = after_transfer(transition, of_list, view) if wanted["list"] == "after" else []
    return Looked(wanted, view, everything, rows, of_list, afters)


@require_safe
@login_required
def matrix(request: HttpRequest, slug: str) -> HttpResponse:
    """Who takes over what: on the day, and as known on the day, that the address asks for."""
    transition = of_transition(request, slug)
    places = places_of(transition)
    try:
        looked = look(request, transition, places)
    except ValidationError as refusal:
        return refused(request, transition, places, refusal)
    page = Paginator(looked.afters or looked.listed, A_PAGE).get_page(looked.wanted["page"])
    context = {
        "transition": transition, "view": looked.view, "wanted": looked.wanted, "page": page,
        "name": LISTS[looked.wanted["list"]], "lists": counts(looked), "choices": choices(looked.everything, places),
        "not_shown": page.paginator.count - len(page), "marks": marks_of(transition, looked.view), **picture(looked),
    }  # fmt: skip
    return render(request, "handovers/matrix.html", context)


@require_safe
@login_required
def spreadsheet(request: HttpRequest, slug: str) -> HttpResponse:
    """The same, all of its rows."""
    transition = of_transition(request, slug)
    places = places_of(transition)
    try:
        looked = look(request, transition, places)
    except ValidationError as refusal:
        return refused(request, transition, places, refusal)
    after = looked.wanted["list"] == "after"
    rows: Any = lines_of(looked.afters) if after else looked.listed
    told = in_words(transition, looked, places)
    content = written(rows, AFTER if after else MATRIX, title=LISTS[looked.wanted["list"]][:31], told=told,
                      as_of=looked.view.as_of)  # fmt: skip
    name = f"{slug}-handovers-{looked.wanted['list']}-{looked.view.as_of}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def refused(request: HttpRequest, transition: Any, places: Places, refusal: ValidationError) -> HttpResponse:
    context = {"transition": transition, "wanted": request.GET.dict(), "errors": refusal.message_dict,
               "choices": choices([], places)}  # fmt: skip
    return render(request, "handovers/matrix.html", context, status=400)


def counts(looked: Looked) -> list[tuple[str, str, int]]:
    return [(name, title, len(listed(looked.rows, name))) for name, title in LISTS.items()]


def choices(rows: Sequence[Standing], places: Places) -> dict[str, Any]:
    """What each filter offers: its values with their words."""
    return {
        "pillar": places.pillars.items(), "area": sorted(places.areas.items(), key=lambda area: area[1]),
        "recipient": [(name, name) for name in sorted({called(row) for row in rows})],
        "state": [(state, state.replace("_", " ")) for state in STATES], "track": Handover.Track.choices,
    }  # fmt: skip


def picture(looked: Looked) -> dict[str, Any]:
    """Bars by pillar or by recipient; of what happened after, the days on which it did."""
    if looked.afters:
        words = "What happened after the transfers, by the days since. The table below has it all."
        left = max(0, sum(bool(after.happenings) for after in looked.afters) - strip.MOST)
        return {"picture": strip.drawn(looked.afters, words), "legend": strip.legend(), "not_drawn": left}
    name = looked.wanted["list"]
    scheme = bars.HOW_FAR if name == "all" else bars.HOW_READY
    by, called_by = ("recipient", called) if name == "receives" else ("pillar", bars.pillar_of)
    found = bars.bars_of(looked.listed, scheme, called_by)
    words = f"{LISTS[name]}: {scheme.title}, by {by}. The numbers stand below the picture."
    return {
        "picture": bars.drawn(found, scheme, words), "legend": bars.legend(scheme), "classes": scheme.classes,
        "picture_title": scheme.title, "bars": found, "by": by, "not_drawn": max(0, len(found) - bars.MOST),
    }  # fmt: skip


def in_words(transition: Any, looked: Looked, places: Places) -> str:
    """What the spreadsheet holds, in its first line."""
    view, wanted = looked.view, looked.wanted
    named = {"pillar": places.pillars, "area": places.areas}
    filters = [
        f"{name}: {named.get(name, {}).get(wanted[name], wanted[name].replace('_', ' '))}"
        for name in ("pillar", "area", "recipient", "state", "track")
        if wanted[name]
    ]
    days = f"as of {view.as_of}, as known on {view.known_at}"
    return "; ".join([f"{transition}: {LISTS[wanted['list']]}", days, *(filters or ["no filter"])])


routes = [
    path(
        "transitions/<slug:slug>/",
        include(
            (
                [
                    path("handovers/", matrix, name="matrix"),
                    path("handovers.xlsx", spreadsheet, name="spreadsheet"),
                ],
                "handovers",
            )
        ),
    )
]
