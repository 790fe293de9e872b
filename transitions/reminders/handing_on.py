"""Who may be reminded in somebody's place, and the reminder that they get at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from transitions.access.models import Grant, User
from transitions.access.permissions import POSTS, Marking, Role
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue

from .asked import item_of, marking_of, meant_for, today_of
from .models import Answer


def colleagues(message: Message, *, now: datetime) -> QuerySet[User]:
    """Those with a role here today that may see the item: of the same office first."""
    here = Q(transition=message.transition_id) | Q(transition=None)
    held = Grant.objects.in_force(on=today_of(message, now)).filter(here)
    cleared = held.filter(role__in=roles_that_see(marking_of(message, item_of(message))))
    whose = meant_for(message)
    near = held.filter(user=OuterRef("pk"), office__in=Grant.objects.filter(here, user=whose).values("office"))
    people = User.objects.filter(pk__in=cleared.values("user"), is_service=False).exclude(email="")
    return people.filter(~Q(pk=whose)).annotate(near=Exists(near)).order_by("-near", "display_name", "username")


def roles_that_see(marking: Marking) -> list[Role]:
    return [role for role, post in POSTS.items() if marking in Marking.up_to(post.clearance)]


def give(messages: Sequence[Message], answer: Answer, *, now: datetime) -> None:
    """The latest of these reminders, to the one who has it now: at once, and under the key that the sweep would use."""
    latest = max(messages, key=lambda one: one.payload["rung"])
    key = "/".join([*latest.dedupe_key.split("/")[:4], str(answer.to_id)])
    if Message.objects.filter(dedupe_key=key).exists():  # they had this one before they gave it away themselves
        key = f"{key}/handed/{answer.pk}"
    payload: dict[str, Any] = latest.payload | {"handed_by": str(answer.by)}
    queue(
        [Message(kind=latest.kind, transition_id=latest.transition_id, thing_type=latest.thing_type,
                 thing_id=latest.thing_id, marking=latest.marking, recipient=answer.to, payload=payload, urgent=True,
                 hard=latest.hard, dedupe_key=key)],
        now=now,
    )  # fmt: skip
