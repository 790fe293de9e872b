"""One sweep over every rule and round.

It may run twice, late, or in two places at once: the messages' keys keep it honest.
"""

from datetime import datetime
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from transitions.outbox.models import Message

from .chosen import chosen_by_rule
from .models import Sweep
from .rounds import Round
from .rules import Rule
from .storm import brake


def sweep(*, now: datetime) -> Sweep:
    """Queue what every rule and round finds due at `now`, in one transaction. Delivery is somebody else's work."""
    mark = uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")  # many short expressions: compiling them takes longer than all the rest
        for kind in Message.objects.waiting().order_by().values_list("kind", flat=True).distinct():
            if kind in Rule.all:
                Rule.all[kind].withdraw()
        chosen = chosen_by_rule()
        queued = sum(rule.queue(mark, now=now, chosen=chosen[rule.name]) for rule in Rule.all.values())
        queued += sum(each.queue(mark, now=now) for each in Round.all.values())
        brake(mark, now=now)
        return Sweep.objects.create(id=mark, now=now, ended_at=timezone.now(), queued=queued)
