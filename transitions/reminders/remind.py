"""A sweep made by hand, for an instant: what the command `remind` does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from transitions.clock import present
from transitions.outbox import delivery
from transitions.outbox.models import Message

from .models import Sweep
from .sweep import sweep

SAME = timedelta(minutes=1)  # what counts as the present, for somebody who types an instant


class NotNow(ValueError):
    """Outside a rehearsal nothing is sent for another instant than the present."""


@dataclass(frozen=True)
class Counts:
    """Messages of one sweep, by what became of them."""

    queued: int
    sent: int
    suppressed: int
    withdrawn: int
    failed: int

    def __str__(self) -> str:
        return " ".join(f"{name} {number}" for name, number in vars(self).items())


def remind(until: datetime, *, dry_run: bool = False) -> tuple[Sweep, dict[str, Counts], Counts]:
    """Sweep for an instant and deliver what that sweep has queued.

    In a rehearsal an instant after the stored clock moves the rehearsal there, in the transaction of the sweep.

    Raises:
        NotNow: an instant that is not the present, outside a rehearsal and not as a dry run.
    """
    with transaction.atomic():
        check(until, dry_run=dry_run)
        if not dry_run and present.rehearsing() and until > present.now():
            present.rehearse(until)
        made = sweep(now=until)
        if dry_run:
            counts = counted(made)
            transaction.set_rollback(True)
            return made, *counts
    delivery.deliver(now=until, sweep=made.pk)
    return made, *counted(made)


def check(until: datetime, *, dry_run: bool) -> None:
    if not dry_run and not present.rehearsing() and abs(until - present.now()) > SAME:
        raise NotNow("outside a rehearsal reminders are sent for the present only: add --dry-run to look ahead or back")


def counted(made: Sweep) -> tuple[dict[str, Counts], Counts]:
    by_kind = Message.objects.filter(sweep=made.pk).values_list("kind").annotate(**NUMBERS).order_by("kind")
    kinds = {row[0]: Counts(*row[1:]) for row in by_kind}
    total: list[Any] = [sum(column) for column in zip(*(vars(one).values() for one in kinds.values()), strict=True)]
    return kinds, Counts(*(total or [0] * 5))


NUMBERS = {
    "n_queued": Count("pk", filter=Q(suppressed_at=None)),
    "n_sent": Count("pk", filter=Q(sent_at__isnull=False)),
    "n_suppressed": Count("pk", filter=Q(suppressed_at__isnull=False)),
    "n_withdrawn": Count("pk", filter=Q(withdrawn_at__isnull=False)),
    "n_failed": Count("pk", filter=Q(failed_at__isnull=False)),
}
