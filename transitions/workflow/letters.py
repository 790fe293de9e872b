"""Messages about a step that was taken: whom a step tells, and what they read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from typing import Any

from django.conf import settings

from transitions.access.models import Grant, User, holders
from transitions.access.permissions import Marking, Role
from transitions.clock.present import day
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue

from .keys import Key
from .lifecycles import Audience, Lifecycle
from .links import link_to
from .models import StateChange, Stateful, things_of
from .veil import about_of, told, unseen


def tell(
    thing: Stateful, change: StateChange, to: Sequence[Audience], *, transition: Any, now: datetime, but: Any = None,
    urgent: bool = False,
) -> None:  # fmt: skip
    """Queue one message a person: the holders of a role, who stands at a path, or whom a function names.

    Args:
        but: who need not be told, having taken the step.
        urgent: it cannot wait for the day's message.
    """
    if not to:
        return
    today = day(now, transition.time_zone)
    people = {person.pk: person for person in audience(to, thing, transition=transition, on=today)}
    if but is not None:
        people.pop(but.pk, None)
    marking = getattr(thing, "marking", "unclassified")
    told = (
        Message(
            kind=StepTaken.name, transition_id=transition.pk, thing_type=change.thing_type, thing_id=change.thing_id,
            marking=marking, recipient=person, payload={"change": change.pk}, urgent=urgent,
            dedupe_key=f"{StepTaken.name}/{change.pk}/{person.pk}",
        )
        for person in people.values()
    )  # fmt: skip
    if people:
        queue(told, now=now)


def audience(to: Sequence[Audience], thing: Stateful, *, transition: Any, on: date) -> Iterator[User]:
    """The holders of all roles come in one query. Each says as whom they hear of it."""
    if roles := [where for where in to if isinstance(where, Role)]:
        yield from holders(transition.pk, roles, on=on)
    for where in to:
        if isinstance(where, str) and not isinstance(where, Role):
            yield from heard(at(thing, where), named(where))
        elif callable(where):
            yield from heard(where(thing, on=on), where.__name__.replace("_", " "))


def heard(people: Iterable[User], role: str) -> Iterator[User]:
    """Each as another object: who is found in two roles, or lent by a thing, keeps none for the next message."""
    for person in people:
        found = copy(person)
        found.heard_as = found.heard_as or role
        yield found


def named(path: str) -> str:
    """Of "owner_office.head": “head of the owner office”; of "entered_by": “who entered it”."""
    *of, last = path.replace("_", " ").split(".")
    if last.endswith(" by"):
        return f"who {last.removesuffix(' by')} it"
    return " of the ".join([last, *of[-1:]])


def at(thing: Stateful, path: str) -> list[User]:
    found: Any = thing
    for name in path.split("."):
        found = getattr(found, name, None)
    return [found] if isinstance(found, User) else []


class StepTaken(Kind):
    name = "workflow.step_taken"
    title = "a step was taken"
    optional = True

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = [message.payload["change"] for message in messages]
        changes = StateChange.objects.select_related("by", "transition").in_bulk(wanted)
        things = things_of(changes.values())
        passed = (about_of(one) for change in changes.values() for one in change.passed_over)
        marked = unseen(passed, user=not_cleared(), now=now)
        written: dict[int, Letter | NoLonger] = {}
        for message in messages:
            change = changes[message.payload["change"]]
            thing = things.get((change.thing_type, change.thing_id))
            written[message.pk] = self.letter(message, change, thing, marked) if thing else NoLonger("it was deleted")
        return written

    def letter(self, message: Message, change: StateChange, thing: Any, marked: set[Key]) -> Letter:
        page = f"{settings.SITE_URL}{link_to(thing) or ''}"
        if Marking.strictest([message.marking, getattr(thing, "marking", message.marking)]) != Marking.UNCLASSIFIED:
            code = getattr(thing, "code", str(change.thing_id))
            return Letter(f"{change.transition}: news of {code}", f"{code}\n{page}")
        void = Lifecycle.of_model[type(thing)].by_name[change.step].voids.get(change.was, "")
        named, was, state = str(thing), change.was.replace("_", " "), change.state.replace("_", " ")
        lines = [f"{change.by} took the step “{change.step.replace('_', ' ')}”: {named} went from {was} to {state}."]
        lines += [f"Reason: {change.reason}"] * bool(change.reason)
        lines += [f"On request of {change.on_request_of}"] * bool(change.on_request_of)
        lines += [f"Passed over: {one['sentence']}" for one in told(change.passed_over, marked)]
        lines += [page] * bool(link_to(thing))
        override = "Override: " if change.passed_over and not change.source else ""
        is_now = f"{named} is {state}{f', {void}' * bool(void)}"
        return Letter(f"{change.transition}: {override}{is_now}", "\n".join(lines))


def not_cleared() -> User:
    """Stands for whoever may read a letter on its way: sees every transition, and nothing that is marked."""
    anybody = User(username="anybody")
    anybody._grants = [Grant(role=Role.PROVIDER)]
    return anybody
