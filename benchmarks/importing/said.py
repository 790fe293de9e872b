"""What a row of a file says otherwise of a thing than its terms do, from the day of its document on."""

from collections.abc import Callable, Sequence
from typing import Any

from transitions.missions.models import Pillar

from ..models import BenchmarkTerms, IndicatorTerms
from ..terms import on_day
from .known import Known
from .rows import Row


def said_otherwise[One: (BenchmarkTerms, IndicatorTerms)](
    known: Known, row: Row, terms: Sequence[One], differing: Callable[[One], dict[str, Any]]
) -> tuple[One, list[str]] | None:
    """Terms with what is new in them, and that in words. None: the document says it already, or it is so on its day.

    So an older file that is brought in again changes nothing, whatever was said since.
    """
    source = row["source"] or ""
    stamped = known.stamp(source)
    held = on_day(terms, stamped["holds_from"])
    if not all(differing(one) for one in terms if one is held or (source and one.source == source)):
        return None
    made = held.next(number=len(terms) + 1, reason=row["reason"] or "", **stamped)
    said = []
    if isinstance(made, BenchmarkTerms) and isinstance(held, BenchmarkTerms):
        made.pillar = held.pillar  # which may have no key yet
    for name, new in differing(held).items():
        said.append(f"{name.replace('_', ' ')} {shown(getattr(held, name))} → {shown(new)}")
        setattr(made, name, new)
    return made, said


def shown(value: Any) -> str:
    given = value.code if isinstance(value, Pillar) else "; ".join(value) if isinstance(value, list) else value
    return str(given or "none")


def again(rows: Sequence[Any], name: str) -> None:
    """What they point at has its key only now."""
    for row in rows:
        setattr(row, name, getattr(row, name))
