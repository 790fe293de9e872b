from typing import Any

from django.core.management.base import BaseCommand

from transitions.clock import present
from transitions.status.overview import overview


class Command(BaseCommand):
    help = "Print where every transition stands, as a short table."

    def handle(self, *_: Any, **__: Any) -> None:
        now = present.now()
        rehearsal = " (rehearsal)" if present.rehearsing() else ""
        self.stdout.write(f"{now:%Y-%m-%d %H:%M} UTC{rehearsal}")
        for lines in overview(now=now):
            self.stdout.write("")
            width = max(len(name) for name, _ in lines)
            for name, value in lines:
                self.stdout.write(f"  {name:{width}}  {value}")
