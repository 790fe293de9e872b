"""What is open at the mandate's end: until that day what is open now, from that day on what was open at its end.

The list does not shrink afterwards by what was settled later: how each item stands on the day that is looked at, and
who owns it, is said beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from transitions.missions.ends import ends_of
from transitions.status.panels import View
from transitions.workflow.models import StateChange

from .at_a_day import Standing
from .models import Handover
from .plans import SETTLED

LAPSED = "lapsed"


def open_at_end(rows: Sequence[Standing], transitions: Sequence[Any], view: View) -> dict[int, list[Standing]]:
    """Of each transition the handovers on its list, in at most two queries more."""
    passed = ended(transitions, view)
    then = states_then(passed, view) if passed else {}
    handed_on = {row.follows for row in rows}
    listed: dict[int, list[Standing]] = {one.pk: [] for one in transitions}
    for row in rows:
        state = then.get(row.id) if row.transition_id in passed else row.state
        if state and is_open(row, state, handed_on):
            listed[row.transition_id].append(row)
    return listed


def is_open(row: Standing, state: str, handed_on: Iterable[int | None]) -> bool:
    """A task that has lapsed is open again, until it is handed on; a site that was given away is not the mission's."""
    return state not in SETTLED or (state == LAPSED and row.task is not None and row.id not in handed_on)


def ended(transitions: Sequence[Any], view: View) -> dict[int, date]:
    """The transitions whose mandate has ended before the day that is looked at, and when."""
    missions = {one.mission_id for one in transitions if one.mission_id}
    ends = ends_of(missions, as_of=view.as_of, known_at=view.known_at) if missions else {}
    headlines = {one.pk: ends[one.mission_id].headline for one in transitions if one.mission_id}
    return {pk: end.date for pk, end in headlines.items() if end and end.date < view.as_of}


def states_then(ends: Mapping[int, date], view: View) -> dict[int, str]:
    """The state of each handover at the end of its mandate's last day, as known by now."""
    counted = Q(pk__in=[])
    for pk, last_day in ends.items():
        counted |= Q(transition=pk, holds_from__lte=last_day)
    changes = StateChange.objects.filter(
        counted, thing_type=Handover._meta.label_lower, known_from__lte=view.known_at
    ).order_by("thing_id", "-version")
    return dict(changes.distinct("thing_id").values_list("thing_id", "state"))
