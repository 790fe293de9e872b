"""No day on which somebody is told twice or not at all: from items through sweeps and deliveries to letters.

`EXAMPLES=300` makes a long run of it.
"""

import os
import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from tests import world
from tests.reminders.telling import HEADS, LEADS, OWNERS, Telling, Wish, at, text_of
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.calendar.models import Milestone
from transitions.calendar.reminders import MilestoneDue
from transitions.missions.models import Transition
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Holiday, Pace, Preference, WorkingWeek
from transitions.outbox.slots import plan_anew
from transitions.reminders.rules import Rule
from transitions.reminders.sweep import sweep

EXAMPLES = int(os.environ.get("EXAMPLES", "6"))
PORT_AU_PRINCE, KHARTOUM, NEW_YORK = "America/Port-au-Prince", "Africa/Khartoum", "America/New_York"
ZONES = [PORT_AU_PRINCE, KHARTOUM, NEW_YORK, "Pacific/Kiritimati", "Pacific/Honolulu", "Australia/Lord_Howe",
         "Europe/London"]  # fmt: skip
PHASES = [Phase.explicit, Phase.generate]  # an example takes seconds: it is shown as it was found
DAYS = 8
ONE_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def milestones_alone(monkeypatch: Any) -> None:
    """A sweep by the other rules finds nothing here, and takes ten times as long."""
    monkeypatch.setattr(Rule, "all", {MilestoneDue.name: MilestoneDue})


# to a 29 February, a change of clocks (at midnight, too; by half an hour), days off
CLOSE = [date(2020, 2, 26), date(2024, 2, 27), date(2020, 3, 6), date(2020, 10, 30), date(2006, 3, 31),
         date(2017, 10, 30), date(2020, 4, 3), date(2020, 12, 2)]  # fmt: skip
MINUTES = st.sampled_from([0, 1, 2 * 60, 6 * 60 + 59, 7 * 60, 7 * 60 + 1, 23 * 60 + 59]) | st.integers(0, 24 * 60 - 1)
HOURS = st.times().map(lambda clock: time(clock.hour, clock.minute))
WISHES = st.fixed_dictionaries({
    "pace": st.sampled_from(Pace), "hour": HOURS | st.just(time(7)), "weekday": st.integers(1, 7),
    "time_zone": st.sampled_from(ZONES),
})  # fmt: skip
QUIET = st.sampled_from([(None, None), (time(22), time(6)), (time(0), time(8)), (time(12), time(13, 30))])
RUNS = st.tuples(st.sets(MINUTES, min_size=1, max_size=2), st.sets(MINUTES, min_size=1, max_size=2))


class TestNoDay(TransactionTestCase):
    """Every run of the program on any of its days finds the letters that a person would expect, and no others."""

    @pytest.fixture(autouse=True)
    def given_mail(self, mail: Any) -> None:
        self.mail = mail

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(
        zone=st.sampled_from(ZONES),
        first=st.sampled_from(CLOSE) | st.dates(date(2005, 1, 1), date(2030, 1, 1)),
        wishes=st.tuples(WISHES, WISHES, WISHES),
        quiet=QUIET,
        later=WISHES,
        days_off=st.sampled_from([(5, 6), (6, 7), ()]),
        holidays=st.dictionaries(st.integers(0, DAYS), st.booleans(), max_size=3),
        items=st.lists(
            st.tuples(st.integers(-16, DAYS + 1) | st.just(14), st.booleans(), st.none() | st.integers(0, DAYS)),
            min_size=1, max_size=3,
        ),
        changes_on=st.integers(0, DAYS),
        runs=st.lists(RUNS, min_size=DAYS, max_size=DAYS),
    )  # fmt: skip
    def test_is_without_its_letter_or_has_two(
        self, zone: str, first: date, wishes: tuple[dict[str, Any], ...], quiet: tuple[time | None, time | None],
        later: dict[str, Any], days_off: tuple[int, ...], holidays: dict[int, bool],
        items: list[tuple[int, bool, int | None]], changes_on: int, runs: list[tuple[set[int], set[int]]],
    ) -> None:  # fmt: skip
        self.mail.letters.clear()
        then = at(first, "UTC", time(12)) - timedelta(days=60)
        here = world.transition("under_way", time_zone=zone, now=then)
        office, pillar = world.office(here), world.pillar(here)
        owner = world.person(Role.PROVIDER, here, at=office)
        lead = world.person(Role.PILLAR_LEAD, here, pillar=pillar)
        deputy = world.person(Role.DEPUTY_HEAD, here)
        WorkingWeek.objects.create(transition=here, days_off=list(days_off))
        off = [
            Holiday.objects.create(transition=here, office=None if is_all_offices else office, name="A day off",
                                   on=first + number * ONE_DAY)
            for number, is_all_offices in holidays.items()
        ]  # fmt: skip
        made = [
            world.milestone(here, now=then, owner=owner, owner_office=office, pillar=pillar, hard=hard,
                            due_on=first + timedelta(days=due))
            for due, hard, _ in items
        ]  # fmt: skip
        hours = {"quiet_from": quiet[0], "quiet_until": quiet[1]}
        told = [
            Wish(person, rungs, wish(person, **how, **hours), days_off, is_up=rungs is HEADS,
                 holidays=[holiday.on for holiday in off if person == owner or holiday.office is None])
            for person, rungs, how in zip((owner, lead, deputy), (OWNERS, LEADS, HEADS), wishes, strict=True)
        ]  # fmt: skip
        it = Telling(here, self.mail, made.copy(), told)
        for number, (sweeps, deliveries) in enumerate(runs):
            begins = at(first + timedelta(days=number), zone)
            ends = at(first + timedelta(days=number + 1), zone)
            for item, (_, _, dropped_on) in zip(made, items, strict=True):
                if dropped_on == number:
                    it.drop(item, begins)
            if changes_on == number:
                told[0].choice.delete()
                told[0].choice = wish(owner, **later, **hours)
                plan_anew(owner)
            planned = [(minute, 0) for minute in sweeps] + [(minute, 1) for minute in deliveries]
            for minute, what in sorted(planned):
                now = min(begins + timedelta(minutes=minute), ends - timedelta(minutes=1))
                note(f"{now} {'deliver' if what else 'sweep'}")
                (it.deliver if what else it.sweep)(now)


