"""Claim, write, send, mark: at least once. A reminder twice is a shrug, a reminder lost is a missed mandate date.

Nothing is sent inside a transaction. A worker marks only what is still its own: one that was thought dead and comes
back finds its lease taken over. A kill between send and mark costs a second copy, never the message.
"""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone

from . import claims
from .addresses import switch_off
from .channels import Channel, Gone, Refused, Sender, Unanswered
from .kinds import Letter, NoLonger, NotYet, Unwritten, letters
from .models import Address, Message
from .parcels import Parcel, envelope, parcels
from .slots import Slot

HALF_A_DAY = timedelta(hours=12)
GIVE_UP_AFTER = 100  # attempts; at one an hour, four days
LONGEST_WAIT = 6 * 3600  # seconds, whatever the other side asks for: a reminder of tomorrow is worth nothing in a week


@dataclass
class Outcome:
    """Messages, not letters: several may leave in one."""

    sent: int = 0
    withdrawn: int = 0
    failed: int = 0
    postponed: int = 0


def deliver(*, now: datetime, channel: str = "email") -> Outcome:
    """Deliver everything that is due on a channel, batch by batch, until nothing is left to claim.

    Args:
        now: the domain's present; messages due later stay where they are.
    """
    worker, outcome = uuid4(), Outcome()
    claims.wait_over_days_off(now=now, channel=channel)
    while True:
        claimed_at = time.monotonic()
        batch = claims.claim(worker, now=now, channel=channel)
        if not batch:
            return outcome
        ready, closed = settle_unwritten(batch, worker, outcome, now=now), Closed()
        with Channel.named[channel].open() as sender:
            for parcel in parcels(batch, ready):
                if time.monotonic() - claimed_at > claims.LEASE_SECONDS / 2:
                    break  # a slow server: before long the rest is another worker's
                settle(parcel, worker, sender, outcome, closed, now=now)


class Closed(dict[int | None, Refused | Unanswered]):
    """What addresses have said in this batch that holds for all that would be sent there; they are not asked again."""


def settle_unwritten(batch: Sequence[Message], worker: UUID, outcome: Outcome, *, now: datetime) -> dict[int, Letter]:
    """The letters of a batch, after what has none was marked with the reason."""
    ready: dict[int, Letter] = {}
    written = letters(batch, now=now)
    for message in batch:
        match written[message.pk]:
            case Letter() as letter:
                ready[message.pk] = letter
            case NoLonger(why):
                # the key is free again: what is reopened, or moved back to its old day, is told of anew
                freed = Concat(F("dedupe_key"), Value(f"/withdrawn/{message.pk}"))
                outcome.withdrawn += mark(
                    [message], worker, withdrawn_at=timezone.now(), why_not=why, dedupe_key=freed
                )  # fmt: skip
            case NotYet(why):
                later = Slot(F("recipient"), F("transition"), F("address"), now + HALF_A_DAY, F("hard"))
                outcome.postponed += mark([message], worker, due_at=later, next_attempt_at=timezone.now(), why_not=why)
            case Unwritten(why):
                outcome.postponed += mark([message], worker, next_attempt_at=next_attempt(message), why_not=why)
    return ready


def settle(parcel: Parcel, worker: UUID, sender: Sender, outcome: Outcome, closed: Closed, *, now: datetime) -> None:
    sent, address = [part.message for part in parcel.parts], parcel.first.address
    try:
        reachable(parcel.first, closed)
        sender.send(envelope(parcel))
    except Refused as error:
        if isinstance(error, Gone) and address:
            closed[address.pk] = error
            switch_off(address, why=str(error))
        outcome.failed += mark(sent, worker, failed_at=timezone.now(), why_not=str(error))
    except Unanswered as error:
        tried = [message for message in sent if message.attempts >= GIVE_UP_AFTER]
        later = [message for message in sent if message.attempts < GIVE_UP_AFTER]
        outcome.failed += mark(tried, worker, failed_at=timezone.now(), why_not=str(error))
        if error.after and address and address.pk not in closed:
            closed[address.pk] = error
            wait_for(address, error)
        if later:
            again = next_attempt(later[0], at_least=error.after)
            outcome.postponed += mark(later, worker, next_attempt_at=again, why_not=str(error))
    else:
        outcome.sent += mark_sent(parcel, worker, now=now)


def wait_for(address: Address, error: Unanswered) -> None:
    """What else waits for it, in no worker's hands, is not tried before either."""
    again = timezone.now() + timedelta(seconds=min(error.after, LONGEST_WAIT))
    waiting = Message.objects.waiting().filter(address=address, claimed_by=None, next_attempt_at__lt=again)
    waiting.update(next_attempt_at=again, why_not=str(error))


def reachable(message: Message, closed: Closed) -> None:
    """Raises Refused, or what its address has said before."""
    if message.address is not None:
        if said := closed.get(message.address_id):
            raise said
        if not message.address.active:
            raise Refused(f"{message.address} is switched off. {message.address.why_off}".strip())
        return
    if message.recipient is None:
        raise Refused("nobody to tell: give the transition a planner")
    if not message.recipient.email:
        raise Refused(f"{message.recipient} has no e-mail address: add one in the admin under people")


def mark(messages: Iterable[Message], worker: UUID, **fields: object) -> int:
    mine = Message.objects.waiting().filter(pk__in=[message.pk for message in messages], claimed_by=worker)
    return int(mine.update(claimed_by=None, **fields))


def mark_sent(parcel: Parcel, worker: UUID, *, now: datetime) -> int:
    """Sent, and told for today, at once: no second message of the day slips in between.

    What has been queued for the same reader meanwhile waits for their next one. One statement, because it is the price
    of every letter.
    """
    first, told_of = parcel.first, [f"{part.letter.subject}\n\n{part.letter.text}" for part in parcel.parts]
    ids = [part.message.pk for part in parcel.parts]
    given: list[Any] = [worker, ids, told_of, now, not first.urgent, first.recipient_id, first.transition_id,
             first.address_id]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT outbox_mark_sent(%s, %s, %s, %s, %s, %s, %s, %s)", given)
        return int(cursor.fetchone()[0])


def next_attempt(message: Message, *, at_least: float = 0) -> datetime:
    """First after 5 to 15 seconds, doubling up to an hour; the jitter keeps workers from coming back in step.

    Later, where the other side has asked for it.
    """
    wait = random.uniform(5, 15) * 2 ** min(message.attempts - 1, 12)  # noqa: S311 (not a secret)
    return timezone.now() + timedelta(seconds=max(min(wait, 3600), min(at_least, LONGEST_WAIT)))
