"""A numerator and its denominator: what is wrong with them, wherever they come from."""

from collections.abc import Iterator
from decimal import Decimal

from .met import plain
from .models import Definition


def misfits(kind: str, numerator: Decimal | None, denominator: Decimal | None) -> Iterator[tuple[str, str]]:
    """Which of the two is wrong, and why: the end of a sentence that begins with “it is”.

    Only a rate may have more above than below: attacks a month.
    """
    given = {"numerator": numerator, "denominator": denominator}
    negative = [name for name, number in given.items() if number is not None and number < 0]
    yield from ((name, "below zero") for name in negative)
    if negative or numerator is None or denominator is None or kind == Definition.Kind.RATE:
        return
    if numerator > denominator:
        yield "numerator", f"above its denominator ({plain(denominator)})"