@pytest.mark.django_db(transaction=True)
class TestTheDay:
    """The same by example: the program runs at these hours, and these letters come."""

    @pytest.fixture
    def heard(self, mail: Any) -> Any:
        def played(zone: str, first: date, days: int, *hours: float) -> list[str]:
            """At these hours of each day in a zone: when a letter came there, and what it says of each item."""
            told, clocks = [], [time(int(hour), int(hour % 1 * 60)) for hour in hours]
            for now in sorted({at(first + n * ONE_DAY, zone, clock) for n in range(days) for clock in clocks}):
                sweep(now=now)
                mail.letters.clear()
                deliver(now=now)
                told += [f"{now.astimezone(ZoneInfo(zone)):%d %b %H:%M} {said(letter)}" for letter in mail.letters]
            return told

        return played

    def item(self, due: date, zone: str, **fields: Any) -> Milestone:
        here = world.transition("under_way", time_zone=zone, now=at(due, zone) - timedelta(days=90))
        return self.another(here, world.person(Role.PROVIDER, here), due, **fields)

    def another(self, here: Transition, owner: User, due: date, **fields: Any) -> Milestone:
        return world.milestone(here, owner=owner, due_on=due, now=at(due, here.time_zone) - 80 * ONE_DAY, **fields)

    @pytest.mark.parametrize("zone", [PORT_AU_PRINCE, KHARTOUM])
    def test_begins_at_local_midnight(self, heard: Any, zone: str) -> None:
        item = self.item(date(2020, 12, 2), zone)
        wish(item.owner, hour=time(0))
        assert heard(zone, date(2020, 12, 1), 3, 0, 12, 23.5) == [
            "01 Dec 00:00 Due in 1 day", "02 Dec 00:00 Due today", "03 Dec 00:00 Late by 1 day",
        ]  # fmt: skip

    def test_has_its_letter_where_the_hour_of_it_is_left_out_for_summer_time(self, heard: Any) -> None:
        item = self.item(date(2020, 3, 8), NEW_YORK, hard=True)
        wish(item.owner, hour=time(2, 30))
        assert heard(NEW_YORK, date(2020, 3, 7), 3, 2, 2.5, 3, 3.5, 23) == [
            "07 Mar 02:30 Due in 1 day", "08 Mar 03:30 Due today", "09 Mar 02:30 Late by 1 day",
        ]  # fmt: skip

    def test_may_be_the_29th_of_february(self, heard: Any) -> None:
        item = self.item(date(2024, 2, 29), KHARTOUM)
        self.another(item.transition, item.owner, date(2024, 3, 30))
        assert heard(KHARTOUM, date(2024, 2, 28), 3, 6.5, 7, 20) == [
            "28 Feb 07:00 Due in 1 day", "29 Feb 07:00 Due today, Due in 30 days", "01 Mar 07:00 Late by 1 day",
        ]  # fmt: skip

    def test_off_in_a_week_from_sunday_to_thursday_brings_what_is_hard_alone(self, heard: Any) -> None:
        friday = date(2020, 12, 4)
        item = self.item(friday, KHARTOUM)
        self.another(item.transition, item.owner, friday, hard=True)
        WorkingWeek.objects.create(transition=item.transition, days_off=[5, 6])
        assert heard(KHARTOUM, date(2020, 12, 3), 4, 6.5, 7, 20) == [
            "03 Dec 07:00 Due in 1 day, Due in 1 day", "04 Dec 07:00 Due today", "05 Dec 07:00 Late by 1 day",
            "06 Dec 07:00 Late by 2 days",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("zones", "letters"),
        [
            (
                (KHARTOUM, NEW_YORK),
                ["01 Dec 07:00 Due in 1 day", "02 Dec 07:00 Due today", "03 Dec 14:00 Late by 1 day"],
            ),
            (
                (NEW_YORK, KHARTOUM),
                ["01 Dec 14:00 Due in 1 day", "02 Dec 14:00 Due today", "03 Dec 07:00 Late by 1 day"],
            ),
        ],
    )
    def test_is_another_where_its_reader_has_moved(self, heard: Any, zones: Any, letters: list[str]) -> None:
        item = self.item(date(2020, 12, 2), KHARTOUM)
        choice = wish(item.owner, time_zone=zones[0])
        before = heard(KHARTOUM, date(2020, 12, 1), 2, 0, 7, 14, 23.5)
        choice.time_zone = zones[1]
        choice.save()
        plan_anew(item.owner)
        assert before + heard(KHARTOUM, date(2020, 12, 3), 1, 0, 7, 14, 23.5) == letters


