"""Benchmarks and indicators are set up, reworded and redefined. Old words and old definitions stay as they were."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from transitions.access.models import roles_of
from transitions.access.permissions import Role
from transitions.missions.models import Sector
from transitions.workflow.engine import Fact, begin, locked

from .facts import check_planner, save, stamp
from .models import Benchmark, CarryOver, Definition, GovernmentPosition, Indicator, Target, Wording
from .terms import begin_terms
from .whole import check_definition


def set_up(
    benchmark: Benchmark, statement: str, *, by: Any, now: datetime, instrument: Any = None, paragraph: str = "",
    fact: Fact | None = None, state: str | None = None, sectors: Iterable[Sector] = (),
) -> Benchmark:  # fmt: skip
    """Begin a benchmark with its first wording and terms. A condition for exit if it is core, unless it says otherwise.

    Raises:
        PermissionDenied, StepRefused, ValidationError: as `begin` does; nothing is set up.
    """
    if benchmark.condition_for_exit not in (True, False):
        benchmark.condition_for_exit = benchmark.level == Benchmark.Level.CORE
    benchmark.owner_office = benchmark.owner_office or benchmark.transition.lead_office
    with locked(benchmark.transition):
        benchmark.full_clean(exclude=["state", "version"])
        begin([benchmark], by=by, now=now, source=fact, state=state)
        stamped = stamp(benchmark.transition, by=by, now=now, fact=fact)
        save(Wording(benchmark=benchmark, number=1, statement=statement, instrument=instrument, paragraph=paragraph,
                     **stamped))  # fmt: skip
        begin_terms(benchmark, by=by, now=now, fact=fact, sectors=sectors)
    return benchmark


def reword(
    benchmark: Benchmark, statement: str, *, reason: str, by: Any, now: datetime, instrument: Any = None,
    paragraph: str = "", fact: Fact | None = None,
) -> Wording:  # fmt: skip
    """New words from a day on, as a renewal gives them; what was judged before stays tied to the old ones.

    Raises:
        PermissionDenied, ValidationError: who may not, no reason, or the words that it has already.
    """
    with locked(benchmark.transition):
        check_planner(benchmark, by=by, now=now)
        last = benchmark.wordings.order_by("-number").first()
        if not reason.strip():
            raise ValidationError({"reason": "Say why the words change."})
        if last and last.statement == statement and last.instrument == instrument:
            raise ValidationError({"statement": "These are its words already."})
        number = last.number + 1 if last else 1
        row: Wording = save(
            Wording(benchmark=benchmark, number=number, statement=statement, instrument=instrument, reason=reason,
                    paragraph=paragraph, **stamp(benchmark.transition, by=by, now=now, fact=fact))
        )  # fmt: skip
    return row


def add_indicator(
    indicator: Indicator, definition: Definition, targets: Iterable[Target] = (), *, by: Any, now: datetime,
    fact: Fact | None = None,
) -> Indicator:  # fmt: skip
    """An indicator with its first definition and the targets of that.

    Raises:
        PermissionDenied, ValidationError: who may not, or a field that is wrong.
    """
    indicator.transition = indicator.benchmark.transition
    with locked(indicator.transition):
        check_planner(indicator.benchmark, by=by, now=now)
        save(indicator)
        begin_terms(indicator, by=by, now=now, fact=fact)
        define(indicator, definition, targets, number=1, by=by, now=now, fact=fact)
    return indicator


def redefine(
    indicator: Indicator, definition: Definition, targets: Iterable[Target] = (), *, reason: str, by: Any,
    now: datetime, fact: Fact | None = None,
) -> Definition:  # fmt: skip
    """Another definition from a day on. It breaks the line: values of the one before are never joined to its own.

    Raises:
        PermissionDenied, ValidationError: who may not, no reason, or a field that is wrong.
    """
    with locked(indicator.transition):
        check_planner(indicator.benchmark, by=by, now=now)
        if not reason.strip():
            raise ValidationError({"reason": "Say why the definition changes."})
        last = indicator.definitions.order_by("-number").first()
        number = last.number + 1 if last else 1
        definition.reason = reason
        return define(indicator, definition, targets, number=number, by=by, now=now, fact=fact)


def define(
    indicator: Indicator, definition: Definition, targets: Iterable[Target], *, number: int, by: Any, now: datetime,
    fact: Fact | None,
) -> Definition:  # fmt: skip
    for name, value in stamp(indicator.transition, by=by, now=now, fact=fact).items():
        if name != "source" or value:
            setattr(definition, name, value)
    definition.indicator, definition.number = indicator, number
    targets = list(targets)
    check_definition(definition, targets)
    save(definition)
    for target in targets:
        target.definition = definition
        save(target)
    return definition


def carry_over(
    benchmark: Benchmark, *, by: Any, now: datetime, office: Any = None, name: str = "", fact: Fact | None = None
) -> CarryOver:
    """Say who is to own a benchmark when the mission has left. A later word replaces it, none is edited."""
    with locked(benchmark.transition):
        check_planner(benchmark, by=by, now=now)
        if office and office.transition_id != benchmark.transition_id:
            raise ValidationError({"office": f"{office} belongs to another transition."})
        stamped = stamp(benchmark.transition, by=by, now=now, fact=fact)
        row: CarryOver = save(CarryOver(benchmark=benchmark, office=office, name=name, **stamped))
    return row


def government_position(
    benchmark: Benchmark, position: str, *, by: Any, now: datetime, note: str = "", fact: Fact | None = None
) -> GovernmentPosition:
    """What the Government says of it: said by its own focal point here, or taken from a document."""
    with locked(benchmark.transition):
        if fact is None and Role.GOVERNMENT_FOCAL_POINT not in roles_of(by, benchmark.transition, now=now):
            raise PermissionDenied("the Government's focal point speaks for it, or a document that is named")
        stamped = stamp(benchmark.transition, by=by, now=now, fact=fact)
        row: GovernmentPosition = save(GovernmentPosition(benchmark=benchmark, position=position, note=note, **stamped))
    return row
