"""What comes round by itself and is about no single item: a list once a week, say."""

from datetime import datetime
from typing import Any, ClassVar

from transitions.outbox.kinds import Kind


class Round(Kind):
    """Subclass it in a room's `rounds.py`. Every sweep asks it whether its time has come: its keys keep it to once."""

    all: ClassVar[dict[str, type["Round"]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Round.all[cls.name] = cls

    @classmethod
    def queue(cls, sweep: Any, *, now: datetime) -> int:
        """Queue what is new, marked with the sweep. Returns how many."""
        raise NotImplementedError