@pytest.mark.django_db
class TestASoftLetter:
    """On a Friday that is off, in a week from Sunday to Thursday."""

    THURSDAY = date(2020, 12, 3)

    @pytest.fixture
    def item(self) -> Milestone:
        here = world.transition("under_way")
        WorkingWeek.objects.create(transition=here, days_off=[5, 6])
        return world.milestone(here, owner=world.person(Role.PROVIDER, here), due_on=self.THURSDAY)

    def at(self, days: int, hour: int) -> datetime:
        return at(self.THURSDAY + timedelta(days=days), KHARTOUM, time(hour))

    def test_that_did_not_leave_on_thursday_waits_for_sunday(self, item: Milestone, mail: Any) -> None:
        sweep(now=self.at(0, 6))
        for days, hour in ((1, 3), (1, 9), (2, 9), (3, 6)):
            deliver(now=self.at(days, hour))
        assert mail.letters == []
        deliver(now=self.at(3, 7))
        assert mail.reached == [item.owner.email]

    def test_does_not_come_along_with_a_hard_one_of_the_day_before(self, item: Milestone, mail: Any) -> None:
        world.milestone(item.transition, owner=item.owner, due_on=self.THURSDAY + timedelta(days=2), hard=True)
        sweep(now=self.at(2, 1))
        deliver(now=self.at(2, 8))  # less than a day before Sunday's letter
        deliver(now=self.at(3, 8))
        assert [said(letter) for letter in mail.letters] == ["Due today", "Late by 3 days"]

    def test_that_came_on_a_day_off_is_not_sent_after_a_hard_one(self, item: Milestone, mail: Any) -> None:
        """To who has all at once, in a zone where the item's day begins on the day before."""
        wish(item.owner, pace=Pace.AT_ONCE, time_zone=NEW_YORK)
        world.milestone(item.transition, owner=item.owner, due_on=self.THURSDAY + timedelta(days=1), hard=True)
        sweep(now=self.at(1, 12))
        deliver(now=self.at(1, 12))
        assert [said(letter) for letter in mail.letters] == ["Due today"]

    def test_of_a_week_that_is_late_tells_what_has_come_since(self, item: Milestone, mail: Any) -> None:
        wish(item.owner, pace=Pace.WEEKLY, weekday=3)
        sweep(now=self.at(-1, 6))
        sweep(now=self.at(0, 6))
        deliver(now=self.at(0, 12))
        assert [said(letter) for letter in mail.letters] == ["Due today"]

    def test_that_is_late_does_not_come_in_quiet_hours(self, item: Milestone, mail: Any) -> None:
        wish(item.owner, pace=Pace.AT_ONCE, quiet_from=time(20), quiet_until=time(6))
        world.milestone(item.transition, owner=item.owner, due_on=self.THURSDAY, hard=True)
        sweep(now=self.at(0, 12))
        deliver(now=self.at(0, 21))
        assert mail.letters == []
        deliver(now=self.at(1, 6))
        assert [said(letter) for letter in mail.letters] == ["Late by 1 day"]


def wish(person: User, **fields: Any) -> Preference:
    return Preference.objects.create(person=person, **fields)


def said(letter: Any) -> str:
    return ", ".join(re.findall(r"due on [\w ]+\. ([\w ]+)\.", text_of(letter)))
