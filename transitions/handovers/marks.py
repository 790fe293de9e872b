"""What rooms above say of a handover, beside its row and on its page: that it is to be looked at again, and why."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from transitions.status.panels import View


class Mark(NamedTuple):
    """Of one handover: `page` is where one sees what it is about, `settled_at` where one says that one has looked."""

    handover: int
    sentence: str
    page: str | None
    settled_at: str | None


class Marks:
    """Subclass it in a room's `panel.py`."""

    all: ClassVar[list["Marks"]] = []

    def __init_subclass__(cls) -> None:
        Marks.all.append(cls())

    def of(self, transition: Any, view: View) -> Iterable[Mark]:
        """Of all handovers of a transition, as far as the viewer may see: in a fixed number of queries."""
        raise NotImplementedError


def marks_of(transition: Any, view: View) -> dict[int, list[Mark]]:
    """By handover."""
    found: dict[int, list[Mark]] = defaultdict(list)
    for marks in Marks.all:
        for mark in marks.of(transition, view):
            found[mark.handover].append(mark)
    return found
