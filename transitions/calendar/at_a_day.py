"""The calendar as it stood on a day, as known on a day: every milestone with its state, its date, its slip."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from transitions.workflow.at_a_day import Stood, states_at

from .models import OUTDOORS, OWED, Milestone, Redating
from .versions import dates_in, latest_versions


@dataclass(frozen=True)
class Row:
    """One milestone on a day. Dates are days in the transition's zone; None is unknown, and `slip_days` then n/a."""

    id: int
    transition_id: int
    code: str
    title: str
    kind: str
    pillar: str | None
    pillar_name: str | None
    owner: str | None
    office: str | None
    hard: bool
    marking: str
    approximate: bool
    illustrative: bool
    due_on: date | None
    state: str
    version: int
    done_on: date | None
    overdue: bool
    version_due_on: date | None
    slip_days: int | None
    area_id: int | None = None

    @property
    def who(self) -> str | None:
        return self.owner or self.office

    @property
    def state_words(self) -> str:
        return self.state.replace("_", " ")

    @property
    def owed(self) -> bool:
        return self.state in OWED

    @property
    def awaited(self) -> bool:
        """Still to come, also while it is suspended."""
        return self.state in (*OWED, "suspended")

    @property
    def outdoors(self) -> bool:
        return self.kind in OUTDOORS


FIELDS = (
    "pk", "transition_id", "code", "title", "kind", "hard", "marking", "approximate", "illustrative", "pillar__code",
    "area_id", "pillar__name", "owner__display_name", "owner__username", "owner_office__code", "owner_office__name",
)  # fmt: skip


def calendar_at(
    transitions: Iterable[int], *, user: Any, now: datetime, as_of: date, known_at: date, version: int | None = None,
    stood: Mapping[int, Stood] | None = None,
) -> list[Row]:  # fmt: skip
    """What `user` may see of the calendars of these transitions, in a fixed number of queries.

    Args:
        version: the number of the approved version that slip is measured against, else the latest.
        stood: how each milestone stood, where it has been read already.
    """
    ids = list(transitions)
    seen = Milestone.objects.visible_to(user, now=now).filter(transition__in=ids).values(*FIELDS)
    if stood is None:
        stood = states_at(ids, as_of=as_of, known_at=known_at)[Milestone._meta.label_lower]
    due = due_dates(ids, as_of=as_of, known_at=known_at)
    frozen = dates_in(latest_versions(ids, number=version, as_of=as_of, known_at=known_at))
    rows = [
        row_of(fields, stood[fields["pk"]], due.get(fields["pk"]), frozen, as_of=as_of)
        for fields in seen
        if fields["pk"] in stood
    ]
    return sorted(rows, key=lambda row: (row.due_on or date.max, row.code))


def due_dates(transitions: Iterable[int], *, as_of: date, known_at: date) -> dict[int, date | None]:
    """Of each milestone: the re-dating with the greatest (holds_from, id) that counts."""
    counted: QuerySet[Redating, Any] = Redating.objects.filter(
        milestone__transition__in=list(transitions), holds_from__lte=as_of, known_from__lte=known_at
    )
    latest = counted.order_by("milestone_id", "-holds_from", "-pk").distinct("milestone_id")
    return dict(latest.values_list("milestone", "due_on"))


def row_of(
    fields: dict[str, Any], stood: Stood, due_on: date | None, frozen: dict[int, date | None], *, as_of: date
) -> Row:
    version_due_on = frozen.get(fields["pk"])
    return Row(
        id=fields["pk"], transition_id=fields["transition_id"], code=fields["code"], title=fields["title"],
        kind=fields["kind"], pillar=fields["pillar__code"], pillar_name=fields["pillar__name"],
        owner=fields["owner__display_name"] or fields["owner__username"], office=fields["owner_office__name"],
        hard=fields["hard"], marking=fields["marking"], approximate=fields["approximate"],
        illustrative=fields["illustrative"], due_on=due_on, state=stood.state, version=stood.version,
        done_on=stood.since if stood.state == "done" else None,
        overdue=stood.state in OWED and due_on is not None and due_on < as_of,
        version_due_on=version_due_on,
        slip_days=(due_on - version_due_on).days if due_on and version_due_on else None,
        area_id=fields["area_id"],
    )  # fmt: skip
