import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from transitions.workflow.demonstration import NoDemonstration, load


class Command(BaseCommand):
    help = "Load the demonstration into an empty embedded database; later only move its clock (REHEARSAL_NOW)."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            done = load(os.environ.get("REHEARSAL_NOW", ""))
        except NoDemonstration as error:
            raise CommandError(str(error))
        if done:
            self.stdout.write(done)
