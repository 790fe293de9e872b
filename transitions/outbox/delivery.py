"""Claim, write, send, mark: at least once. A reminder twice is a shrug, a reminder lost is a missed mandate date.

Nothing is sent inside a transaction. A worker marks only what is still its own: one that was thought dead and comes
back finds its lease taken over. A kill between send and mark costs a second copy, never the message.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPConnectError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db import connection
from django.utils import timezone

from .kinds import Letter, NoLonger, Unwritten, letters
from .models import Message

BATCH = 100
LEASE_SECONDS = 5 * 60
GIVE_UP_AFTER = 100  # attempts; at one an hour, four days

CLAIM = """
UPDATE outbox_message SET claimed_by = %s, attempts = attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => %s)
WHERE id IN (
    SELECT id FROM outbox_message
    WHERE sent_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL AND suppressed_at IS NULL
      AND next_attempt_at <= clock_timestamp() AND due_at <= %s AND (%s::uuid IS NULL OR sweep = %s)
    ORDER BY next_attempt_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id"""


@dataclass
class Outcome:
    sent: int = 0
    withdrawn: int = 0
    failed: int = 0
    postponed: int = 0


def deliver(*, now: datetime, sweep: UUID | None = None) -> Outcome:
    """Deliver everything that is due, batch by batch, until nothing is left to claim.

    Args:
        now: the domain's present; messages due later stay where they are.
        sweep: only what this sweep has queued.
    """
    worker, outcome = uuid4(), Outcome()
    while True:
        claimed_at = time.monotonic()
        batch = claim(worker, now=now, sweep=sweep)
        if not batch:
            return outcome
        written = letters(batch, now=now)
        with open_connection() as mail:
            for message in batch:
                if time.monotonic() - claimed_at > LEASE_SECONDS / 2:
                    break  # a slow server: before long the rest is another worker's
                settle(message, written[message.pk], worker, mail, outcome)


def claim(worker: UUID, *, now: datetime, sweep: UUID | None = None, size: int = BATCH) -> list[Message]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [worker, LEASE_SECONDS, now, sweep, sweep, size])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Message.objects.filter(pk__in=ids).select_related("recipient", "transition").order_by("pk"))


@contextmanager
def open_connection() -> Iterator[BaseEmailBackend]:
    """One connection for a whole batch, opened for the first letter that goes out."""
    mail = get_connection(fail_silently=False)
    try:
        yield mail
    finally:
        # every letter of the batch has been marked by now; a server that hangs up early changes nothing
        with suppress(SMTPException, OSError):
            mail.close()


def settle(
    message: Message, written: Letter | NoLonger | Unwritten, worker: UUID, mail: BaseEmailBackend, outcome: Outcome
) -> None:
    if isinstance(written, NoLonger):
        # the key is free again: what is reopened, or moved back to its old day, is told of anew
        freed = f"{message.dedupe_key}/withdrawn/{message.pk}"
        outcome.withdrawn += mark(message, worker, withdrawn_at=timezone.now(), why_not=written.why, dedupe_key=freed)
        return
    if isinstance(written, Unwritten):
        outcome.postponed += mark(message, worker, next_attempt_at=next_attempt(message), why_not=written.why)
        return
    try:
        send(message, written, mail)
    except (SMTPException, OSError, Unreachable) as error:
        hang_up(mail)
        if is_final(error, message):
            outcome.failed += mark(message, worker, failed_at=timezone.now(), why_not=str(error))
        else:
            outcome.postponed += mark(message, worker, next_attempt_at=next_attempt(message), why_not=str(error))
    else:
        text = f"{written.subject}\n\n{written.text}"
        outcome.sent += mark(message, worker, sent_at=timezone.now(), rendered=text, why_not="")


def mark(message: Message, worker: UUID, **fields: object) -> int:
    return int(Message.objects.waiting().filter(pk=message.pk, claimed_by=worker).update(claimed_by=None, **fields))


class Unreachable(Exception):
    """There is no address to send to."""


def send(message: Message, letter: Letter, mail: BaseEmailBackend) -> None:
    if message.recipient is None:
        raise Unreachable("nobody to tell: give the transition a planner")
    if not message.recipient.email:
        raise Unreachable(f"{message.recipient} has no e-mail address: add one in the admin under people")
    if isinstance(mail, SmtpBackend):
        mail.open()  # else it would hang up after each letter; files are one a letter
    EmailMessage(
        subject=" ".join(letter.subject.split()),
        body=letter.text,
        to=[message.recipient.email],
        connection=mail,
        headers={
            "Message-ID": f"<outbox-{message.pk}@{settings.MAIL_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
        },
    ).send()


def hang_up(mail: BaseEmailBackend) -> None:
    """After an error the connection is in doubt: the next letter opens a new one."""
    try:
        mail.close()
    except (SMTPException, OSError):
        mail.connection = None  # type: ignore[attr-defined]


def is_final(error: Exception, message: Message) -> bool:
    """A server that says 5xx means it (RFC 5321, 4.2.1); anything else may pass."""
    if isinstance(error, Unreachable) or message.attempts >= GIVE_UP_AFTER:
        return True
    if isinstance(error, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    if isinstance(error, SMTPConnectError):
        return False
    return isinstance(error, SMTPResponseException) and 500 <= error.smtp_code < 600


def next_attempt(message: Message) -> datetime:
    """First after 5 to 15 seconds, doubling up to an hour; the jitter keeps workers from coming back in step."""
    wait = random.uniform(5, 15) * 2 ** min(message.attempts - 1, 12)  # noqa: S311 (not a secret)
    return timezone.now() + timedelta(seconds=min(wait, 3600))
