"""What planners have set of the rules of their transitions: where one is switched off, where it has other lead times.

Hard items cannot be switched off: an instrument, a lease, an agreement or a fund has set their day, and a planner has
no say in whether it comes. A rule that is not `switchable` is told of everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.outbox.models import Message

from .models import RuleSetting


@dataclass(frozen=True)
class Chosen:
    """Of one rule, by transition.

    Args:
        off: where it is switched off.
        leads: where it has lead times of its own, by these.
        touched: where anything was ever set.
    """

    off: frozenset[int] = frozenset()
    leads: tuple[tuple[tuple[int, ...], frozenset[int]], ...] = ()
    touched: frozenset[int] = frozenset()

    @property
    def own(self) -> frozenset[int]:
        """The transitions that have lead times of their own."""
        return frozenset().union(*(where for _, where in self.leads))


AS_DECLARED = Chosen()


def chosen_by_rule() -> dict[str, Chosen]:
    """Read once a sweep: one query."""
    of_rule: dict[str, list[RuleSetting]] = defaultdict(list)
    for setting in RuleSetting.objects.order_by("pk"):
        of_rule[setting.rule].append(setting)
    return defaultdict(lambda: AS_DECLARED, {rule: chosen(settings) for rule, settings in of_rule.items()})


def chosen(settings: Iterable[RuleSetting]) -> Chosen:
    leads: dict[tuple[int, ...], set[int]] = defaultdict(set)
    settings = list(settings)
    for setting in settings:
        if setting.lead_days is not None:
            leads[tuple(sorted(setting.lead_days))].add(setting.transition_id)
    return Chosen(
        off=frozenset(setting.transition_id for setting in settings if not setting.switched_on),
        leads=tuple(sorted((days, frozenset(where)) for days, where in leads.items())),
        touched=frozenset(setting.transition_id for setting in settings),
    )


def set_rule(
    rule: Any, transition: Any, *, by: Any, now: datetime, reason: str, switched_on: bool = True,
    lead_days: Iterable[int] | None = None,
) -> RuleSetting:  # fmt: skip
    """Switch a rule in a transition, or give it other lead times. What waits of a rule switched off is withdrawn.

    Raises:
        PermissionDenied: who does not plan the whole of the transition.
        ValidationError: no reason, days that cannot be, or a rule that cannot be switched off.
    """
    if not may(by, Permission.PLAN, transition, now=now):
        raise PermissionDenied(f"{by} does not plan {transition}.")
    if not switched_on and not rule.switchable:
        raise ValidationError({"switched_on": f"That {rule.title} cannot be switched off."})
    leads = None if lead_days is None else sorted(lead_days, reverse=True)
    with transaction.atomic(), pghistory.context(user=by.pk):
        found = RuleSetting.objects.select_for_update().filter(transition=transition, rule=rule.name).first()
        setting: RuleSetting = found or RuleSetting(transition=transition, rule=rule.name)
        setting.switched_on, setting.lead_days, setting.reason = switched_on, leads, reason.strip()
        if not setting.reason:
            raise ValidationError({"reason": "Say why it is set so."})
        setting.full_clean()
        setting.save()
        if not switched_on:
            withdraw_soft(rule, transition, why=f"switched off by {by}: {setting.reason}")
    return setting


def withdraw_soft(rule: Any, transition: Any, *, why: str) -> None:
    """Their keys are free again: switched on, the rule tells of the latest rung anew."""
    waiting = Message.objects.waiting().filter(kind=rule.name, transition=transition, hard=False, claimed_by=None)
    freed = Concat(F("dedupe_key"), Value("/withdrawn/"), Cast("pk", CharField()))
    waiting.update(withdrawn_at=timezone.now(), why_not=why, dedupe_key=freed)
