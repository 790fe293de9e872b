from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.filter
def denied(blockers: Any) -> bool:
    """Whether it is not for this person at all: then there is no button."""
    return any(blocker["code"] == "not_permitted" for blocker in blockers)


@register.simple_tag
def act_url(thing: Any, act: str) -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_act", args=[thing.pk, act])
