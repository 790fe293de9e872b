"""When a message leaves: local hours, working weeks, quiet hours, one a day."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import world
from tests.outbox.conftest import NOW, Note, lease_runs_out, note
from transitions.access.permissions import Role
from transitions.outbox.claims import claim
from transitions.outbox.delivery import Outcome, deliver, mark_sent
from transitions.outbox.kinds import Letter
from transitions.outbox.models import Absence, Holiday, Message, Preference, WorkingWeek
from transitions.outbox.parcels import parcels
from transitions.outbox.queueing import queue
from transitions.outbox.slots import plan_anew, slot

pytestmark = pytest.mark.django_db
KHARTOUM = ZoneInfo("Africa/Khartoum")
TUESDAY = date(2020, 12, 1)


def at(day: date, hour: int = 0, zone: ZoneInfo = KHARTOUM, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), zone)


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


@pytest.fixture
def reader(here: Any) -> Any:
    return world.person(Role.PLANNER, here, at=world.office(here))


def wants(reader: Any, of: Any = None, **fields: Any) -> Preference:
    return Preference.objects.create(person=reader, transition=of, **fields)


class TestByDefault:
    def test_it_leaves_at_seven_in_the_transition_s_zone(self, here: Any, reader: Any) -> None:
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(TUESDAY, 7)
        assert slot(reader.pk, here.pk, at(TUESDAY, 7)) == at(TUESDAY, 7)
        assert slot(reader.pk, here.pk, at(TUESDAY, 7, minute=1)) == at(TUESDAY + timedelta(1), 7)

    def test_what_is_soft_waits_over_saturday_and_sunday_and_what_is_hard_does_not(
        self, here: Any, reader: Any
    ) -> None:
        saturday = date(2020, 12, 5)
        assert slot(reader.pk, here.pk, at(saturday)) == at(date(2020, 12, 7), 7)
        assert slot(reader.pk, here.pk, at(saturday), hard=True) == at(saturday, 7)


class TestAWorkingWeek:
    def test_of_an_office_has_its_own_days_off(self, here: Any) -> None:
        office = world.office(here)
        reader = world.person(Role.PLANNER, here, at=office)
        WorkingWeek.objects.create(transition=here, office=office, days_off=[5, 6])
        friday, sunday = date(2020, 12, 4), date(2020, 12, 6)
        assert slot(reader.pk, here.pk, at(friday)) == at(sunday, 7)
        elsewhere = world.person(Role.PLANNER, here)
        assert slot(elsewhere.pk, here.pk, at(friday)) == at(friday, 7)

    def test_of_the_transition_is_everybody_s_without_one_of_their_own(self, here: Any, reader: Any) -> None:
        WorkingWeek.objects.create(transition=here, days_off=[2])
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(TUESDAY + timedelta(1), 7)
        other = world.transition("under_way")
        assert slot(reader.pk, other.pk, at(TUESDAY)) == at(TUESDAY, 7)

    def test_has_holidays(self, here: Any, reader: Any) -> None:
        Holiday.objects.create(transition=here, on=TUESDAY, name="A day off")
        Holiday.objects.create(transition=here, office=world.office(here), on=TUESDAY + timedelta(1), name="Not theirs")
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(TUESDAY + timedelta(1), 7)


class TestAPreference:
    def test_for_one_transition_goes_before_the_one_for_all(self, here: Any, reader: Any) -> None:
        wants(reader, hour=time(9))
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(TUESDAY, 9)
        wants(reader, here, hour=time(18, 30))
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(TUESDAY, 18, minute=30)

    def test_may_be_in_another_zone(self, here: Any, reader: Any) -> None:
        wants(reader, time_zone="America/New_York")
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(TUESDAY, 7, ZoneInfo("America/New_York"))

    def test_once_a_week_is_that_day_but_what_is_hard_comes_on_its_own(self, here: Any, reader: Any) -> None:
        wants(reader, pace="weekly", weekday=4)
        assert slot(reader.pk, here.pk, at(TUESDAY)) == at(date(2020, 12, 3), 7)
        assert slot(reader.pk, here.pk, at(TUESDAY), hard=True) == at(TUESDAY, 7)

    def test_at_once_is_at_once_outside_the_quiet_hours(self, here: Any, reader: Any) -> None:
        wants(reader, pace="at_once", quiet_from=time(20), quiet_until=time(6))
        assert slot(reader.pk, here.pk, at(TUESDAY, 15)) == at(TUESDAY, 15)
        assert slot(reader.pk, here.pk, at(TUESDAY, 22)) == at(TUESDAY + timedelta(1), 6)
        assert slot(reader.pk, here.pk, at(TUESDAY, 3)) == at(TUESDAY, 6)
        assert slot(reader.pk, here.pk, at(TUESDAY, 6)) == at(TUESDAY, 6)
        assert slot(reader.pk, here.pk, at(date(2020, 12, 5), 15)) == at(date(2020, 12, 7), 7)

    def test_quiet_hours_that_end_on_a_day_off_end_after_it_for_what_is_soft(self, here: Any, reader: Any) -> None:
        wants(reader, pace="at_once", quiet_from=time(20), quiet_until=time(6))
        friday = at(date(2020, 12, 4), 22)
        assert slot(reader.pk, here.pk, friday) == at(date(2020, 12, 7), 7)
        assert slot(reader.pk, here.pk, friday, hard=True) == at(date(2020, 12, 5), 6)

    def test_after_a_day_off_the_hour_waits_for_the_end_of_quiet_hours(self, here: Any, reader: Any) -> None:
        wants(reader, pace="at_once", hour=time(3), quiet_from=time(20), quiet_until=time(6))
        assert slot(reader.pk, here.pk, at(date(2020, 12, 5), 15)) == at(date(2020, 12, 7), 6)

    def test_when_changed_moves_what_waits(self, here: Any, reader: Any) -> None:
        queue([Message(kind=Note.name, transition=here, recipient=reader, dedupe_key="one")], now=at(TUESDAY, 8))
        waiting = Message.objects.get()
        assert waiting.due_at == at(TUESDAY + timedelta(1), 7)
        wants(reader, here, pace="at_once")
        plan_anew(reader)
        waiting.refresh_from_db()
        assert waiting.due_at == at(TUESDAY, 8)


class TestAnEvent:
    def tell(self, here: Any, reader: Any, now: datetime = NOW, **fields: Any) -> Message:
        fields = {"kind": Note.name, "transition": here, "recipient": reader, "dedupe_key": f"e{now}"} | fields
        queue([Message(**fields)], now=now)
        told: Message = Message.objects.get(dedupe_key=fields["dedupe_key"])
        return told

    def test_waits_for_the_day_s_message_unless_it_cannot(self, here: Any, reader: Any) -> None:
        assert self.tell(here, reader).due_at == at(TUESDAY + timedelta(1), 7)
        assert self.tell(here, reader, urgent=True, dedupe_key="now").due_at == NOW

    def test_goes_to_who_stands_in(self, here: Any, reader: Any) -> None:
        deputy = world.person(Role.PLANNER, here)
        Absence.objects.create(person=reader, deputy=deputy, from_date=TUESDAY, until=TUESDAY)
        assert self.tell(here, reader).recipient == deputy
        assert self.tell(here, reader, at(TUESDAY, 23)).recipient == deputy
        assert self.tell(here, reader, at(TUESDAY + timedelta(1))).recipient == reader
        deputy.is_active = False
        deputy.save()
        assert self.tell(here, reader, at(TUESDAY, 12)).recipient == reader

    def test_that_is_switched_off_is_kept_and_says_so(self, here: Any, reader: Any, monkeypatch: Any) -> None:
        wants(reader, muted=[Note.name])
        assert self.tell(here, reader).delivery == "queued"  # nobody can switch it off
        monkeypatch.setattr(Note, "optional", True)
        told = self.tell(here, reader, dedupe_key="muted")
        assert (told.delivery, told.why_not) == ("suppressed", "switched off by who would have read it")


class TestOneADay:
    def waiting(self, here: Any, reader: Any, now: datetime, **fields: Any) -> Message:
        self.number = getattr(self, "number", 0) + 1
        told = {"kind": Note.name, "transition": here, "recipient": reader, "dedupe_key": f"d{self.number}"} | fields
        queue([Message(**told)], now=now)
        found: Message = Message.objects.get(dedupe_key=told["dedupe_key"])
        return found

    def test_message_lists_what_is_new(self, here: Any, reader: Any, mail: Any) -> None:
        for text in ("The lease ends.", "The camp closes."):
            self.waiting(here, reader, at(TUESDAY, 3), payload={"text": text})
        assert deliver(now=at(TUESDAY, 6, minute=59)) == Outcome()
        assert deliver(now=at(TUESDAY, 7)) == Outcome(sent=2)
        [letter] = mail.letters
        content = letter.content.decode()
        assert "The lease ends." in content
        assert "The camp closes." in content
        assert "A note, and 1 more" in content

    def test_and_what_comes_later_waits_for_the_next(self, here: Any, reader: Any, mail: Any) -> None:
        self.waiting(here, reader, at(TUESDAY, 3))
        deliver(now=at(TUESDAY, 10))  # a little late
        late = self.waiting(here, reader, at(TUESDAY, 0))  # would have been in time
        assert late.due_at == at(TUESDAY + timedelta(1), 7)
        assert deliver(now=at(TUESDAY, 23)) == Outcome()
        assert deliver(now=at(TUESDAY + timedelta(1), 7)) == Outcome(sent=1)

    def test_holds_for_what_was_queued_while_the_message_was_on_its_way(
        self, here: Any, reader: Any, mail: Any
    ) -> None:
        self.waiting(here, reader, at(TUESDAY, 3))
        worker, now = uuid4(), at(TUESDAY, 7)
        batch = claim(worker, now=now)
        other = note(reader, transition=here, ready_at=now, due_at=now)
        assert deliver(now=now) == Outcome()
        [parcel] = parcels(batch, {message.pk: Letter("A note", "Hello") for message in batch})
        assert mark_sent(parcel, worker, now=now) == 1
        other.refresh_from_db()
        assert other.due_at == at(TUESDAY + timedelta(1), 7)

    def test_that_is_late_past_midnight_is_the_new_day_s_and_takes_along_what_that_brings(
        self, here: Any, reader: Any, mail: Any
    ) -> None:
        self.waiting(here, reader, at(TUESDAY, 3))
        mail.answers = ["451 later"]
        deliver(now=at(TUESDAY, 7))
        night = at(TUESDAY + timedelta(1), 2)
        self.waiting(here, reader, at(TUESDAY + timedelta(1)))
        lease_runs_out()
        assert deliver(now=night) == Outcome(sent=2)
        assert len(mail.letters) == 1
        assert deliver(now=at(TUESDAY + timedelta(1), 7)) == Outcome()

    def test_holds_for_what_a_sweep_queued_in_the_same_moment(self, here: Any, reader: Any, mail: Any) -> None:
        self.waiting(here, reader, at(TUESDAY, 3))
        deliver(now=at(TUESDAY, 7))
        unseen = note(reader, transition=here, ready_at=at(TUESDAY), due_at=at(TUESDAY, 7))
        assert deliver(now=at(TUESDAY, 7, minute=5)) == Outcome()
        unseen.refresh_from_db()
        assert unseen.due_at == at(TUESDAY + timedelta(1), 7)

    def test_goes_to_who_stands_in_by_then_one_deputy_after_the_other(self, here: Any, reader: Any, mail: Any) -> None:
        deputy, second = (world.person(Role.PLANNER, here) for _ in range(2))
        self.waiting(here, reader, at(TUESDAY, 3))
        for away, other in ((reader, deputy), (deputy, second)):
            Absence.objects.create(person=away, deputy=other, from_date=TUESDAY, until=TUESDAY)
        assert deliver(now=at(TUESDAY, 7)) == Outcome(sent=1)
        assert mail.reached == [second.email]

    def test_is_each_transition_s_own_and_what_cannot_wait_comes_besides(
        self, here: Any, reader: Any, mail: Any
    ) -> None:
        other = world.transition("under_way")
        self.waiting(here, reader, at(TUESDAY, 3))
        self.waiting(other, reader, at(TUESDAY, 3))
        self.waiting(here, reader, at(TUESDAY, 3), urgent=True)
        assert deliver(now=at(TUESDAY, 7)) == Outcome(sent=3)
        assert len(mail.letters) == 3

    def test_fails_and_comes_again_as_a_whole(self, here: Any, reader: Any, mail: Any) -> None:
        for _ in range(3):
            self.waiting(here, reader, at(TUESDAY, 3))
        mail.answers = ["451 later"]
        assert deliver(now=at(TUESDAY, 7)) == Outcome(postponed=3)
        Message.objects.waiting().filter(dedupe_key="d1").update(next_attempt_at=NOW)
        assert deliver(now=at(TUESDAY, 7)) == Outcome(sent=3)
        assert len(mail.letters) == 1


ZONES = ["America/Port-au-Prince", "Africa/Khartoum", "America/New_York", "Pacific/Kiritimati", "Pacific/Honolulu",
         "Australia/Lord_Howe", "Europe/London"]  # fmt: skip


class TestNoDay(TestCase):
    """On which somebody is told twice, or not at all: a message becomes ready every day, whatever the zones do."""

    @settings(max_examples=20, deadline=None)
    @given(
        zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES), st.sampled_from(ZONES)),
        first=st.dates(date(2020, 1, 1), date(2024, 12, 1)),
        hour=st.integers(0, 23),
        changes_on=st.integers(1, 9),
        off=st.sets(st.integers(1, 7), max_size=3),
    )
    def test_is_without_its_message(
        self, zones: tuple[str, str, str], first: date, hour: int, changes_on: int, off: set[int]
    ) -> None:
        here = world.transition("under_way")
        type(here).objects.filter(pk=here.pk).update(time_zone=zones[0])
        reader = world.person(Role.PLANNER, here)
        WorkingWeek.objects.create(transition=here, days_off=sorted(off))
        wish = Preference.objects.create(person=reader, transition=here, hour=time(hour), time_zone=zones[1])
        told: list[datetime] = []
        clock = datetime.combine(first, time(), UTC)
        for number in range(12):
            now = clock + timedelta(days=number)
            if number == changes_on:
                wish.time_zone = zones[2]
                wish.save()
            note(reader, transition=here, hard=True, ready_at=now, due_at=slot(reader.pk, here.pk, now, hard=True))
            plan_anew(reader)
            while (due := self.next_before(now + timedelta(days=1))) is not None:
                told.append(due)
                self.sent(Message.objects.waiting().filter(due_at__lte=due), reader, here, due)
        moved = clock + timedelta(days=changes_on)
        before = [instant.astimezone(ZoneInfo(zones[1])).date() for instant in told if instant < moved]
        after = [instant.astimezone(ZoneInfo(zones[2])).date() for instant in told if instant >= moved]
        assert len(set(before)) == len(before)
        assert len(set(after)) == len(after)
        assert all(later - one <= timedelta(hours=49) for one, later in pairwise(told))
        assert len(told) >= 10

    def next_before(self, end: datetime) -> datetime | None:
        waiting = Message.objects.waiting().filter(due_at__lt=end).order_by("due_at")
        return waiting.values_list("due_at", flat=True).first()

    def sent(self, due: Any, reader: Any, here: Any, now: datetime) -> None:
        ids = list(due.values_list("pk", flat=True))
        worker = uuid4()
        due.update(claimed_by=worker)
        with connection.cursor() as cursor:
            cursor.execute("SELECT outbox_mark_sent(%s, %s, %s, %s, true, %s, %s, NULL)",
                           [worker, ids, ["" for _ in ids], now, reader.pk, here.pk])  # fmt: skip
