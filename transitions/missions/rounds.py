"""Once a week each head of office has one list: what of their office's is overdue, and what is due within two weeks.

Source: domain catalogue, section N: heads of office get one weekly list. It is queued on the first working day after
their days off, or on the next one with a sweep where that day had none; it leaves at their own hour, and is written as
things stand then. Nothing is sent where nothing is listed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, BooleanField, F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.text import capfirst

from transitions.access.permissions import Marking
from transitions.clock.present import day
from transitions.outbox.kinds import Letter, NoLonger
from transitions.outbox.models import Message
from transitions.outbox.queueing import queue
from transitions.reminders.models import Sweep
from transitions.reminders.people import TODAY, local_day, officer_in_charge, person
from transitions.reminders.rounds import Round
from transitions.reminders.rules import Rule, days_before_today
from transitions.reminders.still_owed import QUIET
from transitions.reminders.things import name_of

from .models import Office

AHEAD = 14  # days
FROM_SATURDAY = timedelta(days=2)  # the earliest day on which a working week begins, after a Thursday and a Friday off
SWEPT = "swept_on"  # on each office: the day of the last sweep, in its transition's own zone
MISSED = 6  # days without a sweep that a list is made up for: before that, it was another week's
MOST = 50  # lines: what is more than that is said by its number


class WeeklyList(Round):
    name = "missions.weekly_list"
    title = "the week's list of an office"

    @classmethod
    def queue(cls, sweep: Any, *, now: datetime) -> int:
        """One an office and week, to its officer-in-charge or its head; marked, as what it lists may be."""
        begin = {key(office, now): office for office in beginning_their_week(now)}
        known = Message.objects.filter(dedupe_key__in=list(begin)).values_list("dedupe_key", flat=True)
        left = {begin[name].pk: begin[name] for name in begin.keys() - set(known)}
        new = [left[pk] for pk in sorted(with_something(left, now=now))]
        queue((cls.message(office, sweep, now=now) for office in new), now=now)
        return len(new)

    @classmethod
    def message(cls, office: Any, sweep: Any, *, now: datetime) -> Message:
        return Message(
            kind=cls.name, transition_id=office.transition_id, thing_type=office._meta.label_lower,
            thing_id=office.pk, recipient_id=office.told, sweep=sweep,
            marking=Marking.STRICTLY_CONFIDENTIAL, payload={"as": called(office)}, dedupe_key=key(office, now),
        )  # fmt: skip

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        offices = Office.objects.select_related("transition").in_bulk([message.thing_id for message in messages])
        listed: dict[int | None, list[Entry]] = defaultdict(list)
        for entry in entries(offices.values(), now=now):
            listed[entry.office].append(entry)
        return {
            message.pk: letter(offices[message.thing_id], sorted(listed[message.thing_id]))
            for message in messages
            if message.thing_id in offices
        }


def beginning_their_week(now: datetime) -> Any:
    """Offices with somebody to tell (`told`) that work today, whose week begins or began on a day without a sweep."""
    last = Sweep.objects.order_by("-ended_at").values_list("now", flat=True).first() or now
    told = Coalesce(officer_in_charge("pk").query, person("head").query, output_field=BigIntegerField())
    swept = {TODAY: local_day("transition", now), SWEPT: local_day("transition", last)}
    offices = Office.objects.annotate(**swept).annotate(told=told)
    begun = begins(0)
    for days in range(1, min((now - last).days + 1, MISSED) + 1):
        begun |= begins(days) & Q(**{f"{SWEPT}__lt": days_before_today(days)})
    found = offices.filter(Q(works(0)), begun, told__isnull=False)
    return found.select_related("transition").order_by("pk")


def begins(days: int) -> Q:
    """So many days ago was a working day after a day off."""
    return Q(works(days)) & ~Q(works(days + 1))


def works(days: int) -> "Works":
    return Works(F("told"), F("transition"), days_before_today(days))


class Works(Func):
    """(person, transition, day) → whether it is a working day of theirs."""

    function = "outbox_works"
    output_field = BooleanField()


def called(office: Any) -> str:
    return "head of office" if office.told == office.head_id else "officer-in-charge"


def key(office: Any, now: datetime) -> str:
    """A week is named by the ISO week in which most of its working days lie."""
    week = (day(now, office.transition.time_zone) + FROM_SATURDAY).isocalendar()
    return f"{WeeklyList.name}/{office.pk}/{week.year}-W{week.week:02}"


# --- what is listed


@dataclass(frozen=True, order=True)
class Entry:
    due: date
    kind: str
    name: str
    office: int
    today: date

    def __str__(self) -> str:
        late = (self.today - self.due).days
        when = f"due on {self.due:%-d %B %Y}"
        return f"- {capfirst(self.kind)}: {self.name}, {when}" + f", {late} day{'s' * (late > 1)} late" * (late > 0)


def listed_rules() -> Iterator[type[Rule]]:
    return (rule for rule in Rule.all.values() if rule.office)


def near(rule: type[Rule], offices: Iterable[int], *, now: datetime) -> Any:
    """Its items that are overdue or due soon, but for those in a pause."""
    items = rule.items.annotate(**{TODAY: local_day(rule.transition, now), QUIET: rule.quiet})
    soon = {f"{rule.owed}__lte": days_before_today(-AHEAD), f"{rule.office}__in": list(offices), QUIET: None}
    return items.filter(**soon).order_by()


def with_something(offices: Iterable[int], *, now: datetime) -> set[int]:
    found: set[int] = set()
    for rule in listed_rules():
        if missing := set(offices) - found:
            found |= set(near(rule, missing, now=now).values_list(rule.office, flat=True))
    return found


def entries(offices: Iterable[Any], *, now: datetime) -> Iterator[Entry]:
    """One query a rule."""
    places = {office.pk: office for office in offices}
    for rule in listed_rules():
        for item in near(rule, places, now=now).select_related(*rule.related).annotate(office_=F(rule.office)):
            name = name_of(item, rule.marking_of(item))
            yield Entry(getattr(item, rule.owed), item._meta.verbose_name, name, item.office_, getattr(item, TODAY))


def letter(office: Any, listed: Sequence[Entry]) -> Letter | NoLonger:
    if not listed:
        return NoLonger(f"nothing is overdue or due within {AHEAD} days")
    late = [entry for entry in listed if entry.due < entry.today]
    soon = [entry for entry in listed if entry.due >= entry.today]
    lines = [f"{office.name}, {office.transition}.", ""]
    for title, some in (("Overdue", late), (f"Due within {AHEAD} days", soon)):
        lines += [f"{title}: {len(some)}", *map(str, some[:MOST])] if some else []
        lines += [f"- and {len(some) - MOST} more"] * (len(some) > MOST)
    return Letter(f"This week in {office.name}: {len(late)} overdue, {len(soon)} due soon", "\n".join(lines))
