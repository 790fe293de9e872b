"""The page behind a link in a letter. To look changes nothing: scanners and previews follow links."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.signing import SignatureExpired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from transitions.access.permissions import Marking
from transitions.clock import present
from transitions.outbox.kinds import Kind
from transitions.outbox.pages import private
from transitions.outbox.signed import BadSignature

from .answers import LONGEST, CannotAnswer
from .asked import item_of, marking_of, named, rule_of, today_of
from .by_link import Link, check, follow, link_of
from .handing_on import colleagues
from .models import Answer
from .still_owed import due_of

ALTERED = (
    "This address is not whole, or it was changed. Open it once more from the message, or answer in your messages."
)
EXPIRED = "This link is older than two weeks, and good no more. Answer in your messages, or use the newest reminder."


@private
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Says what would be answered, and answers on POST.

    Free of the check for forged requests: the signed address is what proves who asks, and no cookie is.
    """
    now = present.asked_at(request)
    try:
        link = link_of(token)
        check(link, now=now)
    except SignatureExpired:
        return refused(request, EXPIRED, status=410)
    except BadSignature:
        return refused(request, ALTERED, status=404)
    except CannotAnswer as refusal:
        return over(request, link, refusal)
    if link.asks_to_sign_in and request.user != link.reader:
        return for_the_reader_alone(request)
    return given(request, link, now=now) if request.method == "POST" else asked(request, link, now=now)


def given(request: HttpRequest, link: Link, *, now: datetime) -> HttpResponse:
    try:
        made = follow(link, request.POST, now=now)
    except CannotAnswer as refusal:
        return over(request, link, refusal)
    except ValidationError as refusal:
        return asked(request, link, now=now, errors=refusal.messages)
    context = {"answer": made, "item": named(link.message, item_of(link.message))}
    return render(request, "reminders/answered.html", context)


def asked(request: HttpRequest, link: Link, *, now: datetime, errors: Any = ()) -> HttpResponse:
    message, item = link.message, item_of(link.message)
    shown = marking_of(message, item) == Marking.UNCLASSIFIED
    context: dict[str, Any] = {
        "link": link, "item": named(message, item), "sort": Kind.named[message.kind].title,
        "due": due_of(message) if shown and rule_of(message) else None,
        "transition": message.transition if shown else None, "errors": errors, **choices(link, now=now),
    }  # fmt: skip
    return render(request, "reminders/answer.html", context, status=400 if errors else 200)


def choices(link: Link, *, now: datetime) -> dict[str, Any]:
    if link.kind == Answer.Kind.HANDED_ON:
        return {"colleagues": colleagues(link.message, now=now)}
    if link.kind == Answer.Kind.SNOOZED:
        return days_of(link.message, now=now)
    return {}


def days_of(message: Any, *, now: datetime) -> dict[str, Any]:
    """From tomorrow on, up to two weeks; of a hard item up to its day."""
    today = today_of(message, now)
    latest = min(today + LONGEST, due_of(message)) if message.hard else today + LONGEST
    return {"earliest": today + timedelta(days=1), "latest": latest}


def over(request: HttpRequest, link: Link, refusal: CannotAnswer) -> HttpResponse:
    """Of something marked, who has not signed in as its reader hears no more than that."""
    known = request.user == link.reader or not link.is_marked
    return refused(request, str(refusal) if known else refusal.discreet, status=410)


def refused(request: HttpRequest, why: str, *, status: int) -> HttpResponse:
    return render(request, "reminders/answer_refused.html", {"why": why}, status=status)


def for_the_reader_alone(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return refused(request, f"You are signed in as {request.user}, and this link is somebody else's.", status=403)
    return redirect_to_login(request.get_full_path())
