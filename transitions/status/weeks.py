"""What a room adds to a person's week: what is owed, what asks for a step, what stands with others, what changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from django.urls import reverse

from transitions.access.models import grants_of
from transitions.clock.present import day
from transitions.workflow.asked import may_take_it
from transitions.workflow.links import link_to

AHEAD = timedelta(days=34)  # the week, and four more that are folded


@dataclass(frozen=True)
class Act:
    """A step's button: it posts to where the thing's own page posts to."""

    url: str
    step: str
    version: int

    @property
    def label(self) -> str:
        return self.step.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Row:
    """One thing to be looked at: what it is, what it asks for, until which day, and whose it is."""

    what: str
    ask: str
    transition: Any
    today: date  # in the transition's own zone
    place: str | None = None
    day: date | None = None
    whose: str = ""  # "yours", or an office; of what stands with others: with whom
    since: date | None = None
    hard: bool = False
    approximate: bool = False
    act: Act | None = None

    @property
    def left(self) -> int | None:
        """Days until its day; negative once that has passed."""
        return None if self.day is None else (self.day - self.today).days

    @property
    def late(self) -> bool:
        return self.day is not None and self.day < self.today

    @property
    def when(self) -> str:
        """In words, so that nobody needs the colour."""
        left = self.left
        if left is None or left == 0:
            return "" if left is None else "today"
        days = f"{abs(left)} day{'s' * (abs(left) > 1)}"
        return f"{days} late" if left < 0 else f"in {days}"


@dataclass(frozen=True)
class Change:
    """Something of theirs that somebody else has changed."""

    at: datetime
    sentence: str
    transition: Any
    place: str | None = None


@dataclass(frozen=True)
class Mine:
    """Whose week it is. `offices` are those of the person's grants in force: an officer-in-charge has one as well."""

    user: Any
    now: datetime
    offices: frozenset[int] = field(default_factory=frozenset)
    transitions: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def of(cls, user: Any, *, now: datetime) -> "Mine":
        grants = grants_of(user, now=now)
        return cls(user, now, frozenset(one.office_id for one in grants if one.office_id),
                   frozenset(one.transition_id for one in grants if one.transition_id))  # fmt: skip

    @property
    def until(self) -> date:
        """The last day that is looked at, wherever on earth."""
        return self.now.astimezone(UTC).date() + timedelta(days=1) + AHEAD

    def seen(self, model: Any) -> Any:
        return model.objects.all().visible_to(self.user, now=self.now)

    def own(self, path: str = "", *, owner: str = "owner", office: str = "owner_office") -> Q:
        return Q(**{f"{path}{owner}": self.user.pk}) | Q(**{f"{path}{office}__in": self.offices})

    def whose(self, owner: Any, office: Any) -> str:
        return "yours" if owner == self.user.pk else str(office or "")

    def row(self, what: Any, ask: str, transition: Any, **more: Any) -> Row:
        return Row(str(what), ask, transition, day(self.now, transition.time_zone), **more)

    def of_thing(self, thing: Any, ask: str, transition: Any, at: str = "", **more: Any) -> Row:
        """With a link to its page in the admin, at the part of it where the step is taken."""
        place = link_to(thing)
        return self.row(thing, ask, transition, place=place and f"{place}{at}", **more)

    def with_button(self, row: Row, thing: Any, step: str) -> Row:
        """Where this person may take the step; guards answer when it is pressed."""
        if not may_take_it(thing, step, by=self.user, now=self.now):
            return row
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_act"
        return replace(row, act=Act(reverse(name, args=[thing.pk, "step"]), step, thing.version))


class Week:
    """Subclass it in a room's `week.py`. Everything starts from what the person may see (`mine.seen`).

    Each method takes a number of queries that does not depend on how much there is.
    """

    all: ClassVar[list["Week"]] = []

    def __init_subclass__(cls) -> None:
        Week.all.append(cls())

    def owed(self, mine: Mine) -> Iterable[Row]:
        """What is theirs and owed until `mine.until`."""
        return []

    def asked(self, mine: Mine) -> Iterable[Row]:
        """What waits for a step that they may take: a signature, an answer, a verification, a decision."""
        return []

    def standing(self, mine: Mine) -> Iterable[Row]:
        """What is theirs, or came from them, and stands with somebody else: `whose` says with whom."""
        return []

    def own(self, mine: Mine) -> Mapping[type[Model], QuerySet[Any, Any]]:
        """The things with a lifecycle whose steps they hear of, by model."""
        return {}

    def changed(self, mine: Mine, since: datetime) -> Iterable[Change]:
        """What others did to their things since, beside their steps."""
        return []
