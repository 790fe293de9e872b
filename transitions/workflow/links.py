from collections.abc import Sequence
from typing import Any

from django.urls import NoReverseMatch, reverse

from .keys import key_of


def link_to(thing: Any) -> str | None:
    """Where a person opens a thing, given as it is or by its key: its page in the admin."""
    return links_to([thing])[0]


def links_to(things: Sequence[Any]) -> list[str | None]:
    """Of many, each model asked for once."""
    keys = [key_of(thing) for thing in things]
    pages = {label: page_of(label) for label in {key[0] for key in keys if key}}
    return [place_of(pages[key[0]], key[1]) if key else None for key in keys]


def page_of(label: str) -> str | None:
    """The page of any thing of a model, with `/any/` in the place of its id."""
    try:
        return reverse(f"admin:{label.replace('.', '_')}_change", args=["any"])
    except NoReverseMatch:
        return None


def place_of(page: str | None, pk: int) -> str | None:
    return page and page.replace("/any/", f"/{pk}/")
