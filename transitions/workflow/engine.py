"""The engine: two doors that write a state, `begin` and `take`, and the list of steps that `available` gives.

Nothing else in the program writes a state. Both lock the transition's row first, so that whatever a guard reads, if it
was written inside `locked`, cannot be outrun.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from transitions.access.models import grants_in, may, roles_of
from transitions.access.permissions import Permission, Role
from transitions.clock.present import day

from . import rows
from .letters import tell
from .lifecycles import Blocker, Guard, Lifecycle, Step, who_may
from .models import OpenItem, Signature, StateChange, Stateful


@dataclass(frozen=True)
class Fact:
    """A fact recorded from its source: what a guard would have blocked is listed as open, and nothing is refused."""

    source: str
    holds_from: date
    known_from: date | None = None
    approximate: bool = False


@dataclass(frozen=True)
class Override:
    """The decision to pass over blockers that the step lists as overridable."""

    reason: str


class StepRefused(Exception):
    """The step is not there to be taken: `code` is stale, wrong-state, unknown-step, reason-missing or moved."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Blocked(Exception):
    """Guards hold the step back: all of their blockers, never only the first."""

    def __init__(self, blockers: Sequence[Blocker]) -> None:
        super().__init__("; ".join(blocker.sentence for blocker in blockers))
        self.blockers = list(blockers)


@contextmanager
def locked(*transitions: Any) -> Iterator[None]:
    """Hold transitions (in one order, so that two holders never wait for each other).

    Whatever a guard reads is written in here: evidence, dates, dependencies, signatures, offices, instruments.
    A lock on the row that inserts of child rows do not wait for (FOR NO KEY UPDATE).
    """
    with transaction.atomic():
        if transitions:
            keys = sorted({held.pk for held in transitions})
            held = type(transitions[0])._base_manager.select_for_update(no_key=True).filter(pk__in=keys)
            list(held.order_by("pk").values_list("pk"))
        yield


def begin[T: Stateful](
    things: Iterable[T], *, by: Any, now: datetime, state: str | None = None, source: Fact | None = None
) -> list[T]:
    """Insert things in their first state, with the first row of their history.

    Args:
        state: another state than the first, only together with the fact it is taken from.
    Raises:
        PermissionDenied: `by` may not begin such a thing in its transition.
        StepRefused: a later state without a source, or a state that there is not.
        ValidationError: a field is wrong; nothing is inserted.
    """
    things = list(things)
    if not things:
        return things
    lifecycle = Lifecycle.of_model[type(things[0])]
    opening = state or lifecycle.begins_in[0]
    if opening not in (lifecycle.states() if source else lifecycle.begins_in):
        raise StepRefused("wrong-state", f"{lifecycle.model._meta.verbose_name} does not begin in “{opening}”")
    known = [lifecycle.transition_of(thing) for thing in things] if lifecycle.belongs_to else []
    with locked(*known):
        for thing in things:
            transition = lifecycle.transition_of(thing)
            if not may(by, lifecycle.may_begin, transition, now=now, pillar_id=getattr(thing, "pillar_id", None)):
                raise PermissionDenied(f"“begin” needs {lifecycle.may_begin}")
            thing.state, thing.version = opening, 1
            thing.clean_fields()
        lifecycle.model._base_manager.bulk_create(things, batch_size=5000)
        first = (change_of(lifecycle, None, thing, opening, 1, by=by, now=now, fact=source) for thing in things)
        StateChange.objects.bulk_create(first, batch_size=5000)
    return things


