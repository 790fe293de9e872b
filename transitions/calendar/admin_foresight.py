"""What follows from a new day, shown before it is given: on every admin page that can move a dated thing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from transitions.clock import present

from .around import around
from .blackouts import blackouts_of
from .dated import NewDay
from .following import ends_for, foresee, redate_with_what_follows, told
from .foresight import Preview
from .pairs import Pair, pairs_drawn

DECISION = ("follow", "expected")


class Foreseen(Exception):
    """Something follows from a move, and nobody has said yet what is to be done about it. Nothing was done."""

    def __init__(self, move: NewDay, found: Preview) -> None:
        super().__init__(f"something follows from moving {move.thing}")
        self.move, self.found = move, found


def redate_as_decided(
    move: NewDay, given: Mapping[str, Any], *, by: Any, now: datetime, themselves: Callable[[], Any]
) -> list[str]:
    """Move one thing: at once where nothing follows from it, else as the person has said after looking at it.

    Returns what there is to say about its new day.
    Raises:
        Foreseen: until the person has said it.
        ValidationError: the person goes back.
        StepRefused, PermissionDenied, ValidationError: as `redate_with_what_follows` and the room's door do.
    """
    decided = given.get("follow", "")
    if decided == "back":
        raise ValidationError("Nothing was moved.")
    if decided == "all":
        expected = given.get("expected", "")
        redate_with_what_follows([move], by=by, now=now, expected=expected, themselves=themselves)
        return []
    found = foresee([move], now=now)
    if found.follows and decided != "only":
        raise Foreseen(move, found)
    themselves()
    [row] = told(found, move.thing.transition, by=by, now=now)["moves"]
    return [warning["sentence"] for warning in row["warnings"] if warning["code"] != "hard"]


class ShowsWhatFollows:
    """Before `StatefulAdmin` among the bases of an admin page."""

    change_form_outer_before_template = "calendar/admin/dated.html"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        page: Any = super()
        thing = page.get_object(request, unquote(object_id))
        more = {"around": around(thing, by=request.user, now=present.asked_at(request))} if thing else {}
        return page.change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        except Foreseen as ahead:
            return self.foreseen(request, ahead)

    def act(self, request: HttpRequest, pk: int, act: str) -> Any:
        try:
            return super().act(request, pk, act)  # type: ignore[misc]
        except Foreseen as ahead:
            return self.foreseen(request, ahead)

    def foreseen(self, request: HttpRequest, ahead: Foreseen) -> HttpResponse:
        """The same form once more, unseen, under what follows from it, with the three things that can be done."""
        page: Any = self
        thing, now = ahead.move.thing, present.asked_at(request)
        transition = thing.transition
        shown = told(ahead.found, transition, by=request.user, now=now)
        context = {
            **page.admin_site.each_context(request),
            "title": "What follows from it",
            "thing": thing,
            "opts": page.opts,
            "shown": shown,
            "chart": picture(shown, transition, now=now),
            "typed": [(name, text) for name, texts in request.POST.lists() for text in texts if name not in DECISION],
            "back": reverse(f"admin:{page.name_of('change')}", args=[thing.pk]),
        }
        return TemplateResponse(request, "calendar/admin/foreseen.html", context)


def picture(shown: Mapping[str, Any], transition: Any, *, now: datetime) -> str:
    rows = [row for row in (*shown["moves"], *shown["follows"]) if row["code"]]
    pairs = [Pair(row["title"], row["from"], row["to"]) for row in rows]
    words = f"{len(rows)} items before and after. The table lists them all."
    return pairs_drawn(
        pairs, hollow="before", full="after", words=words, ends=ends_for(transition, now),
        events=blackouts_of(transition).events,
    )  # fmt: skip
