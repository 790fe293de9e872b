from typing import Any

from django.urls import NoReverseMatch, reverse


def link_to(thing: Any) -> str | None:
    """Where a person opens a thing: its page in the admin."""
    return None if thing is None else place_of(page_of(type(thing)), thing)


def page_of(model: Any) -> str | None:
    """The page of any thing of a model, with `/any/` in the place of its id."""
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=["any"])
    except NoReverseMatch:
        return None


def place_of(page: str | None, thing: Any) -> str | None:
    return page and page.replace("/any/", f"/{thing.pk}/")


def links_to(things: list[Any]) -> list[str | None]:
    """Of many, each model asked for once."""
    pages = {model: page_of(model) for model in {type(thing) for thing in things if thing is not None}}
    return [None if thing is None else place_of(pages[type(thing)], thing) for thing in things]
