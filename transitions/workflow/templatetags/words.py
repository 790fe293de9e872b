from typing import Any

from django import template

register = template.Library()


@register.filter
def words(code: Any) -> str:
    """A code of a state, a step or a basis as people say it."""
    return str(code or "").replace("_", " ")


@register.filter
def positive(number: int) -> int:
    return abs(number)
