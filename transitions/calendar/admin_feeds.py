"""A person's own feed addresses in the admin: made with one press, shown once, revoked with another."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache

from transitions.access.admin_base import ReadOnlyAdmin
from transitions.clock import present
from transitions.missions.models import Transition

from .feed_addresses import open_address, revoke
from .models import FeedAddress


@admin.register(FeedAddress)
class FeedAddressAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "created_at", "last_read_at", "revoked_at"]
    list_select_related = ["transition"]
    fields = ["transition", "created_at", "last_read_at", "revoked_at"]
    ordering = ["-pk"]
    actions = ["revoke"]
    list_before_template = "calendar/admin/subscribe_link.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """One's own: nobody looks at another person's, whatever their role."""
        found: QuerySet[Any] = FeedAddress.objects.filter(user=request.user.pk).order_by("-pk")
        return found

    @admin.action(description="Revoke: nobody can read there any more")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        closed = revoke(queryset, by=request.user)
        messages.success(request, f"Revoked: {closed}. Calendar programs that read there get nothing more.")

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(never_cache(self.subscribe))
        return [path("subscribe/", view, name="subscribe"), *super().get_urls()]

    def subscribe(self, request: HttpRequest) -> HttpResponse:
        """GET offers what one may subscribe to. POST makes an address and shows it, this once."""
        seen = Transition.objects.visible_to(request.user, now=present.asked_at(request))
        context = {**self.admin_site.each_context(request), "title": "Subscribe to a calendar feed", "opts": self.opts,
                   "seen": seen, "chosen": request.GET.get("transition", "")}  # fmt: skip
        if request.method == "POST":
            context |= self.made(request, seen)
        return TemplateResponse(request, "calendar/admin/subscribe.html", context)

    def made(self, request: HttpRequest, seen: Any) -> dict[str, Any]:
        slug = request.POST.get("transition", "")
        transition = get_object_or_404(seen, slug=slug) if slug else None
        made, secret = open_address(request.user, transition, now=present.asked_at(request))
        address = request.build_absolute_uri(reverse("feed", args=[secret]))
        return {"made": made, "address": address, "webcal": f"webcal://{address.partition('://')[2]}"}
