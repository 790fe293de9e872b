"""Signing in, at the admin site's own page."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import resolve_url


def sign_in(request: HttpRequest) -> Any:
    """Who came for no page in particular is led to their week, and not to the admin site's first page."""
    if request.GET.get("next", "/") == "/":
        asked: Any = request.GET.copy()
        asked["next"] = resolve_url(settings.LOGIN_REDIRECT_URL)
        request.GET = asked
    return admin.site.login(request)
