"""A feed as an iCalendar object: all-day events that a calendar program recognises and updates.

Sources: RFC 5545 (the format), RFC 7986 (name and interval of a calendar). The library folds and escapes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from icalendar import Alarm, Calendar, Event, Timezone, vDuration

from .feeds import Entry

FORMAT = 1  # raise it when something here is written otherwise, so that nobody keeps what was written before
EVERY = timedelta(hours=1)  # how often programs are asked to look again
RINGS_AT = timedelta(hours=7)  # on the day of an alarm: an all-day event begins at midnight, when people sleep
DAY = timedelta(days=1)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NOT_TEXT = dict.fromkeys([*range(9), *range(11, 32), 127])  # RFC 5545, 3.1: no control characters but the tab


def tag_of(name: str, entries: Sequence[Entry]) -> str:
    """Another one as soon as anything in the feed is another: it is made of all that the text is made of."""
    told = repr((FORMAT, settings.SITE_URL, settings.MAIL_DOMAIN, name, list(entries)))
    return f'"{sha256(told.encode()).hexdigest()[:32]}"'


def calendar_of(name: str, entries: Sequence[Entry]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Transition readiness//Calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.calendar_name = in_a_line(name)
    calendar.add("refresh-interval", vDuration(EVERY), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(EVERY))
    if not entries:  # a calendar without any component is none
        calendar.add_component(Timezone.from_tzid("UTC"))
    begin, end, rest = calendar.to_ical().partition(b"END:VCALENDAR")
    events = (event_text(entry, settings.SITE_URL, settings.MAIL_DOMAIN) for entry in entries)
    return b"".join([begin, *events, end, rest])


@lru_cache(maxsize=10_000)
def event_text(entry: Entry, site: str, domain: str) -> bytes:
    """Written once for as long as it stays the same: of thousands of events few have changed since the last reading."""
    text: bytes = event_of(entry, site, domain).to_ical()
    return text


def event_of(entry: Entry, site: str, domain: str) -> Event:
    """What is marked carries its code and its link, and the day that it stands on."""
    event, name = Event(), plain(entry.code if entry.marked else entry.name)
    link = site + (entry.page or "")
    event.add("uid", f"{entry.uid}@{domain}")
    event.add("dtstamp", entry.changed_at or NEVER)  # without a METHOD: when it was last revised
    event.add("last-modified", entry.changed_at or NEVER)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.until + DAY)
    event.add("summary", name)
    event.add("description", link if entry.marked else plain("\n".join([*entry.says, link])))
    event.add("url", link)
    event.add("status", status_of(entry))
    event.add("transp", "TRANSPARENT")
    if not entry.marked and (pillar := in_a_line(entry.pillar)):
        event.add("categories", [pillar])
    for days in entry.alarms:
        event.add_component(alarm_of(name, days))
    return event


def status_of(entry: Entry) -> str:
    return "CANCELLED" if entry.cancelled else "CONFIRMED" if entry.certain else "TENTATIVE"


def alarm_of(name: str, days: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", name)
    alarm.add("trigger", RINGS_AT - timedelta(days=days))
    return alarm


def plain(text: str) -> str:
    return text.translate(NOT_TEXT)


def in_a_line(text: str) -> str:
    """For names that programs group by; the library takes no line break in a category."""
    return " ".join(plain(text).split())
