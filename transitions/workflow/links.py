from typing import Any

from django.urls import NoReverseMatch, reverse


def link_to(thing: Any) -> str | None:
    """Where a person opens a thing: its page in the admin."""
    if thing is None:
        return None
    try:
        return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])
    except NoReverseMatch:
        return None
