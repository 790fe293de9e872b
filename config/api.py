"""The REST API: what the rooms bring, its description, and one answer for every path that there is not."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView


def routes_of(door: str) -> Iterator[URLPattern | URLResolver]:
    """The `routes` of every room that has this door: `<room>/api.py`, `<room>/pages.py`."""
    for room in settings.INSTALLED_APPS:
        if room.split(".")[0] in {"transitions", "benchmarks"} and find_spec(f"{room}.{door}"):
            yield from import_module(f"{room}.{door}").routes


OPEN: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny]}


class Nothing(APIView):
    """Asks for a token like every other path, so that no stranger learns which paths there are."""

    http_method_names = []
    schema = None

    def http_method_not_allowed(self, *_: Any, **__: Any) -> Any:
        raise NotFound


urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(**OPEN), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema", **OPEN), name="docs"),
    *routes_of("api"),
    re_path("", Nothing.as_view()),
]
