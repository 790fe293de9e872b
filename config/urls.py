"""Every way in: the rooms' pages, the admin site, the API. The probes are in config.health."""

from django.contrib import admin
from django.urls import include, path

from .api import routes_of
from .metrics import metrics
from .sign_in import sign_in

urlpatterns = [
    path("admin/login/", sign_in),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("metrics", metrics, name="metrics"),
    *routes_of("pages"),
]
