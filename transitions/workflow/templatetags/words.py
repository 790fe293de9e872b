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


@register.filter
def plain_number(number: Any) -> str:
    """Without the zeros that only say how finely it is kept."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
