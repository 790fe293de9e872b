"""The one door through which what is said of a benchmark or an indicator changes: its title, owner, whether it decides.

Each change is a row from a day on, and the present value stands on the thing itself. Words and definitions have rows of
their own (`definitions.py`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from typing import Any

from transitions.missions.models import Sector
from transitions.workflow.engine import Fact, locked

from .facts import check_planner, stamp
from .falls import told_of_falls
from .models import Benchmark, BenchmarkTerms, Definition, Indicator, IndicatorTerms, Terms, Wording

TERMS: dict[type[Any], type[Terms]] = {Benchmark: BenchmarkTerms, Indicator: IndicatorTerms}


def begin_terms(
    thing: Any, *, by: Any, now: datetime, fact: Fact | None = None, sectors: Iterable[Sector] = ()
) -> None:
    """What is said of a thing that was just made."""
    row = TERMS[type(thing)].first(thing, **stamp(thing.transition, by=by, now=now, fact=fact))
    if isinstance(row, BenchmarkTerms):
        row.sectors = codes(sectors)
    row.full_clean()
    write([row])


def revise(
    thing: Any, *, by: Any, now: datetime, fact: Fact | None = None, reason: str = "", **said: Any
) -> Terms | None:
    """Say otherwise of a benchmark or an indicator, from today or from the day of a document on.

    A fact that is recorded late changes what held on its day; what is said of later days stays.

    Args:
        said: what changes, as the columns of its terms are called; sectors as rows.
    Returns: the row, or None where it was said already.
    Raises:
        PermissionDenied, ValidationError: who may not, or a value that is wrong.
    """
    benchmark = thing if isinstance(thing, Benchmark) else thing.benchmark
    with locked(thing.transition):
        stamped = stamp(thing.transition, by=by, now=now, fact=fact)
        before: list[Any] = [*thing.terms.all()]
        held: Terms = on_day(before, stamped["holds_from"])
        row = held.next(number=len(before) + 1, reason=reason.strip(), **stamped)
        put(row, said)
        for pillar in {getattr(one, "pillar_id", None) for one in (held, row)}:
            check_planner(benchmark, by=by, now=now, pillar=pillar)
        if row.same_as(held):
            return None
        row.full_clean()
        with falls_of(thing, row, now=now):
            write([row])
    return row


def falls_of(thing: Any, row: Terms, *, now: datetime) -> AbstractContextManager[Any]:
    """An indicator that begins to decide may make its benchmark fall."""
    return told_of_falls(thing.transition, about=row, now=now) if isinstance(thing, Indicator) else nullcontext()


def on_day[One: (BenchmarkTerms, IndicatorTerms, Wording, Definition)](rows: Collection[One], on: date) -> One:
    """What is said on a day: by the row that holds from the latest day; before the first of them, what it says."""
    held = [row for row in rows if row.holds_from <= on]
    return max(held, key=lambda row: (row.holds_from, row.number)) if held else min(rows, key=lambda row: row.number)


def put(row: Terms, said: dict[str, Any]) -> None:
    for name, value in said.items():
        setattr(row, name, codes(value) if name == "sectors" else value)


def codes(sectors: Iterable[Sector]) -> list[str]:
    return sorted(sector.code for sector in sectors)


# --- written


def write(rows: Sequence[Terms]) -> None:
    """Rows of one kind, and on each thing what is so now: what holds from the latest day; of two, the later row."""
    if not rows:
        return
    model, about = type(rows[0]), rows[0].about
    model._default_manager.bulk_create(rows)
    things = {row.thing_id: row.thing for row in rows}
    standing = model._default_manager.filter(**{f"{about}__in": things})
    latest = list(standing.order_by(f"{about}_id", "-holds_from", "-pk").distinct(f"{about}_id"))
    changed = [row for row in latest if row.number > 1]
    for row in changed:
        for column, name in row.says.items():
            setattr(things[row.thing_id], name, getattr(row, column))
    if changed:
        names = list(model.fields_of_the_thing())
        type(rows[0].thing)._default_manager.bulk_update([things[row.thing_id] for row in changed], names)
    if model is BenchmarkTerms:
        write_sectors(latest, {pk: thing.transition_id for pk, thing in things.items()})


def write_sectors(latest: Sequence[Any], transitions: Mapping[int, int]) -> None:
    """Only where they are others than there are."""
    through: Any = Benchmark.sectors.through
    there = through.objects.filter(benchmark__in=[row.benchmark_id for row in latest])
    held = set(there.values_list("benchmark_id", "sector__code"))
    wanted = {(row.benchmark_id, code) for row in latest for code in row.sectors}
    if held == wanted:
        return
    found = Sector.objects.filter(transition__in=set(transitions.values()), code__in={code for _, code in wanted})
    ids = {(sector.transition_id, sector.code): sector.pk for sector in found}
    there.delete()
    through.objects.bulk_create(
        through(benchmark_id=benchmark, sector_id=ids[transitions[benchmark], code])
        for benchmark, code in sorted(wanted) if (transitions[benchmark], code) in ids
    )  # fmt: skip
