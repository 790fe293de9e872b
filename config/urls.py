"""Every way in: the rooms' pages, the admin site, the API. The probes are in config.health."""

from django.contrib import admin
from django.urls import include, path

from .api import routes_of
from .metrics import metrics

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("metrics", metrics, name="metrics"),
    *routes_of("pages"),
]
