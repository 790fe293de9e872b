import json
import sys
import time
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from benchmarks.importing import NoSource, Outcome, bring_in, open_path
from benchmarks.importing.account import service_account
from benchmarks.importing.columns import described
from transitions.access.models import User
from transitions.clock import present
from transitions.missions.models import Transition


class Command(BaseCommand):
    help = (
        "Import benchmarks, indicators, reports and what they say: all of it, or nothing where one row is refused "
        "(then the exit status is 1; it is 2 where the import cannot begin)."
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            *args, epilog=described(), formatter_class=RawDescriptionHelpFormatter, **kwargs
        )  # fmt: skip

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="a folder of csv files, an archive of them, or a workbook with such sheets")
        parser.add_argument("--transition", required=True, help="its slug")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
        parser.add_argument("--by", default="", help="the user who imports; else a service account")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")
        parser.add_argument("--progress", action="store_true", help="show a progress bar even without a terminal")

    def handle(self, *_: Any, path: str, transition: str, dry_run: bool, by: str, **options: Any) -> None:
        now = present.now()
        here = self.transition(transition)
        person = self.person(by, here, dry_run=dry_run)
        bar = Bar(self.stderr, shown=options["progress"] or sys.stderr.isatty())
        try:
            with open_path(Path(path)) as source:
                outcome = bring_in(source, transition=here, by=person, now=now, dry_run=dry_run, progress=bar.show)
                left_alone = source.left_alone
        except (NoSource, PermissionDenied) as refusal:
            raise CommandError(str(refusal), returncode=2)
        finally:
            bar.end()
        self.tell(outcome, left_alone, as_json=options["json"])

    def transition(self, slug: str) -> Transition:
        found: Transition | None = Transition.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"there is no transition “{slug}”", returncode=2)
        return found

    def person(self, name: str, here: Transition, *, dry_run: bool) -> User:
        if not name:
            return service_account(here, keep=not dry_run)
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None:
            raise CommandError(f"there is no active user “{name}”", returncode=2)
        return found

    def tell(self, outcome: Outcome, left_alone: list[str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(outcome.as_dict() | {"left_alone": left_alone}, ensure_ascii=False, indent=1))
        else:
            self.tell_in_words(outcome, left_alone)
        if outcome.refused_in_all:
            raise CommandError(f"{outcome.refused_in_all} refused: nothing was imported.", returncode=1)

    def tell_in_words(self, outcome: Outcome, left_alone: list[str]) -> None:
        for name, counted in outcome.counts.items():
            if not outcome.refused_in_all:
                numbers = ", ".join(f"{counted[what]:,} {what}" for what in ("added", "changed", "unchanged"))
                self.stdout.write(f"{name}: {numbers}")
        for remark in outcome.remarks:
            self.stdout.write(f"note: {remark}")
        if left_alone:
            self.stdout.write(f"note: left alone, being none of the tables: {', '.join(left_alone)}")
        for refused in outcome.refused:
            self.stderr.write(str(refused))
        if more := outcome.refused_in_all - len(outcome.refused):
            self.stderr.write(f"… and {more:,} more")
        if not outcome.refused_in_all:
            tried = "A dry run: nothing was changed." if outcome.dry_run else ""
            self.stdout.write(tried or ("Imported." if outcome.written else "Nothing is new."))


class Bar:
    """How far a long file is, on one line of the terminal; a short one leaves no trace."""

    WIDTH, EVERY = 30, 0.1

    def __init__(self, out: Any, *, shown: bool) -> None:
        self.out, self.shown, self.last, self.drawn = out, shown, 0.0, 0

    def show(self, what: str, part: float) -> None:
        if not self.shown or (time.monotonic() - self.last < self.EVERY and part not in (0, 1)):
            return
        full = round(min(part, 1) * self.WIDTH)
        line = f"{what} [{'#' * full}{'.' * (self.WIDTH - full)}] {min(part, 1):4.0%}"
        self.write(f"\r{line:{self.drawn}}")
        self.last, self.drawn = time.monotonic(), max(self.drawn, len(line))

    def end(self) -> None:
        if self.drawn:
            self.write(f"\r{'':{self.drawn}}\r")

    def write(self, text: str) -> None:
        self.out.write(text, ending="")
        self.out.flush()
