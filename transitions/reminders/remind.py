"""A sweep made by hand, for an instant: what the command `remind` does."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from transitions.clock import present
from transitions.outbox import delivery
from transitions.outbox.channels import Channel
from transitions.outbox.models import Message

from .models import Sweep
from .rules import Rule
from .sweep import sweep

SAME = timedelta(minutes=1)  # what counts as the present, for somebody who types an instant
PATIENCE = 30.0  # seconds for a worker that is sending some of this sweep's messages at the same moment


class NotNow(ValueError):
    """Outside a rehearsal nothing is sent for another instant than the present."""


@dataclass(frozen=True)
class Counts:
    """Messages of one sweep, by what became of them."""

    queued: int = 0
    sent: int = 0
    suppressed: int = 0
    withdrawn: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return " ".join(f"{name} {number}" for name, number in vars(self).items())


def remind(until: datetime, *, dry_run: bool = False) -> tuple[Sweep, dict[str, Counts], Counts]:
    """Sweep for an instant, deliver what is due by then, and count what became of this sweep's messages.

    In a rehearsal an instant after the stored clock moves the rehearsal there, in the transaction of the sweep.

    Raises:
        NotNow: an instant that is not the present, outside a rehearsal and not as a dry run.
    """
    with transaction.atomic():
        if not dry_run:
            move(until)
        made = sweep(now=until)
        if dry_run:
            counts = counted(made)
            transaction.set_rollback(True)
            return made, *counts
    for channel in Channel.named:
        delivery.deliver(now=until, channel=channel)
    wait_for_others(made)
    return made, *counted(made)


def move(until: datetime) -> None:
    """Time never runs backwards: for an instant that a rehearsal has passed, it stays where it is."""
    if present.rehearsing():
        with suppress(present.RunsBackwards):
            present.rehearse(until)
    elif abs(until - present.now()) > SAME:
        raise NotNow("outside a rehearsal reminders are sent for the present only: add --dry-run to look ahead or back")


def wait_for_others(made: Sweep) -> None:
    """A worker that runs at the same time may hold some of them: what it sends counts too."""
    deadline = time.monotonic() + PATIENCE
    held = Message.objects.waiting().filter(sweep=made.pk, claimed_by__isnull=False)
    while held.filter(next_attempt_at__gt=timezone.now()).exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def counted(made: Sweep) -> tuple[dict[str, Counts], Counts]:
    """By kind, every rule's kind among them, and in all."""
    of_sweep = Message.objects.filter(sweep=made.pk)
    kinds = dict.fromkeys(sorted(Rule.all), Counts())
    kinds |= {row[0]: Counts(*row[1:]) for row in of_sweep.values_list("kind").annotate(**NUMBERS)}
    return kinds, Counts(**of_sweep.aggregate(**NUMBERS))


NUMBERS = {
    "queued": Count("pk", filter=Q(suppressed_at=None)),
    "sent": Count("pk", filter=Q(sent_at__isnull=False)),
    "suppressed": Count("pk", filter=Q(suppressed_at__isnull=False)),
    "withdrawn": Count("pk", filter=Q(withdrawn_at__isnull=False)),
    "failed": Count("pk", filter=Q(failed_at__isnull=False)),
}
