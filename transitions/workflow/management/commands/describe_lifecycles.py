from typing import Any

from django.core.management.base import BaseCommand

from transitions.workflow.describe import document


class Command(BaseCommand):
    help = "Print every lifecycle as Markdown: a diagram and a table of its steps. Needs no database."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
