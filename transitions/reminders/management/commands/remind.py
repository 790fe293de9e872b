from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transitions.clock import present
from transitions.reminders.foresight import Line, lines
from transitions.reminders.remind import remind


class Command(BaseCommand):
    help = "Make one sweep, deliver what is due, and say what became of its messages: a line a kind, the total last."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", help="the instant to sweep for, such as 2020-12-01T06:00Z; the present")
        parser.add_argument("--until", help="with --dry-run: who will be told what to the end of this day")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be queued; nothing is written")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            now = present.now() if options["now"] is None else present.instant(options["now"])
            if options["until"] is not None:
                self.look_ahead(options["until"], now=now, dry_run=options["dry_run"])
            else:
                self.remind(now, dry_run=options["dry_run"])
        except ValueError as error:
            raise CommandError(str(error))

    def remind(self, now: datetime, *, dry_run: bool) -> None:
        made, kinds, total = remind(now, dry_run=dry_run)
        if dry_run:
            self.stdout.write(f"Dry run for {made.now:%Y-%m-%dT%H:%MZ}: nothing is written or sent.")
        for kind, counts in kinds.items():
            self.stdout.write(f"{kind}: {counts}")
        self.stdout.write(str(total))

    def look_ahead(self, until: str, *, now: datetime, dry_run: bool) -> None:
        if not dry_run:
            raise CommandError("--until only looks ahead: add --dry-run")
        found = lines(now=now, last=the_day(until))
        self.stdout.write(f"To the end of {until}, under present dates: nothing is written or sent.")
        for line in in_words(found):
            self.stdout.write(line)
        self.stdout.write(f"total {len(found)}")


def the_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a day: write it like 2020-12-01")


def in_words(found: list[Line]) -> Iterator[str]:
    """A heading a day, one a person, a line a reminder."""
    for on, of_day in groupby(found, key=lambda line: line.on):
        yield f"{on:%Y-%m-%d}"
        for person, of_person in groupby(of_day, key=lambda line: line.person):
            yield f"  {person}"
            for line in of_person:
                told = ", ".join(filter(None, (line.kind, line.role and f"as {line.role}", line.rung)))
                marks = [line.why_not] * bool(line.why_not) + ["queued already"] * line.queued
                yield f"    {line.transition}: {line.what or line.kind} – {told}" + f" ({'; '.join(marks)})" * bool(
                    marks
                )
