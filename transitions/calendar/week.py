"""Of a person's week: milestones, lists of what an instrument touches, a calendar to approve, and who is waited for."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.missions.models import Transition
from transitions.status.panels import MOST
from transitions.status.weeks import Change, Mine, Row, Week
from transitions.workflow.links import link_to

from .dated import Dated
from .models import AffectedItem, ApprovedVersion, Dependency, Milestone, Redating
from .panel import in_a_sentence
from .resolution_lists import rows_of
from .settling import may_settle

PLANNED = ("planning", "approved", "under_way")  # while a calendar is made and followed
HELD_BACK = (Dependency.Kind.FINISH_TO_START, Dependency.Kind.NOT_BEFORE)


class MilestonesWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        theirs = mine.seen(Milestone).filter(mine.own(), owed_on__lte=mine.until)
        for one in theirs.select_related("transition", "owner_office"):
            row = mine.of_thing(
                one, "Finish it, with evidence" if one.hard else "Finish it", one.transition, "#tr-steps",
                day=one.owed_on, whose=mine.whose(one.owner_id, one.owner_office), hard=one.hard,
                approximate=one.approximate,
            )  # fmt: skip
            yield row if one.hard else mine.with_button(row, one, "finish")

    def own(self, mine: Mine) -> dict[Any, Any]:
        return {Milestone: mine.seen(Milestone).filter(mine.own())}

    def changed(self, mine: Mine, since: datetime) -> Iterator[Change]:
        moved = mine.seen(Redating).filter(mine.own("milestone__"), recorded_at__gt=since).exclude(reason="")
        latest = moved.exclude(by=mine.user).order_by("-pk")[:MOST]
        for row in latest.select_related("milestone__transition", "by"):
            yield Change(row.recorded_at, in_a_sentence(row), row.milestone.transition, link_to(row.milestone))


class ListsWeek(Week):
    def asked(self, mine: Mine) -> Iterator[Row]:
        """One row for each list, with how much of it this person may settle."""
        items = mine.seen(AffectedItem).filter(still_open(mine), kept=None).select_related("instrument", "transition")
        left = Counter(
            (row.item.transition, row.item.instrument)
            for row in rows_of(list(items), user=mine.user, now=mine.now)
            if row.is_open and row.seen and may_settle(row, row.item.transition, by=mine.user, now=mine.now)
        )
        for (transition, instrument), count in left.items():
            yield mine.row(
                f"What {instrument} touches", f"Re-date, keep or drop {count} item{'s' * (count > 1)}", transition,
                place=reverse("admin:resolution_list", args=[instrument.pk, transition.slug]),
            )  # fmt: skip


def still_open(mine: Mine) -> Q:
    found = Q(pk__in=[])
    for kind, dated in Dated.all.items():
        if dated.waits:
            things = mine.seen(dated.model).filter(state__in=dated.open)
            found |= Q(thing_type=kind, thing_id__in=things.values("pk"))
    return found


class FirstVersionWeek(Week):
    def asked(self, mine: Mine) -> Iterator[Row]:
        """A calendar of which no version was ever approved: its plan cannot be approved either."""
        there = Milestone.objects.filter(transition=OuterRef("pk")).exclude(state="dropped")
        approved = ApprovedVersion.objects.filter(transition=OuterRef("pk"))
        found = mine.seen(Transition).filter(Exists(there), ~Exists(approved), state__in=PLANNED)
        for one in found:
            if may(mine.user, Permission.APPROVE_CALENDAR, one, now=mine.now):
                yield mine.of_thing(one, "Approve its calendar: no version is approved", one, "#approve-calendar")


class WaitsWeek(Week):
    def standing(self, mine: Mine) -> Iterator[Row]:
        """What is theirs and near, and cannot be done before something of somebody else."""
        near = {kind: {one.pk: one for one in of_theirs(mine, dated)} for kind, dated in Dated.all.items()}
        waits = mine.seen(Dependency).filter(any_of("then", near), kind__in=HELD_BACK).order_by("pk")
        asked = list(waits.values_list("then_type", "then_id", "first_type", "first_id"))
        firsts = {kind: {pk for _, _, name, pk in asked if name == kind} for kind in Dated.all}
        others = {kind: not_theirs(mine, dated, firsts[kind]) for kind, dated in Dated.all.items()}
        for then_kind, then, kind, pk in asked:
            first = others[kind].get(pk)
            if first is not None:
                it = near[then_kind][then]
                yield mine.of_thing(
                    it, f"Waits for {first}", it.transition, whose=str(first.owner or first.owner_office or "nobody"),
                    day=getattr(first, Dated.all[kind].day),
                )  # fmt: skip


def of_theirs(mine: Mine, dated: type[Dated]) -> Any:
    if not dated.waits:
        return []
    near = {"state__in": dated.open, f"{dated.day}__lte": mine.until}
    return mine.seen(dated.model).filter(mine.own(), **near).select_related("transition")


def not_theirs(mine: Mine, dated: type[Dated], pks: set[int]) -> dict[int, Any]:
    """Of these the ones that are still to come and are somebody else's."""
    if not dated.waits:
        return {}
    others = mine.seen(dated.model).filter(pk__in=pks, state__in=dated.open).exclude(pk__in=mine_of(mine, dated))
    return {one.pk: one for one in others.select_related("owner", "owner_office")}


def mine_of(mine: Mine, dated: type[Dated]) -> Any:
    return dated.model._base_manager.filter(mine.own()).values("pk")


def any_of(end: str, things: dict[str, dict[int, Any]]) -> Q:
    found = Q(pk__in=[])
    for kind, its in things.items():
        found |= Q(**{f"{end}_type": kind, f"{end}_id__in": list(its)})
    return found
