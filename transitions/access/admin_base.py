"""The base of every admin page: what may be seen, who may change it, and refusals said on the page."""

from operator import attrgetter
from typing import Any, ClassVar

from django.contrib.admin import RelatedFieldListFilter
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from transitions.clock import present

from .models import may, may_anywhere
from .permissions import Permission


class VisibleAdmin(ModelAdmin):
    """Lists and details start from `visible_to`, and our own permissions say who may change what.

    `permission` is what it takes to add and to change; without one the pages are for reading.
    """

    permission: ClassVar[Permission | None] = None
    addable: ClassVar[bool] = True
    deletable: ClassVar[bool] = False
    refusals: ClassVar[tuple[type[Exception], ...]] = (ValidationError,)

    compressed_fields = True
    list_filter_submit = True
    list_per_page = 50

    # --- who sees what

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen: QuerySet[Any] = self.model.objects.visible_to(request.user, now=present.asked_at(request))
        ordering = self.get_ordering(request)
        return seen.order_by(*ordering) if ordering else seen

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_anywhere(request.user, Permission.VIEW, now=present.asked_at(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.addable and self.may_change_somewhere(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None or self.transition_of(obj) is None:
            return self.may_change_somewhere(request)
        return self.may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self.has_change_permission(request, obj)

    def may_change_somewhere(self, request: HttpRequest) -> bool:
        return self.permission is not None and may_anywhere(
            request.user, self.permission, now=present.asked_at(request)
        )

    def may_change(self, request: HttpRequest, obj: Any) -> bool:
        if self.permission is None:
            return False
        now, pillar = present.asked_at(request), getattr(obj, "pillar_id", None)
        return may(request.user, self.permission, self.transition_of(obj), now=now, pillar_id=pillar)

    def transition_of(self, obj: Any) -> Any:
        """The transition that a row belongs to; None for what belongs to all."""
        path = getattr(self.model, "belongs_to", "transition")
        if path == "pk":
            return obj
        return attrgetter(path.replace("__", "."))(obj) if path else None

    # --- forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that says what was refused, with what was typed still in it."""
        request.edited = obj  # type: ignore[attr-defined]
        form: type[ModelForm[Any]] = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return refusing(form, refusal) if refusal else form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only what may be seen can be chosen, and only within the transition of the thing."""
        model = db_field.related_model
        edited = getattr(request, "edited", None)
        if hasattr(model.objects, "visible_to") or hasattr(model.objects.none(), "visible_to"):
            choices = model.objects.all().visible_to(request.user, now=present.asked_at(request))
            if edited is not None and any(field.name == "transition" for field in model._meta.fields):
                here = self.transition_of(edited)
                choices = choices.filter(transition=here) if here is not None else choices
            kwargs["queryset"] = choices
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A thing stays in its transition."""
        fixed = [*super().get_readonly_fields(request, obj)]
        if obj is not None and any(field.name == "transition" for field in self.model._meta.fields):
            fixed.append("transition")
        return fixed

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """What an inward call refuses changes nothing, and the page comes back and says why."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refusals as refusal:
            request.refusal = as_error(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)


def as_error(refusal: Exception) -> ValidationError:
    return refusal if isinstance(refusal, ValidationError) else ValidationError(str(refusal))


def refusing(form: Any, refusal: ValidationError) -> Any:
    def clean(self: Any) -> Any:
        cleaned = form.clean(self)
        if not hasattr(refusal, "error_dict"):
            raise refusal
        for field, errors in refusal.error_dict.items():
            self.add_error(field if field in self.fields else None, errors)
        return cleaned

    return type("Refused", (form,), {"clean": clean})


class SeenRelated(RelatedFieldListFilter):
    """A filter that offers only what the person may see: names are secrets too."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        seen = field.related_model.objects.all().visible_to(request.user, now=present.asked_at(request))
        return [(row.pk, str(row)) for row in seen]


class ReadOnlyAdmin(VisibleAdmin):
    """Written by the program, read by people."""

    addable = False
