"""What stands in a calendar feed: each room brings its dated things, as one person may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import BigIntegerField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from transitions.access.models import grants_of
from transitions.access.permissions import Marking
from transitions.reminders.rules import Rule
from transitions.reminders.still_owed import QUIET
from transitions.workflow.links import page_of, place_of

from .feed_revisions import changed_at_of, changes_of, sequence_of

KEPT = timedelta(days=90)  # how long what is cancelled, or over, is still shown: time for every program to learn of it
NOBODY_S = Q(pk__in=[])
EVERYBODY_S = ~NOBODY_S


@dataclass(frozen=True)
class Reader:
    """Whose feed it is: of one transition, or of what is theirs and their offices' in all of them."""

    user: Any
    now: datetime
    transition: Any = None

    @cached_property
    def offices(self) -> list[int]:
        return [grant.office_id for grant in grants_of(self.user, now=self.now) if grant.office_id]

    def owns(self, *, person: str = "owner", office: str = "owner_office") -> Q:
        return Q(**{person: self.user.pk}) | self.works_in(office)

    def works_in(self, office: str) -> Q:
        return Q(**{f"{office}__in": self.offices})


@dataclass(frozen=True)
class Entry:
    """One thing on its day, as its reader may see it.

    Args:
        uid: the same for as long as the thing is the same, whatever becomes of its day.
        code: all that is said of it where it is marked.
        changed_at: when it was last revised; None where nobody has written it down.
        sequence: how many revisions of its day it has had; it never goes down.
        alarms: so many days before.
    """

    uid: str
    code: str
    name: str
    day: date
    until: date
    changed_at: datetime | None
    sequence: int = 0
    certain: bool = True
    cancelled: bool = False
    page: str | None = None
    pillar: str = ""
    marking: str = Marking.UNCLASSIFIED
    says: tuple[str, ...] = ()
    alarms: tuple[int, ...] = ()

    @property
    def marked(self) -> bool:
        return self.marking != Marking.UNCLASSIFIED


class Fed:
    """Subclass it in a room's `feed_items.py`, to bring its dated things into feeds: one query for each.

    Args:
        day: the field of its day.
        rows: its fact rows of days, by the name that it has for them; without, its edits count as revisions.
        shown: what is still to come.
        gone: the states in which it will never come. It is shown as cancelled for a while.
        rule: who is reminded of it, and how long before.
        related: what its name and its lines are made of.
    """

    all: ClassVar[list[type["Fed"]]] = []
    name: ClassVar[str]
    model: ClassVar[Any]
    day: ClassVar[str] = "due_on"
    rows: ClassVar[str] = ""
    shown: ClassVar[Q]
    gone: ClassVar[tuple[str, ...]] = ()
    rule: ClassVar[type[Rule] | None] = None
    related: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):  # what lacks one only holds what several have in common
            Fed.all.append(cls)

    @classmethod
    def entries(cls, reader: Reader) -> list[Entry]:
        page, leads = page_of(cls.page_model()._meta.label_lower), leads_of(cls.rule)
        return [cls.entry(thing, page, leads) for thing in cls.things(reader)]

    @classmethod
    def things(cls, reader: Reader) -> QuerySet[Any, Any]:
        """What the reader may see and has to do with, with all that an entry is made of, in the order of days."""
        mine = cls.mine(reader)
        here = Q(**{cls.path(): reader.transition}) if reader.transition else mine
        found = cls.model.objects.visible_to(reader.user, now=reader.now).filter(here, cls.shown | cls.ended(reader))
        found = found.filter(**{f"{cls.day}__isnull": False}).select_related(*cls.related)
        things: QuerySet[Any, Any] = found.annotate(
            mine_=Case(When(mine, then=True), default=False),
            sequence_=cls.sequence(), changed_at_=changed_at_of(cls.model, cls.rows),
            **{QUIET: cls.rule.quiet if cls.rule else Value(None, BigIntegerField())},
        ).order_by(cls.day, "pk")  # fmt: skip
        return things

    @classmethod
    def entry(cls, thing: Any, page: str | None, leads: tuple[int, ...]) -> Entry:
        rung = cls.rule and thing.mine_ and getattr(thing, cls.rule.owed) and not getattr(thing, QUIET)
        return Entry(
            uid=f"{cls.name}-{thing.pk}", code=cls.code(thing), name=cls.words(thing), day=getattr(thing, cls.day),
            until=cls.until(thing), changed_at=thing.changed_at_, sequence=thing.sequence_,
            certain=cls.certain(thing), cancelled=cls.cancelled(thing), page=place_of(page, cls.opens(thing).pk),
            pillar=str(cls.pillar(thing) or ""), marking=cls.marking(thing),
            says=tuple(line for line in cls.lines(thing) if line), alarms=leads if rung else (),
        )  # fmt: skip

    # --- what a room says of its things

    @classmethod
    def mine(cls, reader: Reader) -> Q:
        """What is the reader's own: all of a feed over all transitions, and what has alarms."""
        return reader.owns()

    @classmethod
    def words(cls, thing: Any) -> str:
        return str(thing)

    @classmethod
    def code(cls, thing: Any) -> str:
        return str(getattr(thing, "code", ""))

    @classmethod
    def marking(cls, thing: Any) -> str:
        return str(getattr(thing, "marking", Marking.UNCLASSIFIED))

    @classmethod
    def until(cls, thing: Any) -> Any:
        return getattr(thing, cls.day)

    @classmethod
    def certain(cls, thing: Any) -> bool:
        return True

    @classmethod
    def cancelled(cls, thing: Any) -> bool:
        return getattr(thing, "state", None) in cls.gone

    @classmethod
    def pillar(cls, thing: Any) -> Any:
        return None

    @classmethod
    def lines(cls, thing: Any) -> Sequence[str]:
        return ()

    @classmethod
    def page_model(cls) -> Any:
        return cls.model

    @classmethod
    def opens(cls, thing: Any) -> Any:
        """What its page is the page of."""
        return thing

    @classmethod
    def sequence(cls) -> Any:
        return sequence_of(cls.model, cls.rows, cls.gone)

    @classmethod
    def ended(cls, reader: Reader) -> Q:
        """What was given up, for as long as it is still shown."""
        lately = changes_of(cls.model).filter(version=OuterRef("version"), recorded_at__gt=reader.now - KEPT)
        return Q(state__in=cls.gone) & Q(Exists(lately)) if cls.gone else NOBODY_S

    @classmethod
    def path(cls) -> str:
        return str(getattr(cls.model, "belongs_to", "transition"))


def read_by(user: Any, transition: Any = None, *, now: datetime) -> tuple[str, list[Entry]]:
    """The name of a feed and all that stands in it, in a fixed number of queries."""
    reader = Reader(user, now, transition)
    found = [entry for fed in Fed.all for entry in fed.entries(reader)]
    name = str(transition) if transition else "Transitions: mine and my office's"
    return name, sorted(found, key=lambda entry: (entry.day, entry.uid))


def leads_of(rule: type[Rule] | None) -> tuple[int, ...]:
    """How many days before anybody is reminded: those of a rule's rungs that lie before the day."""
    rungs = {rung for tell in rule.tells for rung in tell.on if rung < 0} if rule else ()
    return tuple(-rung for rung in sorted(rungs))
