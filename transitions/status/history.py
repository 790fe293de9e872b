"""Everything that ever happened to a transition and what belongs to it, newest first, as far as one may see it."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from transitions.access.models import User
from transitions.workflow import veil

from .panel import named
from .panels import Panel


def history_of(transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
    """Rows of `HISTORY`, of every panel that has some, as one query."""
    parts = [panel.history(transition, user=user, now=now) for panel in Panel.all]
    sources = [one for part in parts for one in ([part] if isinstance(part, QuerySet) else part or ())]
    first, *others = [part.order_by() for part in sources]
    return first.union(*others, all=True).order_by("-at", "about_type", "-about_id", "-source_of_row", "-row")


def told(rows: list[tuple[Any, ...]], *, user: Any, now: datetime) -> list[dict[str, Any]]:
    """One page of rows with people and things by name: a query for people, one for each kind of thing."""
    people = User.objects.in_bulk({row[2] for row in rows})
    hidden = veil.unseen((veil.about_of(one) for row in rows for one in row[10] or ()), user=user, now=now)
    subjects = named((row[4], row[5]) for row in rows)
    return [
        {
            "at": at, "holds_from": since, "who": str(people[who]), "role": role, "subject": subjects[kind, pk],
            "from": was or None, "to": became, "reason": reason, "source": source,
            "passed_over": veil.told(passed or [], hidden),
        }
        for at, since, who, role, kind, pk, was, became, reason, source, passed, *_ in rows
    ]  # fmt: skip
