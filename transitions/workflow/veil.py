"""What holds a step back may itself be marked: who may not see it learns the code of the blocker, and no more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.apps import apps

from transitions.access.permissions import Role

from .keys import Key, among, key_of
from .lifecycles import Blocker

UNSEEN = "Something that you may not see: ask the planner"


def unseen(keys: Iterable[Key | None], *, user: Any, now: datetime) -> set[Key]:
    """Those that are gone or that the user may not see, in one query for each model."""
    asked: dict[str, set[int]] = defaultdict(set)
    for key in keys:
        if key is not None:
            asked[key[0]].add(key[1])
    hidden: set[Key] = set()
    for name, pks in asked.items():
        every = apps.get_model(name)._default_manager.filter(pk__in=among(pks))
        visible = every.visible_to(user, now=now) if hasattr(every, "visible_to") else every
        hidden.update((name, pk) for pk in pks.difference(visible.order_by().values_list("pk", flat=True)))
    return hidden


def veiled(blockers: Sequence[Blocker], *, about: Any, by: Any, now: datetime) -> list[Blocker]:
    """The blockers of a thing, which the person sees, as they are told to that person."""
    own = key_of(about)
    hidden = unseen((key for blocker in blockers if (key := key_of(blocker.open)) != own), user=by, now=now)
    if not hidden:
        return list(blockers)
    return [
        replace(blocker, sentence=UNSEEN, open=None, who=Role.PLANNER) if key_of(blocker.open) in hidden else blocker
        for blocker in blockers
    ]


def kept(blocker: Blocker) -> dict[str, Any]:
    """A blocker that was passed over, for history: with what it is about, so that it can be veiled by who reads it."""
    about = key_of(blocker.open)
    return {"code": blocker.code, "sentence": blocker.sentence, "about": list(about) if about else None}


def about_of(passed: Mapping[str, Any]) -> Key | None:
    about = passed.get("about")
    return (about[0], about[1]) if about else None


def told(passed: Sequence[Mapping[str, Any]], hidden: set[Key]) -> list[dict[str, str]]:
    """What was passed over, for a reader from whom these things are hidden."""
    return [{"code": one["code"], "sentence": UNSEEN if about_of(one) in hidden else one["sentence"]} for one in passed]
