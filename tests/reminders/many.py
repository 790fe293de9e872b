"""Very many items at once: past the calendar's door, which is too slow for what is tried here."""

from typing import Any

from tests import world
from transitions.calendar.models import Milestone


def items_of(of: Any, number: int, **fields: Any) -> list[Milestone]:
    return Milestone.objects.bulk_create(
        Milestone(transition=of, code=f"B-{next(world.number)}", title="One of many", state="planned", version=1,
                  **fields)
        for _ in range(number)
    )  # fmt: skip
