"""The page behind `List-Unsubscribe`, which needs no sign-in: whoever has the letter may have fewer of them."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .signed import BadSignature
from .unsubscribing import in_words, subscription
from .unsubscribing import unsubscribe as stop

PRIVATE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Its address is a key: no other site is told of it, nothing keeps the page, no search engine lists it."""

    @wraps(view)
    def kept(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        for name, value in PRIVATE.items():
            response[name] = value
        return response

    return kept


@private
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """To look changes nothing: scanners follow links. A mail program posts `List-Unsubscribe=One-Click`, as the button.

    Free of the check for forged requests: the signed address is what proves that it was asked for, and no cookie is.
    """
    try:
        of = subscription(token)
    except BadSignature:
        return render(request, "outbox/unsubscribe.html", status=404)
    asked = request.method == "POST"
    done = asked and request.POST.get("List-Unsubscribe") == "One-Click"
    if done:
        stop(of)
    context = {"of": of, "done": done, "stay": in_words(optional=False), "stop": in_words(optional=True)}
    status = 200 if done or not asked else 400
    return render(request, "outbox/unsubscribe.html", context, status=status)


routes = [path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe")]
