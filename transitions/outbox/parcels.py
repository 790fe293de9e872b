"""What goes to one reader at once: a single letter as it is, or one message that lists what is new for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from transitions.access.permissions import Marking

from .channels import Envelope
from .kinds import Action, Kind, Letter
from .models import Message
from .signed import unsubscribe_link


@dataclass(frozen=True)
class Part:
    message: Message
    letter: Letter

    @cached_property
    def why(self) -> str:
        return why(self.message)

    @cached_property
    def actions(self) -> Sequence[Action]:
        """Only by e-mail: what is written to a chat or a system is read by others. Each is signed once a letter."""
        kind = Kind.named.get(self.message.kind)
        by_mail = self.message.channel == "email" and self.message.recipient is not None
        return kind.actions(self.message) if kind and by_mail else ()


@dataclass(frozen=True)
class Parcel:
    """One or more letters to the same reader about the same transition; one alone, where it cannot wait."""

    parts: Sequence[Part]

    @property
    def first(self) -> Message:
        return self.parts[0].message

    @property
    def subject(self) -> str:
        """What is most pressing comes first, and how much else there is."""
        told = self.parts[0].letter.subject
        more = len(self.parts) - 1
        return told if not more else f"{told}, and {more} more"


def parcels(messages: Iterable[Message], letters: Mapping[int, Letter]) -> list[Parcel]:
    """In the order in which they were queued; within one the urgent, the hard and the oldest first."""
    of_reader: dict[tuple[Any, ...], list[Part]] = defaultdict(list)
    for message in messages:
        if message.pk in letters:
            alone = message.pk if message.urgent else None
            key = (message.recipient_id, message.transition_id, message.address_id, alone)
            of_reader[key].append(Part(message, letters[message.pk]))
    return [Parcel(sorted(parts, key=pressing)) for parts in of_reader.values()]


def pressing(part: Part) -> tuple[bool, int, int]:
    """Hard before soft, late before early."""
    return (not part.message.hard, -part.message.payload.get("rung", 0), part.message.pk)


def envelope(parcel: Parcel) -> Envelope:
    reader, address = parcel.first.recipient, parcel.first.address
    several = len(parcel.parts) > 1
    unsubscribe = "" if address else unsubscribe_link(parcel.first)
    context = {"parcel": parcel, "several": several, "site": settings.SITE_URL, "unsubscribe": unsubscribe}
    return Envelope(
        key=f"outbox-{parcel.first.pk}-{parcel.first.attempts}" if several else f"outbox-{parcel.first.pk}",
        to=address.url if address else reader.email if reader else "",
        subject=" ".join(parcel.subject.split()),
        text=plain(parcel, unsubscribe=unsubscribe),
        html=render_to_string("outbox/letter.html", context),
        threads=tuple(dict.fromkeys(thread(part.message) for part in parcel.parts)),
        unsubscribe=unsubscribe,
        secret=address.secret if address else "",
        notices=tuple(notice(part) for part in parcel.parts) if address else (),
    )


def plain(parcel: Parcel, *, unsubscribe: str = "") -> str:
    """The letter and what can be answered; where there are several, numbered. Then why it came, and how to stop it."""
    fewer = f"Fewer of these: {unsubscribe}\n" if unsubscribe else ""
    if len(parcel.parts) == 1:
        [part] = parcel.parts
        return f"{answerable(part)}\n\n-- \nWhy you: {part.why}.\n{fewer}"
    listed = [
        f"{number}. {part.letter.subject}\n\n{answerable(part)}\n\nWhy you: {part.why}.\n"
        for number, part in enumerate(parcel.parts, start=1)
    ]
    return "\n\n".join([*listed, *([f"-- \n{fewer}"] if fewer else [])])


def answerable(part: Part) -> str:
    actions = "\n".join(f"{action.label}: {action.url}" for action in part.actions)
    return f"{part.letter.text}\n\n{actions}" if actions else part.letter.text


def notice(part: Part) -> dict[str, Any]:
    """For machines. Of what is marked it says no more than the letter does: code and link."""
    message = part.message
    said = {} if is_marked(message) else message.payload
    return {
        "kind": message.kind, "transition": getattr(message.transition, "slug", None), "subject": part.letter.subject,
        "text": part.letter.text, "about": thread(message), "due": said.get("due"), "rung": said.get("rung"),
        "hard": message.hard, "urgent": message.urgent,
    }  # fmt: skip


def thread(message: Message) -> str:
    """One thread for everything about a thing."""
    return f"{message.thing_type or message.kind}-{message.thing_id or message.pk}"


def why(message: Message) -> str:
    """The trail: what rule or event, in which role the reader hears of it, on which rung."""
    kind = Kind.named.get(message.kind)
    said = [kind.title if kind and kind.title else message.kind.partition(".")[2].replace("_", " ")]
    if role := message.payload.get("as"):
        said.append(f"as {role}")
    if (rung := message.payload.get("rung")) is not None and not is_marked(message):
        said.append(rung_in_words(rung))
    if handed_by := message.payload.get("handed_by"):
        said.append(f"handed on by {handed_by}")
    if escalates(message):
        said.append("because it is still not done")
    return ", ".join(said)


def is_marked(message: Message) -> bool:
    return message.marking != Marking.UNCLASSIFIED


def escalates(message: Message) -> bool:
    return bool(message.payload.get("up"))


def rung_in_words(rung: int) -> str:
    if rung == 0:
        return "on the day"
    days = f"{abs(rung)} day{'s' * (abs(rung) > 1)}"
    return f"{days} before" if rung < 0 else f"{days} after"