def take(
    thing: Stateful, name: str, *, by: Any, now: datetime, reason: str = "", on_request_of: str = "",
    version: int | None = None, despite: Override | Fact | None = None,
) -> StateChange:  # fmt: skip
    """Take one step of one thing. Writes state, version, history and messages in one transaction.

    Args:
        version: the one on the page that the step was taken from; a stale page is refused.
        despite: an override of the guards that the step lists, or a fact recorded from its source.
    Raises:
        StepRefused: unknown step, stale page, wrong state, no reason where one is needed.
        PermissionDenied: the person may not take it.
        Blocked: with every blocker that stands.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    step, transition = step_of(lifecycle, name), lifecycle.transition_of(thing)
    with transaction.atomic():
        hold(lifecycle, transition, thing)
        check_state(step, thing, version)
        check_person(lifecycle, step, thing, transition, by=by, now=now, despite=despite)
        if step.needs_reason and not (reason.strip() or despite):
            raise StepRefused("reason-missing", f"“{name}” needs a reason: say why")
        passed = settle(step, blockers_of(lifecycle, step, thing, by=by, now=now), despite, transition, by=by, now=now)
        fact = despite if isinstance(despite, Fact) else None
        change = change_of(lifecycle, step, thing, step.target, thing.version + 1, by=by, now=now, fact=fact)
        change.reason = reason or (despite.reason if isinstance(despite, Override) else "")
        change.on_request_of = on_request_of
        change.passed_over = [{"code": blocker.code, "sentence": blocker.sentence} for blocker in passed]
        rows.write(thing, change)
        left = passed if fact else []
        if step.opens_what:
            other = step_of(lifecycle, step.opens_what)
            left = left + [blocker for _, blocker in blockers_of(lifecycle, other, thing, by=by, now=now)]
        leave_open(left, change, thing)
        tells = (*step.tells, Role.HEADQUARTERS_DESK) if passed and not fact else step.tells
        if tells:
            tell(thing, change, tells, transition_id=transition.pk, now=now)
    return change


def step_of(lifecycle: type[Lifecycle], name: str) -> Step:
    if name not in lifecycle.by_name:
        known = ", ".join(lifecycle.by_name)
        raise StepRefused("unknown-step", f"{lifecycle.model._meta.verbose_name} has no step “{name}”, only {known}")
    return lifecycle.by_name[name]


def hold(lifecycle: type[Lifecycle], transition: Any, thing: Stateful) -> None:
    """Lock and read anew; the thing must still belong to the transition that was locked."""
    rows.hold(transition, thing)
    if "." not in lifecycle.belongs_to and lifecycle.belongs_to:
        if getattr(thing, f"{lifecycle.belongs_to}_id") == transition.pk:
            setattr(thing, lifecycle.belongs_to, transition)
    if lifecycle.transition_of(thing).pk != transition.pk:
        raise StepRefused("stale", f"{thing} has moved to another transition since this page was opened")


def check_state(step: Step, thing: Stateful, version: int | None) -> None:
    if version is not None and version != thing.version:
        raise StepRefused("stale", f"{thing} has changed since this page was opened: open it again and look")
    if not step.leads_from(thing):
        needed = " or ".join(source.replace("_", " ") for source in step.sources)
        raise StepRefused("wrong-state", f"{thing} is {thing.state.replace('_', ' ')}; “{step.name}” needs {needed}")


def check_person(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, transition: Any, *, by: Any, now: datetime,
    despite: Override | Fact | None = None,
) -> None:  # fmt: skip
    if not is_allowed(lifecycle, step, thing, transition, by=by, now=now):
        raise PermissionDenied(f"“{step.name}” can be taken by: {', '.join(who_may(step))}")
    if isinstance(despite, Fact) and not may_record(by, transition, now=now):
        raise PermissionDenied("a fact is recorded by the planner, the head of mission or headquarters")


def is_allowed(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, transition: Any, *, by: Any, now: datetime
) -> bool:
    pillar = getattr(thing, "pillar_id", None)
    if may(by, step.may, transition, now=now, pillar_id=pillar):
        return True
    return step.owner_may and lifecycle.is_owner(by, thing, now=now)


def may_record(by: Any, transition: Any, *, now: datetime) -> bool:
    return may(by, Permission.RECORD_FACT, transition, now=now)


def blockers_of(
    lifecycle: type[Lifecycle], step: Step, thing: Stateful, *, by: Any, now: datetime
) -> list[tuple[Guard | None, Blocker]]:
    """Every blocker with the guard that found it (None: a missing signature, which nobody can pass over)."""
    found: list[tuple[Guard | None, Blocker]] = [(None, blocker) for blocker in unsigned(step, thing)]
    for guard in lifecycle.guards_of(step):
        found += [(guard, blocker) for blocker in guard(thing, by=by, now=now) or ()]
    return found


def unsigned(step: Step, thing: Stateful) -> Iterator[Blocker]:
    if not step.signatures:
        return
    given = Signature.objects.about(thing).filter(thing_version=thing.version, step=step.name)
    signed = set(given.values_list("role", flat=True))
    for role in step.signatures:
        if role not in signed:
            sentence = f"The {role.label} has not signed for “{step.name.replace('_', ' ')}”"
            yield Blocker("not_signed", sentence, thing, who=role)


def settle(
    step: Step, found: list[tuple[Guard | None, Blocker]], despite: Override | Fact | None, transition: Any, *,
    by: Any, now: datetime,
) -> list[Blocker]:  # fmt: skip
    """Refuse, or hand back what was passed over."""
    if isinstance(despite, Fact):
        return [blocker for _, blocker in found]
    passable: tuple[Guard, ...] = ()
    if isinstance(despite, Override) and found:
        if not despite.reason.strip():
            raise StepRefused("reason-missing", "an override needs a reason: say why")
        passable = step.overridable if step.override_by in roles_of(by, transition, now=now) else ()
    standing = [blocker for guard, blocker in found if guard not in passable]
    if standing:
        raise Blocked(standing)
    return [blocker for _, blocker in found]


def leave_open(left: list[Blocker], change: StateChange, thing: Stateful) -> None:
    """The list “open at that date”: each item waits for an owner who remains."""
    OpenItem.objects.bulk_create(
        OpenItem(
            transition_id=change.transition_id,
            change=change,
            code=blocker.code,
            sentence=blocker.sentence,
            thing_type=(blocker.open or thing)._meta.label_lower,
            thing_id=(blocker.open or thing).pk,
        )
        for blocker in left
    )


def change_of(
    lifecycle: type[Lifecycle], step: Step | None, thing: Stateful, state: str, version: int, *, by: Any,
    now: datetime, fact: Fact | None,
) -> StateChange:  # fmt: skip
    transition = lifecycle.transition_of(thing)
    today = day(now, transition.time_zone)
    needed = step.may if step else lifecycle.may_begin
    return StateChange(
        transition_id=transition.pk,
        thing_type=lifecycle.model._meta.label_lower,
        thing_id=thing.pk,
        version=version,
        step=step.name if step else "",
        was=thing.state if step else "",
        state=state,
        role=acting_as(needed, transition, by=by, now=now),
        by=by,
        recorded_at=now,
        source=fact.source if fact else "",
        holds_from=fact.holds_from if fact else today,
        known_from=(fact and fact.known_from) or today,
        approximate=bool(fact and fact.approximate),
    )


def acting_as(permission: Permission, transition: Any, *, by: Any, now: datetime) -> str:
    """The first role that gives the permission; else the person acts as the owner of the thing."""
    for grant in grants_in(by, transition, now=now):
        if permission in grant.post.permissions:
            return str(grant.role)
    return "owner"


def sign(thing: Stateful, name: str, role: Role, *, by: Any, now: datetime, version: int | None = None) -> Signature:
    """Sign for a step of a thing as it stands.

    Raises:
        StepRefused: a stale page, a step that needs no such signature, or a person who has signed for it already.
        PermissionDenied: the person does not hold the role.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    step, transition = step_of(lifecycle, name), lifecycle.transition_of(thing)
    with transaction.atomic():
        hold(lifecycle, transition, thing)
        check_state(step, thing, version)
        if role not in step.signatures:
            raise StepRefused("wrong-state", f"“{name}” needs no signature of the {role.label}")
        held = [grant for grant in grants_in(by, transition, now=now) if grant.role == role]
        if not held:
            raise PermissionDenied(f"only the {role.label} signs as such")
        given = Signature.objects.about(thing).filter(thing_version=thing.version, step=name)
        if given.filter(by=by).exists() or given.filter(role=role).exists():
            raise StepRefused("wrong-state", "this signature is there already; each role is signed by another person")
        return Signature.objects.create(
            transition_id=transition.pk, thing_type=thing._meta.label_lower, thing_id=thing.pk, role=role, by=by,
            thing_version=thing.version, step=name, signed_at=now, acting=all(grant.acting for grant in held),
        )  # fmt: skip


def available(thing: Stateful, *, by: Any, now: datetime) -> list[tuple[Step, list[Blocker]]]:
    """Every step out of the present state with what holds it back for this person: none means that it can be taken.

    For buttons, API and pages alike: nobody writes a second copy of the rules.
    """
    lifecycle = Lifecycle.of_model[type(thing)]
    transition = lifecycle.transition_of(thing)
    steps = [step for step in lifecycle.steps if step.leads_from(thing)]
    listed = []
    for step in steps:
        blockers = [blocker for _, blocker in blockers_of(lifecycle, step, thing, by=by, now=now)]
        if not is_allowed(lifecycle, step, thing, transition, by=by, now=now):
            people = who_may(step)
            blockers.insert(0, Blocker("not_permitted", f"This step is taken by: {', '.join(people)}", who=people))
        listed.append((step, blockers))
    return listed
