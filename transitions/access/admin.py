"""People and what they may. Nobody gives a role to themselves."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from knox.models import AuthToken
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from transitions.clock import present

from .admin_base import SeenRelated, VisibleAdmin
from .models import Grant, User, may, may_anywhere
from .permissions import Permission

for model in (Group, AuthToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class SetUpAdmin(VisibleAdmin):
    """Who keeps people and roles: who may grant roles, and the technical administrator."""

    permission = Permission.GRANT_ROLES

    def may_change_somewhere(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False)) or super().may_change_somewhere(request)

    def may_change(self, request: HttpRequest, obj: Any) -> bool:
        return bool(getattr(request.user, "is_superuser", False)) or super().may_change(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        reads = may_anywhere(request.user, Permission.READ_MESSAGES, now=present.asked_at(request))
        return reads or self.may_change_somewhere(request)


@admin.register(User)
class UserAdmin(SetUpAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ["username", "display_name", "email", "is_active", "is_service", "illustrative"]
    list_filter = ["is_active", "is_service", "illustrative"]
    search_fields = ["username", "display_name", "email"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined", "illustrative", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name", "email"]}),
        ("Account", {"fields": ["is_active", "is_staff", "is_superuser", "is_service", "illustrative"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "display_name", "email", "is_staff", "password1", "password2"]})]

    def transition_of(self, obj: Any) -> Any:
        return None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return User.objects.order_by("username") if self.has_view_permission(request) else User.objects.none()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever only grants roles does not take over the administrator's account."""
        if obj is not None and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_change_permission(request, obj)


@admin.register(Grant)
class GrantAdmin(SetUpAdmin):
    list_display = ["user", "role", "transition", "office", "pillar", "from_date", "until", "acting"]
    list_filter = ["role", ("transition", SeenRelated), "acting"]
    list_select_related = ["user", "transition", "office", "pillar"]
    search_fields = ["user__username", "user__display_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        if not self.has_view_permission(request):
            return Grant.objects.none()
        if getattr(request.user, "is_superuser", False):
            return Grant.objects.all()
        held = request.user.grants_in_force(now=present.asked_at(request))  # type: ignore[union-attr]
        reading = [grant.transition_id for grant in held if Permission.READ_MESSAGES in grant.post.permissions]
        every = Grant.objects.all()
        return every if None in reading else every.filter(transition__in=reading)

    def transition_of(self, obj: Any) -> Any:
        return obj.transition

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        """Raises ValidationError for a role given to oneself, or where one may not grant any."""
        if obj.user_id == request.user.pk:
            raise ValidationError({"user": "Nobody gives a role to themselves: ask another one who grants roles."})
        technical = getattr(request.user, "is_superuser", False)
        now = present.asked_at(request)
        everywhere = may_anywhere(request.user, Permission.GRANT_ROLES, now=now)
        here = may(request.user, Permission.GRANT_ROLES, obj.transition, now=now) if obj.transition else everywhere
        if not (technical or here):
            raise ValidationError({"transition": "You do not grant roles in this transition."})
        super().save_model(request, obj, form, change)
