"""Reading a feed as a calendar program does: over HTTP, with a parser, and with what RFC 5545 asks of every feed."""

from typing import Any

from django.test import Client
from icalendar import Calendar

from tests import world
from transitions.calendar.feed_addresses import open_address

MARKS = dict.fromkeys([*range(10), *range(11, 32), 127])


def address(user: Any, transition: Any = None, *, now: Any = world.NOW) -> str:
    user._grants = None
    return f"/feeds/{open_address(user, transition, now=now)[1]}.ics"


def read(path: str) -> dict[str, Any]:
    """Its events, by what their UID says before the `@`."""
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = parsed(answer.content).walk("VEVENT")
    return {str(event["UID"]).partition("@")[0]: event for event in events}


def seen_by(user: Any, transition: Any = None) -> dict[str, Any]:
    return read(address(user, transition))


def uid(thing: Any) -> str:
    return f"{thing._meta.label_lower}-{thing.pk}"


def parsed(text: bytes) -> Any:
    """As a strict reader takes it: one calendar, nothing that its parser had to pass over, all that must be there."""
    lines = text.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    assert not any(byte in MARKS for byte in text.decode().replace("\r\n", "").replace("\t", "").encode())
    [calendar] = Calendar.from_ical(text, multiple=True)
    calendar.validate()
    assert str(calendar["VERSION"]) == "2.0"
    assert str(calendar["PRODID"]).startswith("-//")
    assert not [component.errors for component in calendar.walk() if component.errors]
    events = calendar.walk("VEVENT")
    assert len({str(event["UID"]) for event in events}) == len(events)
    for event in events:
        check_event(event)
    return calendar


def check_event(event: Any) -> None:
    for name in ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "URL"):
        assert not isinstance(event[name], list), name
    assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
    assert event["DTEND"].dt > event["DTSTART"].dt
    assert event["DTSTAMP"].dt.utcoffset().total_seconds() == 0
    assert str(event["STATUS"]) in ("CONFIRMED", "TENTATIVE", "CANCELLED")
    assert str(event["TRANSP"]) == "TRANSPARENT"
    for alarm in event.walk("VALARM"):
        assert (str(alarm["ACTION"]), str(alarm["DESCRIPTION"])) == ("DISPLAY", str(event["SUMMARY"]))
        assert alarm["TRIGGER"].dt.total_seconds() < 0
