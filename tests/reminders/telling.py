"""What a person would expect of reminders, in words of its own, beside what the program tells them."""

import re
from collections.abc import Collection, Iterator
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
from transitions.outbox.models import Message, Pace, Preference
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

OWNERS, LEADS, HEADS = (-30, -14, -7, -1, 0, 1), (7,), (14,)  # on which days, from the due date
A_DAY, TIME_TO_ANSWER, PATIENCE = timedelta(days=1), timedelta(hours=20), timedelta(days=2)
UNTIL_ASKED_AGAIN = timedelta(hours=12)


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
    """How one of them is told. All are told of every item, each on their own rungs; who is up, of hard ones alone."""

    person: User
    rungs: tuple[int, ...]
    choice: Preference
    days_off: Collection[int] = ()
    holidays: Collection[date] = ()
    is_up: bool = False
    last_letter: datetime | None = None

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.choice.time_zone))

    def day(self, instant: datetime) -> date:
        return self.local(instant).date()

    @property
    def last_day(self) -> date:
        """Of the last letter; but who is told at once may have several a day."""
        return self.day(self.last_letter) if self.last_letter and self.choice.pace != Pace.AT_ONCE else date.min

    def rests(self, day: date, item: Milestone) -> bool:
        """Nothing hard waits over a day off, and what comes once a week comes on the day chosen for it."""
        is_off = day.isoweekday() in self.days_off or day in self.holidays
        return is_off and not item.hard and self.choice.pace != Pace.WEEKLY

    def is_quiet(self, clock: time) -> bool:
        begins, ends = self.choice.quiet_from, self.choice.quiet_until
        if begins is None or ends is None or self.choice.pace != Pace.AT_ONCE:
            return False
        return begins <= clock < ends if begins < ends else clock >= begins or clock < ends

    @property
    def hour(self) -> time:
        return (self.choice.quiet_until if self.is_quiet(self.choice.hour) else None) or self.choice.hour

    def moments(self, item: Milestone, since: datetime, until: datetime) -> Iterator[datetime]:
        """When a letter of it would come if none had come before, the latest first."""
        first, day = self.day(since), self.day(until)
        while day >= max(first, self.last_day + A_DAY):
            is_theirs = self.choice.pace != Pace.WEEKLY or item.hard or day.isoweekday() == self.choice.weekday
            at_once = self.choice.pace == Pace.AT_ONCE and day == first
            moment = since if at_once else at(day, self.choice.time_zone, self.hour)
            if is_theirs and not self.rests(day, item) and since <= moment <= until:
                yield moment
            day -= A_DAY

    def must(self, item: Milestone, since: datetime, now: datetime) -> bool:
        """What is late leaves as soon as it can; what has met a day off on the way waits for the hour after it."""
        today, moment = self.day(now), next(self.moments(item, since, now), None)
        if moment is None or today == self.last_day or self.is_quiet(self.local(now).time()):
            return False
        since_then = range((today - self.day(moment)).days + 1)
        return not any(self.rests(today - n * A_DAY, item) for n in since_then)


@dataclass
class Telling:
    """Plays sweeps and deliveries, and judges after each delivery what the mail server has taken."""

    here: Transition
    mail: Any
    items: list[Milestone]
    wishes: list[Wish]
    seen: set[tuple[User, str, int]] = field(default_factory=set)
    untold: dict[tuple[User, str], datetime] = field(default_factory=dict)
    first_told: dict[tuple[User, str], datetime] = field(default_factory=dict)

    def sweep(self, now: datetime) -> None:
        sweep(now=now)
        today = now.astimezone(ZoneInfo(self.here.time_zone)).date()
        for item in self.items:
            for wish in self.wishes:
                passed = [rung for rung in wish.rungs if item.due_on + timedelta(days=rung) <= today]
                key = (wish.person, item.code, max(passed, default=-99))
                if passed and key not in self.seen and (item.hard or not wish.is_up):
                    self.seen.add(key)
                    since = max(item.due_on + timedelta(days=max(passed)), today)
                    self.untold.setdefault((wish.person, item.code), at(since, self.here.time_zone))

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
        told = {wish.person: codes.pop(wish.person.email, []) for wish in self.wishes}
        assert not codes, "a letter to somebody else, or of nothing"
        for wish in self.wishes:
            self.judge_letter(told[wish.person], wish, now)
            for item in self.items:
                self.judge(item, wish, now, is_told=item.code in told[wish.person])
        for wish in self.wishes:
            for code in told[wish.person]:
                wish.last_letter = now
                del self.untold[wish.person, code]
                self.first_told.setdefault((wish.person, code), now)

    def judge_letter(self, told: list[str], wish: Wish, now: datetime) -> None:
        if not told:
            return
        assert len(set(told)) == len(told), "an item twice in one letter"
        assert wish.last_day < wish.day(now), "a second letter on a day"
        assert not wish.is_quiet(wish.local(now).time()), f"a letter in quiet hours: {now}"
        since = {item: self.untold.get((wish.person, item.code)) for item in self.items if item.code in told}
        is_time = any(when and any(wish.moments(item, when, now)) for item, when in since.items())
        assert is_time, f"a letter before its hour: {told} at {now}"

    def judge(self, item: Milestone, wish: Wish, now: datetime, *, is_told: bool) -> None:
        what, since = f"{item.code} at {now}", self.untold.get((wish.person, item.code))
        if is_told:
            assert since is not None, f"told twice, or too early: {what}"
            assert not wish.rests(wish.day(now), item), f"told on a day off: {what}"
            assert any(wish.moments(item, since, now + A_DAY)), f"told before its day: {what}"
            assert not wish.is_up or self.was_asked(item, wish, since, now), f"told before somebody below: {what}"
        elif since is not None:
            sure = self.surely_from(item, wish, since) if wish.is_up else since
            assert not wish.must(item, sure, now), f"not told: {what}"

    def was_asked(self, item: Milestone, wish: Wish, since: datetime, now: datetime) -> bool:
        """On an earlier day; where nobody could be, it goes up all the same."""
        return since + PATIENCE <= now or any(when < now for when in self.times_asked(item, wish))

    def surely_from(self, item: Milestone, wish: Wish, since: datetime) -> datetime:
        """Found too early, it is asked again half a day later."""
        answered = [when + TIME_TO_ANSWER for when in self.times_asked(item, wish)]
        return max(since, min([since + PATIENCE, *answered]) + UNTIL_ASKED_AGAIN)

    def times_asked(self, item: Milestone, wish: Wish) -> list[datetime]:
        below = [other.person for other in self.wishes if other is not wish]
        return [when for (who, code), when in self.first_told.items() if who in below and code == item.code]
