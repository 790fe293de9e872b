"""A draft note to each owner of what an instrument has touched, and its sending. What is marked is a code in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from transitions.access.models import User, may
from transitions.access.permissions import Marking, Permission
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue
from transitions.workflow.engine import locked

from .letters import OwnerNote
from .resolution_lists import ResolutionList, Row

LONGEST = 20_000  # letters


@dataclass(frozen=True)
class Note:
    """What one person would read, and whether it has been sent already."""

    person: User
    rows: Sequence[Row]
    text: str
    message: Message | None

    @property
    def marking(self) -> str:
        """The highest of its items: whoever may not see them does not read the note in the outbox."""
        marked = [getattr(row.thing, "marking", Marking.UNCLASSIFIED) for row in self.rows]
        return max(marked, key=list(Marking).index)


def notes_for(found: ResolutionList, transition: Any) -> tuple[list[Note], list[Row]]:
    """One for each person with open items that the viewer sees; and the items that nobody would hear of."""
    owned: dict[int | None, list[Row]] = defaultdict(list)
    for row in found.open:
        owned[row.tell].append(row)
    nobody = owned.pop(None, [])
    people = User.objects.in_bulk([pk for pk in owned if pk])
    sent = {
        message.recipient_id: message
        for message in Message.objects.filter(dedupe_key__in=[key_of(found, transition, pk) for pk in people])
    }
    notes = [
        Note(people[pk], rows, draft(found, transition, people[pk], rows), sent.get(pk))
        for pk, rows in owned.items()
        if pk in people
    ]
    return sorted(notes, key=lambda note: str(note.person)), nobody


def key_of(found: ResolutionList, transition: Any, person: int) -> str:
    return f"{OwnerNote.name}/{found.instrument.pk}/{transition.pk}/{person}"


def draft(found: ResolutionList, transition: Any, person: User, rows: Sequence[Row]) -> str:
    page = reverse("admin:resolution_list", args=[found.instrument.pk, transition.slug])
    return "\n".join(
        [
            f"{person},",
            "",
            f"{found.instrument} was adopted on {found.instrument.adopted_on:%-d %B %Y} ({found.instrument.body}). "
            "It changes:",
            *(f"- {one}" for one in found.moves),
            "",
            f"In “{transition}” it touches what is yours:",
            *(f"- {in_words(row)}" for row in rows),
            "",
            "Nothing was moved by itself. Please say of each whether it keeps its day, gets another one or is dropped, "
            "and why:",
            f"{settings.SITE_URL}{page}",
        ]
    )


def in_words(row: Row) -> str:
    return row.code if row.marked else f"{row.thing}, {row.day:%-d %B %Y}" if row.day else str(row.thing)


def send(
    found: ResolutionList, transition: Any, texts: Mapping[int, str], *, by: Any, now: datetime
) -> list[Note]:  # fmt: skip
    """Queue a note to each of these people; who has had one about this list gets none again. Returns the new ones.

    Raises:
        PermissionDenied: the person does not plan here.
        ValidationError: nobody is chosen, somebody who owns nothing in the list, or no text.
    """
    if not may(by, Permission.PLAN, transition, now=now):
        raise PermissionDenied("notes to owners are sent by the planner")
    with locked(transition):
        notes = {note.person.pk: note for note in notes_for(found, transition)[0]}
        check(texts, notes)
        new = [notes[pk] for pk in texts if notes[pk].message is None]
        queue(
            (Message(
                kind=OwnerNote.name, transition=transition, thing_type=found.instrument._meta.label_lower,
                thing_id=found.instrument.pk, recipient=note.person, marking=note.marking,
                payload={"subject": f"{transition}: what {found.instrument} touches",
                         "text": clean(texts[note.person.pk])},
                dedupe_key=key_of(found, transition, note.person.pk),
            )
            for note in new),
            now=now,
        )  # fmt: skip
    return new


def check(texts: Mapping[int, str], notes: Mapping[int, Note]) -> None:
    if not texts:
        raise ValidationError("Choose at least one owner to send to.")
    for pk, text in texts.items():
        if pk not in notes:
            raise ValidationError("One of these people owns nothing open in this list any more: open the page again.")
        if not clean(text):
            raise ValidationError(f"The note to {notes[pk].person} is empty.")
        if len(text) > LONGEST:
            raise ValidationError(f"The note to {notes[pk].person} is longer than {LONGEST:,} letters.")


def clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
