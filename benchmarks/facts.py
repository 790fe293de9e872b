"""What every dated row of this room is stamped with: since when, known since when, by whom, from which document."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.clock.present import day
from transitions.workflow.checks import check_fact
from transitions.workflow.engine import Fact

from .lifecycle import BenchmarkLifecycle
from .models import Benchmark


def stamp(
    transition: Any, *, by: Any, now: datetime, fact: Fact | None = None, holds_from: date | None = None
) -> dict[str, Any]:
    """The columns of a `FactRow`. Without a document it is known from today on.

    Args:
        holds_from: the day from which it holds, where that is not the document's, nor today.
    Raises:
        PermissionDenied, ValidationError: a fact that `by` may not record, or that has not happened yet.
    """
    today = day(now, transition.time_zone)
    if fact:
        check_fact(fact, transition, by=by, now=now)
    return {
        "by": by, "recorded_at": now, "holds_from": holds_from or (fact.holds_from if fact else today),
        "known_from": (fact and fact.known_from) or today, "source": fact.source if fact else "",
        "approximate": bool(fact and fact.approximate),
    }  # fmt: skip


def check_planner(benchmark: Benchmark, *, by: Any, now: datetime, pillar: int | None = None) -> None:
    """Who plans here, leads its pillar, or owns it.

    Args:
        pillar: another one, where it comes from there or goes there.
    """
    transition, pillar = benchmark.transition, pillar or benchmark.pillar_id
    plans = may(by, Permission.PLAN, transition, now=now, pillar_id=pillar)
    if not (plans or BenchmarkLifecycle.is_owner(by, benchmark, now=now)):
        raise PermissionDenied("a benchmark is set up and changed by a planner, its pillar lead or its owner")


def save(row: Any) -> Any:
    row.full_clean()
    row.save(force_insert=True)
    return row
