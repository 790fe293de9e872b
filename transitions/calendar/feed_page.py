"""A calendar feed: no sign-in, the secret in its address is all that asks. RFC 9110, 13: asked again, it may be 304."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from transitions.clock import present

from .feed_addresses import address_of, was_read
from .feed_text import calendar_of, tag_of
from .feeds import read_by


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Wrong, revoked and expired are answered alike. Nothing is written down of what has not changed."""
    now = present.asked_at(request)
    address = address_of(secret, now=now)
    if address is None:
        return private(HttpResponse("There is no feed at this address.\n", content_type="text/plain", status=404))
    was_read(address)
    name, entries = read_by(address.user, address.transition, now=now)
    tag = tag_of(name, entries)
    answer = get_conditional_response(request, etag=tag)
    if answer is None:
        answer = HttpResponse(calendar_of(name, entries), content_type="text/calendar; charset=utf-8")
    answer["ETag"] = tag
    return private(answer)


def private(answer: HttpResponseBase) -> HttpResponseBase:
    answer["Cache-Control"] = "private, no-cache"  # kept by its reader alone, who asks whether it still stands
    answer["X-Robots-Tag"] = "noindex"
    return answer
