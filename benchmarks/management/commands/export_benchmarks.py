from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from benchmarks.exporting import tables_of, write_archive, write_folder, write_workbook
from transitions.access.models import User
from transitions.clock import present
from transitions.missions.models import Transition
from transitions.status.overview import console

FILES = {".xlsx": write_workbook, ".zip": write_archive}


class Command(BaseCommand):
    help = "Export benchmarks, indicators, reports and what they say, in the form in which they are imported."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="a folder; or a file that ends in .xlsx or .zip")
        parser.add_argument("--transition", required=True, help="its slug")
        parser.add_argument("--by", default="", help="the user who exports what they may see; else everything")

    def handle(self, *_: Any, path: str, transition: str, by: str, **__: Any) -> None:
        here = Transition.objects.filter(slug=transition).first()
        if here is None:
            raise CommandError(f"there is no transition “{transition}”", returncode=2)
        user = User.objects.filter(username=by, is_active=True).first() if by else console()
        if user is None:
            raise CommandError(f"there is no active user “{by}”", returncode=2)
        tables, write = tables_of(here, user=user, now=present.now()), FILES.get(Path(path).suffix.lower())
        try:
            if write is None:
                write_folder(tables, Path(path))
            else:
                with Path(path).open("wb") as file:
                    write(tables, file)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}", returncode=2)
        self.stdout.write(f"Exported to {path}.")
