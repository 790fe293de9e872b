"""What must be true in a country, made up for tests: benchmarks, indicators, values and judgements, by the verbs."""

from datetime import date, timedelta
from typing import Any

from benchmarks.assessing import assess
from benchmarks.definitions import add_indicator, redefine, set_up
from benchmarks.measuring import measure
from benchmarks.models import Assessment, Benchmark, Definition, Disagreement, Indicator, Measurement, Report, Target
from tests import world
from transitions.access.models import User
from transitions.access.permissions import Role
from transitions.missions.models import Transition
from transitions.workflow.engine import Fact, begin, take
from transitions.workflow.models import StateChange

START = date(2020, 1, 1)
FIRST = Fact("S/2020/1", START, START)


def benchmark(of: Transition, *, state: str = "in_force", since: Fact = FIRST, **fields: Any) -> Benchmark:
    code = f"B{next(world.number)}"
    given = {"transition": of, "code": code, "title": "Police serve all", "basis": "mission"} | fields
    return set_up(Benchmark(**given), "Police serve everybody", by=world.founder(), now=world.NOW, fact=since,
                  state=state)  # fmt: skip


def definition(*, baseline: Any = 50, **fields: Any) -> Definition:
    return Definition(
        **{"statement": "Share of places with police", "kind": "percentage", "direction": ">=",
           "baseline_value": baseline, "baseline_date": START, "period_basis": "point", "source": "S/2020/1"} | fields
    )  # fmt: skip


def aims(*targets: Any) -> list[Target]:
    """Values, each alone or with its day."""
    pairs = [target if isinstance(target, tuple) else (target, date(2020, 12, 31)) for target in targets]
    return [Target(value=value, date=on) for value, on in pairs]


def indicator(
    of: Benchmark, *targets: Any, baseline: Any = 50, since: Fact = FIRST, measured_every: int | None = 90,
    informs_only: bool = False, code: str = "", **fields: Any,
) -> Indicator:  # fmt: skip
    made = Indicator(benchmark=of, code=code or f"{of.code}.{next(world.number)}", frequency_days=measured_every,
                     informs_only=informs_only)  # fmt: skip
    return add_indicator(made, definition(baseline=baseline, **fields), aims(*(targets or (80,))),
                         by=world.founder(), now=world.NOW, fact=since)  # fmt: skip


def redefined(it: Indicator, *targets: Any, on: date, baseline: Any = 50, **fields: Any) -> Definition:
    return redefine(it, definition(baseline=baseline, **fields), aims(*(targets or (80,))), reason="counted otherwise",
                    by=world.founder(), now=world.NOW, fact=Fact("S/2020/2", on, on))  # fmt: skip


def value(it: Indicator, number: Any, on: date, *, known: date | None = None, **given: Any) -> Measurement:
    fact = Fact("S/2020/3", on, known or on)
    return measure(it, as_of=on, value=number, by=world.founder(), now=world.NOW, fact=fact, **given)


def judged(it: Indicator, readiness: str, on: date, *, known: date | None = None) -> Assessment:
    """Verified, as a report brings it in."""
    definition = it.definitions.filter(holds_from__lte=on).order_by("-holds_from", "-pk").first()
    made = Assessment(indicator=it, definition=definition, as_of=on, judged=readiness, entered_by=world.founder())
    begin([made], by=world.founder(), now=world.NOW, state="verified", source=Fact("S/2020/3", on, known or on))
    return made


def report(of: Transition, on: date, *, known: date | None = None, **fields: Any) -> Report:
    given = {"symbol": f"S/2020/{next(world.number)}", "recorded_at": world.NOW, "by": world.founder()} | fields
    return Report.objects.create(transition=of, holds_from=on, known_from=known or on + timedelta(30), **given)


def verified(it: Indicator, readiness: str, on: date, *, by: User | None = None, **given: Any) -> Assessment:
    """Entered, submitted and verified, each by a person who may."""
    here = it.transition
    draft = assess(it, readiness, as_of=on, by=by or world.person(Role.PROVIDER, here), now=world.NOW, **given)
    take(draft, "submit", by=draft.entered_by, now=world.NOW)
    take(draft, "verify", by=world.person(Role.VERIFIER, here), now=world.NOW)
    return draft


def returned(entry: Assessment, by: User, reason: str = "the number?") -> Assessment:
    take(entry, "return", by=by, now=world.NOW, reason=reason)
    return entry


def written() -> tuple[int, ...]:
    """How much there is of it: the same before and after what was refused."""
    return tuple(model.objects.count() for model in (Measurement, Assessment, Disagreement, StateChange))
