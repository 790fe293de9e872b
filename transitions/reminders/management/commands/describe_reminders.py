from typing import Any

from django.core.management.base import BaseCommand

from transitions.reminders.describe import document


class Command(BaseCommand):
    help = "Print every rule and every other kind of message as Markdown. Needs no database."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
