"""The words of a lifecycle: steps, guards, blockers. A room's `lifecycle.py` is a table written with them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured

from transitions.access.models import Grant, User, grants_in
from transitions.access.permissions import Permission, Role, roles_with


@dataclass(frozen=True)
class Blocker:
    """Why a step cannot be taken now: a code, a sentence, the thing to open (or its key), and who can clear it."""

    code: str
    sentence: str
    open: Any = None
    who: "Any | Role | Iterable[Role]" = None


type Audience = Role | str | Callable[..., Iterable[User]]  # audience(thing, *, on)
type Guard = Callable[..., Iterator[Blocker]]  # guard(thing, *, by, now)


@dataclass(frozen=True)
class Step:
    """One move of one thing between states.

    Args:
        may: the permission it needs, in the thing's transition (and pillar, for a pillar lead).
        or_may: another permission that is enough for it: guards say what is asked of whom.
        owner_may: the thing's own office may take it too (`Lifecycle.is_owner`).
        signatures: the roles that must have signed for it, each by another person. Never overridable.
        signed_if: which things need these signatures; all of them where it is not said.
        overridable: the guards that `override_by` may pass over with a reason. Headquarters is told.
        override_by: the role that may; so it may take the step at all.
        even_a_fact: guards of their own for a recorded fact, which no other holds back: who may not record it.
        tells: who hears of it: roles, paths from the thing such as "owner", or functions `people(thing, on=)`.
        voids: what no longer holds, by the state that it leaves: what it tells says so first.
        urgent: what it tells cannot wait for the day's message, as an override never can.
        tells_who_took_it: as well, if they are of those: a notice that every side has in hand, by whoever it was given.
        opens_what: another step, whose blockers do not hold this one back but are listed as “open at that date”.
        then: what follows from it in the same transaction: `then(thing, change, by=, now=)`.
        only_if: which things have the step at all (a drawdown does not cease operations).
    """

    name: str
    source: str | tuple[str, ...]
    target: str
    may: Permission
    guards: tuple[Guard, ...] = ()
    overridable: tuple[Guard, ...] = ()
    override_by: Role | None = None
    even_a_fact: tuple[Guard, ...] = ()
    needs_reason: bool = False
    or_may: Permission | None = None
    owner_may: bool = False
    signatures: tuple[Role, ...] = ()
    signed_if: Callable[[Any], bool] | None = None
    tells: tuple[Audience, ...] = ()
    tells_who_took_it: bool = False
    urgent: bool = False
    voids: Mapping[str, str] = field(default_factory=dict)
    opens_what: str = ""
    then: Callable[..., None] | None = None
    only_if: Callable[[Any], bool] | None = None

    @property
    def permissions(self) -> tuple[Permission, ...]:
        return (self.may, self.or_may) if self.or_may else (self.may,)

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else self.source

    def signers(self, thing: Any) -> tuple[Role, ...]:
        return self.signatures if self.signed_if is None or self.signed_if(thing) else ()

    def leads_from(self, thing: Any) -> bool:
        return thing.state in self.sources and (self.only_if is None or self.only_if(thing))


class Lifecycle:
    """The steps of one model. Subclass it in a room's `lifecycle.py`."""

    of_model: ClassVar[dict[Any, type["Lifecycle"]]] = {}
    model: ClassVar[Any]
    belongs_to: ClassVar[str] = "transition"  # the path to its transition; empty for the transition itself
    begins_in: ClassVar[tuple[str, ...]] = ()
    may_begin: ClassVar[Permission] = Permission.PLAN
    steps: ClassVar[tuple[Step, ...]] = ()

    by_name: ClassVar[dict[str, Step]]
    contributed: ClassVar[dict[str, list[Guard]]]
    left_open: ClassVar[dict[str, list[Guard]]]

    def __init_subclass__(cls) -> None:
        cls.by_name = {step.name: step for step in cls.steps}
        cls.contributed = defaultdict(list)
        cls.left_open = defaultdict(list)
        Lifecycle.of_model[cls.model] = cls

    @classmethod
    def transition_of(cls, thing: Any) -> Any:
        return attrgetter(cls.belongs_to)(thing) if cls.belongs_to else thing

    @classmethod
    def guards_of(cls, step: Step) -> list[Guard]:
        return [*step.guards, *cls.contributed[step.name]]

    @classmethod
    def is_owner(cls, by: Any, thing: Any, *, now: datetime) -> bool:
        """Whether the thing is this person's own, theirs or their office's, while they have work in its transition."""
        owner, office = getattr(thing, "owner_id", None), getattr(thing, "owner_office_id", None)
        held = [grant for grant in grants_in(by, cls.transition_of(thing), now=now) if works(grant)]
        return any(owner == by.pk or (office is not None and grant.office_id == office) for grant in held)

    @classmethod
    def states(cls) -> list[str]:
        """Every state there is, in the order of the table."""
        named = [*cls.begins_in]
        for step in cls.steps:
            named += [*step.sources, step.target]
        return list(dict.fromkeys(named))


READ_ONLY = {Role.AUDITOR, Role.PROVIDER, Role.VERIFIER}


def works(grant: Grant) -> bool:
    """A grant that does an office's work; one that only reads or checks moves nothing."""
    return Role(grant.role) not in READ_ONLY


def guards(lifecycle: type[Lifecycle], *names: str) -> Callable[[Guard], Guard]:
    """A higher room adds a guard to a lower room's steps. Raises ImproperlyConfigured for a step that is not there."""
    return adding(lifecycle, names, lifecycle.contributed)


def leaves_open(lifecycle: type[Lifecycle], *names: str) -> Callable[[Guard], Guard]:
    """A higher room says what is left open by a step that it does not hold back: `found(thing, change, now=)`."""
    return adding(lifecycle, names, lifecycle.left_open)


def adding(lifecycle: type[Lifecycle], names: Iterable[str], where: dict[str, list[Guard]]) -> Callable[[Guard], Guard]:
    for name in names:
        if name not in lifecycle.by_name:
            raise ImproperlyConfigured(f"{lifecycle.__name__} has no step “{name}”")

    def add(guard: Guard) -> Guard:
        for name in names:
            where[name].append(guard)
        return guard

    return add


def who_may(step: Step) -> list[str]:
    """For people: "planner", "pillar lead", …"""
    holders = [role for permission in step.permissions for role in roles_with(permission)]
    roles = dict.fromkeys([*holders, *([step.override_by] if step.override_by else [])])
    named = [str(role.label) for role in roles]
    return [*named, "the owner"] if step.owner_may else named
