"""What a person would expect of reminders, in words of its own, beside what the program tells them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from typing import Any
from zoneinfo import ZoneInfo

from tests import world
from transitions.access.models import User
from transitions.calendar.models import Milestone
from transitions.missions.models import Transition
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

OWNERS, LEADS = (-30, -14, -7, -1, 0, 1), (7,)  # on which days, from the due date


def at(day: date, zone: str, clock: time = time()) -> datetime:
    """Where a clock shows that twice, the second; where it leaves that out, as long after midnight as on other days."""
    both = (datetime.combine(day, clock, ZoneInfo(zone)).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(both)


def text_of(letter: Any) -> str:
    body = message_from_bytes(letter.content, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@dataclass
class Wish:
    """How one of them is told. All are told of every item, each on their own rungs."""

    person: User
    rungs: tuple[int, ...]
    zone: str
    hour: time = time(7)
    last_letter: datetime | None = None

    def day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()

    @property
    def last_day(self) -> date:
        return self.day(self.last_letter) if self.last_letter else date.min


@dataclass
class Telling:
    """Plays sweeps and deliveries, and judges after each delivery what the mail server has taken."""

    here: Transition
    mail: Any
    items: list[Milestone]
    wishes: list[Wish]
    days_off: Iterable[int] = (6, 7)
    seen: set[tuple[User, str, int]] = field(default_factory=set)
    untold: dict[tuple[User, str], datetime] = field(default_factory=dict)

    def sweep(self, now: datetime) -> None:
        sweep(now=now)
        today = now.astimezone(ZoneInfo(self.here.time_zone)).date()
        for item in self.items:
            for wish in self.wishes:
                passed = [rung for rung in wish.rungs if item.due_on + timedelta(days=rung) <= today]
                key = (wish.person, item.code, max(passed, default=-99))
                if passed and key not in self.seen:
                    self.seen.add(key)
                    since = max(item.due_on + timedelta(days=max(passed)), today)
                    self.untold[wish.person, item.code] = at(since, self.here.time_zone)

    def drop(self, item: Milestone, now: datetime) -> None:
        take(item, "drop", by=world.founder(), now=now, reason="not needed")
        Message.objects.filter(kind="workflow.step_taken").delete()
        self.items.remove(item)
        self.untold = {key: since for key, since in self.untold.items() if key[1] != item.code}

    def deliver(self, now: datetime) -> None:
        before = len(self.mail.letters)
        deliver(now=now)
        came = self.mail.letters[before:]
        codes = {letter.rcpt_tos[0]: re.findall(r"^(M-\d+) ", text_of(letter), re.MULTILINE) for letter in came}
        assert len(codes) == len(came), "two letters to one reader at once"
        for wish in self.wishes:
            told = codes.pop(wish.person.email, None)
            if told is not None:
                assert told, "a letter of nothing"
                assert len(set(told)) == len(told), "an item twice in one letter"
                assert wish.last_day < wish.day(now), "a second letter on a day"
            for item in self.items:
                self.judge(item, wish, now, is_told=item.code in (told or ()))
            if told is not None:
                wish.last_letter = now
        assert not codes, "a letter to somebody else"

    def judge(self, item: Milestone, wish: Wish, now: datetime, *, is_told: bool) -> None:
        what, since = f"{item.code} at {now}", self.untold.get((wish.person, item.code))
        today = wish.day(now)
        works = item.hard or today.isoweekday() not in self.days_off
        if is_told:
            assert since is not None, f"told twice, or too early: {what}"
            assert works, f"told on a day off: {what}"
            del self.untold[wish.person, item.code]
        elif since is not None and works and wish.last_day < today:
            assert not since <= at(today, wish.zone, wish.hour) <= now, f"not told: {what}"
