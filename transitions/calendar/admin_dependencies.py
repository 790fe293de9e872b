"""What waits for what, in the admin: both ends are named by their codes, of whatever room they are."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextInputWidget

from transitions.access.admin_base import SeenRelated
from transitions.clock import present
from transitions.workflow.admin_base import GuardedAdmin, SeenForm

from .dated import Dated
from .dependencies import ENDS, fill_ends, link, unlink
from .models import Dependency


class DependencyForm(SeenForm):
    user: Any
    now: datetime

    then = forms.CharField(
        label="What waits", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="its code, such as M-07"
    )
    first = forms.CharField(
        label="What it waits for", max_length=200, widget=UnfoldAdminTextInputWidget,
        help_text="its code, or the title of a national event",
    )  # fmt: skip

    class Meta:
        model = Dependency
        fields = ["transition", "then", "kind", "lag_days", "first"]

    def clean(self) -> Any:
        cleaned = super().clean()
        for name in ENDS:
            if self.cleaned_data.get("transition") and (text := self.cleaned_data.get(name)):
                try:
                    setattr(self.instance, name, self.named(text.strip()))
                except ValidationError as wrong:
                    self.add_error(name, wrong)
        return cleaned

    def named(self, text: str) -> Any:
        """What the person may see under this name. Where two kinds share it, the kind is said too: “handover H-01”."""
        found = [thing for dated in Dated.all.values() for thing in self.of_kind(dated, text)]
        if not found:
            raise ValidationError(f"There is nothing called “{text}” in this calendar that you may see.")
        if len(found) > 1:
            ways = " or ".join(f"“{thing._meta.verbose_name} {text}”" for thing in found)
            raise ValidationError(f"There is more than one “{text}”: write {ways}.")
        return found[0]

    def of_kind(self, dated: type[Dated], text: str) -> list[Any]:
        name = str(dated.model._meta.verbose_name)
        plain = text[len(name) :].strip() if text.lower().startswith(f"{name} ") else text
        seen = dated.model.objects.all().visible_to(self.user, now=self.now)
        return list(seen.filter(transition=self.cleaned_data["transition"], **dated.found_by(plain)))


class Dependencies(ChangeList):  # type: ignore[misc]
    def get_results(self, request: HttpRequest) -> None:
        """With both ends of every row, in one query for each kind."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        fill_ends(self.result_list)


@admin.register(Dependency)
class DependencyAdmin(GuardedAdmin):
    deletable = True
    form = DependencyForm
    list_display = ["waits", "kind", "lag_days", "waits_for", "transition"]
    list_filter = [("transition", SeenRelated), "kind"]
    list_select_related = ["transition"]
    fields = ["transition", "then", "kind", "lag_days", "first"]

    @admin.display(description="what waits")
    def waits(self, dependency: Dependency) -> str:
        return str(dependency.then)

    @admin.display(description="what it waits for")
    def waits_for(self, dependency: Dependency) -> str:
        return str(dependency.first)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return Dependencies

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user, form.now = request.user, present.asked_at(request)
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(GuardedAdmin, self).has_change_permission(request, obj)

    def write(self, request: HttpRequest, obj: Dependency, form: Any, change: bool) -> None:
        made = link(
            obj.first, obj.then, kind=obj.kind, lag_days=obj.lag_days, by=request.user, now=present.asked_at(request)
        )  # fmt: skip
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Dependency) -> None:
        unlink(obj, by=request.user, now=present.asked_at(request))
