"""Import and export of a table in the admin: into which transition, a preview of every row, all or nothing."""

from typing import Any

from django import forms
from django.apps import apps
from django.http import HttpRequest
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ConfirmImportForm
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from transitions.access.models import may_anywhere
from transitions.access.permissions import Permission
from transitions.clock import present


class IntoTransition(ImportForm):
    transition: Any = forms.ModelChoiceField(None, help_text="which transition the rows are for")


class ConfirmIntoTransition(ConfirmImportForm):
    transition: Any = forms.ModelChoiceField(None, widget=forms.HiddenInput)


class Transfer(ImportExportMixin):
    """Before an admin page that names its `resource_classes`."""

    import_form_class, confirm_form_class, export_form_class = IntoTransition, ConfirmIntoTransition, ExportForm
    formats = [XLSX, CSV]
    skip_import_confirm = False
    skip_admin_log = True  # every row leaves its own history

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may_anywhere(request.user, Permission.PLAN, now=present.asked_at(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)  # type: ignore[no-any-return]

    def only_seen(self, form: Any, request: HttpRequest) -> Any:
        every = apps.get_model("missions.Transition").objects.all()
        form.fields["transition"].queryset = every.visible_to(request.user, now=present.asked_at(request))
        return form

    def create_import_form(self, request: HttpRequest) -> Any:
        return self.only_seen(super().create_import_form(request), request)

    def create_confirm_form(self, request: HttpRequest, import_form: Any = None) -> Any:
        return self.only_seen(super().create_confirm_form(request, import_form=import_form), request)

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> Any:
        initial = super().get_confirm_form_initial(request, import_form)
        if import_form and import_form.is_valid():
            initial["transition"] = import_form.cleaned_data["transition"].pk
        return initial

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> Any:
        form = kwargs.get("form")
        chosen = form.cleaned_data.get("transition") if form is not None and form.is_valid() else None
        return {"transition": chosen, "by": request.user, "now": present.asked_at(request)}

    def get_import_data_kwargs(self, **kwargs: Any) -> Any:
        return {**super().get_import_data_kwargs(**kwargs), "rollback_on_validation_errors": True}
