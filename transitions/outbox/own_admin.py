"""A person's own wishes and absences: nobody else's are shown, and none can be made for another."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from transitions.access.admin_base import VisibleAdmin
from transitions.clock import present

from .models import Absence, Preference
from .models.preferences import colleagues
from .slots import plan_anew
from .unsubscribing import choices


class OwnForm(forms.ModelForm):  # type: ignore[type-arg]
    """Knows whose it is before it is checked: most of what can be wrong with a wish is about its person."""

    own: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.person_id is None:
            self.instance.person = self.own


class OwnAdmin(VisibleAdmin):
    exclude = ["person"]
    form = OwnForm
    deletable = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request) and (obj is None or obj.person_id == request.user.pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form)("Own", (form,), {"own": request.user})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        plan_anew(request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        plan_anew(request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        plan_anew(request.user)


class PreferenceForm(OwnForm):
    muted = forms.MultipleChoiceField(
        label="Do not tell me of", required=False, widget=forms.CheckboxSelectMultiple, choices=choices,
        help_text="only what can be switched off is listed",
    )  # fmt: skip


@admin.register(Preference)
class PreferenceAdmin(OwnAdmin):
    form = PreferenceForm
    list_display = ["__str__", "transition", "pace", "hour", "time_zone"]
    list_select_related = ["person", "transition"]


@admin.register(Absence)
class AbsenceAdmin(OwnAdmin):
    list_display = ["__str__", "from_date", "until", "deputy"]
    list_select_related = ["person", "deputy"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only those with a role where one has one oneself: names are secrets too."""
        if db_field.name == "deputy":
            kwargs["queryset"] = colleagues(request.user, on=present.asked_at(request).date()).order_by("display_name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
