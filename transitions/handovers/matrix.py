"""The matrix: every task and site with its handovers on a day, and the lists that people draw from it.

A row is a handover, or a task or site that has none yet: what nobody takes over must not be missing from the page
that says who takes over what.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from transitions.missions.models import Area, Pillar
from transitions.status.panels import View

from .at_a_day import HANDED_OVER, NOTHING_SEEN, Standing, handovers_at, names
from .models import Dimension, Level, MandatedTask, Site

NO_HANDOVER, ENDS = "no_handover", "ends_with_mission"  # how a task or site without a handover stands
LEFT = ("refused", "lapsed", NO_HANDOVER)  # whatever was said of a recipient, there is none
COMING = ("proposed", "preparing", "offered", "accepted", "suspended")
LISTS = {
    "all": "The matrix",
    "unready": "Without a ready recipient",
    "receives": "What each recipient will receive",
    "after": "What happened after",
}


def matrix_at(transition: Any, view: View) -> list[Standing]:
    """What the viewer may see of it, tasks first, in order of their codes; in a fixed number of queries."""
    return matrix_of(transition, view, handovers_at([transition.pk], view))


def matrix_of(transition: Any, view: View, handovers: Sequence[Standing]) -> list[Standing]:
    """Args: handovers: what was read of them already."""
    have = {(row.task, row.site) for row in handovers}
    bare = [row for row in without_handover(transition, view) if (row.task, row.site) not in have]
    return sorted([*handovers, *bare], key=lambda row: (row.site is not None, row.site or row.task, row.code))


def without_handover(transition: Any, view: View) -> Iterator[Standing]:
    """As if no task or site had one. A task is there from its mandate on; what bears no date is there today."""
    pillars, areas = names(Pillar, [transition.pk]), names(Area, [transition.pk])
    mandated = Q(instrument__holds_from__lte=view.as_of, instrument__known_from__lte=view.known_at)
    tasks = MandatedTask.objects.visible_to(view.user, now=view.now).filter(transition=transition)
    tasks = tasks.filter(mandated | Q(instrument=None) if view.present else mandated)
    columns = ("code", "title", "marking", "illustrative", "continues", "pillar_id", "area_id")
    for code, title, marking, illustrative, continues, pillar, area in tasks.values_list(*columns):
        state = ENDS if continues == MandatedTask.Continues.NO else NO_HANDOVER
        row = BARE._replace(code=code, title=title, marking=marking, illustrative=illustrative, task=code, state=state)
        yield placed(row, pillars.get(pillar), areas.get(area))
    if view.present:
        sites = Site.objects.visible_to(view.user, now=view.now).filter(transition=transition)
        for code, name, marking, illustrative, area in sites.values_list(*SITE):
            row = BARE._replace(code=code, title=name, marking=marking, illustrative=illustrative, site=code)
            yield placed(row, None, areas.get(area))


SITE = ("code", "name", "marking", "illustrative", "area_id")
BARE = Standing(
    id=0, transition_id=0, code="", title="", part="", track="", follows=None, marking="", illustrative=False,
    task=None, site=None, pillar=None, pillar_code=None, area=None, area_code=None, state=NO_HANDOVER, version=0,
    recipient=None, recipient_code=None, recipient_kind=None, agreed_use="", readiness=None, readiness_by_dimension={},
    money_until=None, planned_on=None, residual_owner=None, follow_ups=NOTHING_SEEN,
)  # fmt: skip


def placed(row: Standing, pillar: tuple[str, str] | None, area: tuple[str, str] | None) -> Standing:
    pillar_name, pillar_code = pillar or (None, None)
    area_name, area_code = area or (None, None)
    return row._replace(pillar=pillar_name, pillar_code=pillar_code, area=area_name, area_code=area_code)


def listed(rows: Sequence[Standing], name: str) -> list[Standing]:
    """The rows of one of `LISTS`, in the order in which it is read."""
    match name:
        case "unready":
            return without_ready_recipient(rows)
        case "receives":
            return to_be_received(rows)
        case "after":
            return [row for row in rows if row.state in HANDED_OVER]
    return list(rows)


def without_ready_recipient(rows: Sequence[Standing]) -> list[Standing]:
    """What is still to be handed over and has nobody who is ready for it, the weakest first.

    None and unknown count as not ready: nobody may rely on them. A task that lapsed is here until it is handed on.
    """
    followed = {row.follows for row in rows}
    waiting = [row for row in rows if row.state in LEFT or (row.state in COMING and row.readiness != Level.READY)]
    found = [row for row in waiting if row.state != "lapsed" or (row.task and row.id not in followed)]
    return sorted(found, key=lambda row: WEAKEST_FIRST.index(weakness(row)))


def to_be_received(rows: Sequence[Standing]) -> list[Standing]:
    """By recipient, and in order of the planned day; without a day last."""
    found = [row for row in rows if row.state in COMING and row.recipient]
    return sorted(found, key=lambda row: (row.recipient, row.planned_on or date.max, row.code))


WEAKEST_FIRST = ("none", Level.NOT_READY, "unknown", Level.PARTLY, Level.READY)


def weakness(row: Standing) -> str:
    """How a row is shown: its weakest dimension, or nobody; empty where nobody is needed."""
    if row.state in LEFT:
        return "none"
    if row.state in ("ended", ENDS):
        return ""
    return row.readiness or "unknown"


def gaps(row: Standing) -> str:
    """Which dimensions make a recipient as weak as it is, and how many are unknown: never seen, or no more."""
    levels = row.readiness_by_dimension
    weak = [Dimension(name).label.lower() for name in Dimension.values if levels.get(name) == row.readiness]
    unseen = len(Dimension.values) - len(levels)
    said = [", ".join(weak)] if row.readiness in (Level.NOT_READY, Level.PARTLY) else []
    if unseen:
        said.append(f"{unseen} of {len(Dimension.values)} unknown" if levels else "nobody has looked")
    return "; ".join(said)


def is_red(cell: str, row: Standing, as_of: date) -> bool:
    """What on a row asks somebody to act: the same on the page and in the spreadsheet."""
    match cell:
        case "state":
            return row.state in (*LEFT, "suspended")
        case "readiness":
            return row.readiness == Level.NOT_READY and row.state != "ended"
        case "money_until":
            return row.money_until is not None and row.money_until < as_of and row.state != "ended"
        case "next_follow_up":
            return row.follow_ups.overdue > 0
    raise ValueError(cell)
