from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transitions.clock import present
from transitions.reminders.remind import remind


class Command(BaseCommand):
    help = "Make one sweep, deliver what is due, and say what became of its messages: a line a kind, the total last."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", help="the instant to sweep for, such as 2020-12-01T06:00Z; the present")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be queued; nothing is written")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            until = present.now() if options["now"] is None else present.instant(options["now"])
            made, kinds, total = remind(until, dry_run=options["dry_run"])
        except ValueError as error:
            raise CommandError(str(error))
        if options["dry_run"]:
            self.stdout.write(f"Dry run for {made.now:%Y-%m-%dT%H:%MZ}: nothing is written or sent.")
        for kind, counts in kinds.items():
            self.stdout.write(f"{kind}: {counts}")
        self.stdout.write(str(total))
