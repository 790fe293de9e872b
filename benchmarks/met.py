"""Is the target met? Arithmetic only, on the right basis; what cannot be computed is unknown, never met.

Source: domain catalogue, section S ("indicator met": by direction, on the right period basis, composite = all parts).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"
A_YEAR = range(360, 371)  # days: months are printed, and a year's figure may end a few days off
ADDING = ("cumulative", "count")  # what can only grow while its period goes on


@dataclass(frozen=True)
class Aim:
    """What is to be reached, by one definition."""

    kind: str
    direction: str
    period_basis: str
    value: Decimal | None
    parts: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Reading:
    """What was measured."""

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)
    quality: str = ""
    period_start: date | None = None
    period_end: date | None = None


@dataclass(frozen=True)
class Answer:
    """Met, not met or unknown, and why."""

    met: str
    why: str


def is_met(aim: Aim, reading: Reading | None) -> Answer:
    if reading is None or reading.quality == "not_collected":
        return Answer(UNKNOWN, "it was never measured" if reading is None else "it was not collected")
    if aim.kind == "composite" and aim.parts:
        return all_parts(aim.parts, reading.parts)
    if aim.value is None:
        return Answer(UNKNOWN, "the target is a text: a person judges it")
    value = number(aim, reading)
    if value is None:
        return Answer(UNKNOWN, "there is no number to compare")
    if aim.kind == "composite":
        return of_one_part(aim, value)
    return on_its_basis(aim, reading, value)


def number(aim: Aim, reading: Reading) -> Decimal | None:
    """The value itself, else the share of numerator and denominator; nothing out of a zero denominator."""
    if reading.value is not None:
        return reading.value
    if aim.kind == "percentage" and reading.numerator is not None and reading.denominator:
        return reading.numerator * 100 / reading.denominator
    return None


def compare(direction: str, value: Decimal, target: Decimal) -> bool:
    return {">=": value >= target, "<=": value <= target, "=": value == target}[direction]


def of_one_part(aim: Aim, value: Decimal) -> Answer:
    """A composite of which only one number is known: it can fail by it, and cannot pass by it."""
    assert aim.value is not None
    if compare(aim.direction, value, aim.value):
        return Answer(UNKNOWN, "the other parts of it are not known")
    return Answer(NOT_MET, f"one part of it is {plain(value)}, not {words(aim.direction)} {plain(aim.value)}")


def all_parts(parts: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> Answer:
    missing = [part["name"] for part in parts if given.get(part["name"]) is None]
    measured = [part for part in parts if given.get(part["name"]) is not None]
    failing = [
        part["name"] for part in measured
        if not compare(part.get("direction", ">="), Decimal(str(given[part["name"]])), Decimal(str(part["target"])))
    ]  # fmt: skip
    if failing:
        return Answer(NOT_MET, f"not met: {', '.join(failing)}")
    if missing:
        return Answer(UNKNOWN, f"not known: {', '.join(missing)}")
    return Answer(MET, "every part is met")


def on_its_basis(aim: Aim, reading: Reading, value: Decimal) -> Answer:
    """A figure of part of a year, or of more than one, says only so much about a yearly target."""
    assert aim.value is not None
    passes = compare(aim.direction, value, aim.value)
    said = f"{plain(value)} against {words(aim.direction)} {plain(aim.value)}"
    if aim.period_basis == "annual" and aim.kind in ADDING:
        return of_a_year(aim, reading, value, said)
    if aim.period_basis == "year_to_date" and aim.kind in ADDING and not over(reading):
        settled = settled_early(aim, value)
        return Answer(MET if passes else NOT_MET, said) if settled else Answer(UNKNOWN, f"{said}, the year is not over")
    return Answer(MET if passes else NOT_MET, said)


def settled_early(aim: Aim, value: Decimal) -> bool:
    """Whether a figure that can only grow decides before its year is over: it is there, or it is beyond."""
    assert aim.value is not None
    return value >= aim.value if aim.direction == ">=" else value > aim.value


def settled_by_more(aim: Aim, value: Decimal) -> bool:
    """Whether a figure of more than a year decides on one year: not even that much is enough, or it is no more."""
    assert aim.value is not None
    return value <= aim.value if aim.direction == "<=" else value < aim.value


def of_a_year(aim: Aim, reading: Reading, value: Decimal, said: str) -> Answer:
    assert aim.value is not None
    days, passes = length(reading), compare(aim.direction, value, aim.value)
    if days is None:
        return Answer(UNKNOWN, f"{said}, and nobody says which months it counts")
    if days in A_YEAR:
        return Answer(MET if passes else NOT_MET, said)
    part = days < A_YEAR.start
    if part and settled_early(aim, value):
        return Answer(MET if passes else NOT_MET, f"{said} within {days} days already")
    if not part and settled_by_more(aim, value):
        return Answer(MET if passes else NOT_MET, f"{said}, even over {days} days")
    return Answer(UNKNOWN, f"{said}, but it counts {days} days and the target is for a year")


def length(reading: Reading) -> int | None:
    if reading.period_start is None or reading.period_end is None:
        return None
    return (reading.period_end - reading.period_start).days + 1


def over(reading: Reading) -> bool:
    """Whether the calendar year that it counts is over. A window that nobody states is not."""
    end = reading.period_end
    return end is not None and (end.month, end.day) == (12, 31)


def words(direction: str) -> str:
    return {">=": "at least", "<=": "at most", "=": "exactly"}[direction]


def plain(value: Decimal) -> str:
    """Without the zeros that only say how finely it is kept."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
