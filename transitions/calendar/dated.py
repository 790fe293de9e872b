"""What is dated, in any room: which day it has, since when it runs or is done, and how it is given another day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from transitions.access.permissions import Marking
from transitions.workflow.keys import Key


@dataclass(frozen=True)
class NewDay:
    """One thing's new day, with what a person says about it. None takes its day away."""

    thing: Any
    day: date | None
    reason: str
    drivers: Sequence[str] = ()
    version: int | None = None

    @property
    def key(self) -> Key:
        return (self.thing._meta.label_lower, self.thing.pk)


@dataclass(frozen=True)
class Item:
    """A dated thing as the calendar sees it, of whatever room. A day of None is unknown.

    `open`: it is still to come, and its day may be moved. `gone`: nobody waits for it any more. What is neither (a
    handover that has lapsed) holds back what waits for it.
    """

    key: Key
    code: str
    name: str
    day: date | None
    state: str = ""
    open: bool = True
    gone: bool = False
    started_on: date | None = None
    done_on: date | None = None
    hard: bool = False
    owner: Any = None
    pillar_id: int | None = None
    area_id: int | None = None
    shuns_blackouts: bool = False
    marking: str = Marking.UNCLASSIFIED


class Dated:
    """Subclass it in a room's `dated_items.py`. The model carries `ENDS_STAY` among its triggers.

    Args:
        day: the field of its day.
        open: the states in which it is still to come.
        started: those in which it runs or has come, so that something else can run beside it.
        done: those in which what waits for it need not wait any longer.
        gone: those in which it will never come: nobody waits for it.
        related: what its name, its owner and its place are made of.
        waits: whether it can wait for others, which asks that it can be moved.
        days: the fact rows of its days, by the name that it has for them.
    """

    all: ClassVar[dict[str, type["Dated"]]] = {}
    model: ClassVar[Any]
    day: ClassVar[str] = "due_on"
    open: ClassVar[tuple[str, ...]] = ()
    started: ClassVar[tuple[str, ...]] = ()
    done: ClassVar[tuple[str, ...]] = ()
    gone: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[tuple[str, ...]] = ("owner",)
    waits: ClassVar[bool] = True
    days: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        Dated.all[cls.model._meta.label_lower] = cls

    @classmethod
    def item(cls, thing: Any, past: Sequence[tuple[str, date]], *, today: date) -> Item:
        """Args: past: its states in the order of their versions, each with the day that it holds from."""
        return Item(
            key=(cls.model._meta.label_lower, thing.pk), code=thing.code, name=str(thing), day=getattr(thing, cls.day),
            state=thing.state, open=thing.state in cls.open, gone=thing.state in cls.gone,
            started_on=since(past, cls.started), done_on=since(past, cls.done), hard=cls.hard(thing),
            owner=thing.owner, pillar_id=cls.pillar_of(thing), area_id=cls.area_of(thing),
            shuns_blackouts=cls.shuns_blackouts(thing), marking=thing.marking,
        )  # fmt: skip

    @classmethod
    def hard(cls, thing: Any) -> bool:
        """Whether somebody outside has set its day."""
        return False

    @classmethod
    def pillar_of(cls, thing: Any) -> int | None:
        pillar: int | None = thing.pillar_id
        return pillar

    @classmethod
    def area_of(cls, thing: Any) -> int | None:
        area: int | None = thing.area_id
        return area

    @classmethod
    def shuns_blackouts(cls, thing: Any) -> bool:
        """Whether it is a closing or a handing over, which a blackout of the country forbids."""
        return False

    @classmethod
    def sort_of(cls, thing: Any) -> str:
        """What it is to somebody who goes through many: a heading, in the plural."""
        return str(cls.model._meta.verbose_name_plural).capitalize()

    @classmethod
    def found_by(cls, text: str) -> dict[str, Any]:
        """How a person names one: the filter that finds it."""
        return {"code__iexact": text}

    @classmethod
    def first_days(cls, transition: Any) -> dict[int, date]:
        """The day that each was given first: by which date of the end it was meant to come."""
        return {}

    @classmethod
    def move(cls, moves: Sequence[NewDay], *, by: Any, now: datetime) -> None:
        """Give things their new days, all or none, by the room's own door and with its own refusals."""
        raise NotImplementedError


def since(past: Sequence[tuple[str, date]], states: Sequence[str]) -> date | None:
    """The day from which it has been in these states without a break; None if it is in none of them."""
    found: date | None = None
    for state, holds_from in past:
        found = (found or holds_from) if state in states else None
    return found
