"""How one benchmark stands: its class and whether it is met. The two need not agree, so both are always given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .at_a_day import Aimed, Defined, Read, reading, target_on
from .classes import RANK, class_of, worst_known
from .met import MET, NOT_MET, UNKNOWN, Aim, Answer, is_met
from .models import ReadinessClass

NEVER_DEFINED = Answer(UNKNOWN, "it was not defined yet")
NO_TARGET = Answer(UNKNOWN, "it has no target")


def indicator_met(
    definition: Defined | None, targets: Mapping[int, Sequence[Aimed]], values: Mapping[int, Read], on: date
) -> Answer:
    """By the definition in force alone: a value of an earlier one says nothing about this one."""
    if definition is None:
        return NEVER_DEFINED
    _, _, _, pk, _, kind, direction, period_basis, parts = definition
    aimed = target_on(targets.get(pk, ()), on)
    if aimed is None and not parts:
        return NO_TARGET
    aim = Aim(kind, direction, period_basis, aimed[1] if aimed else None, parts)
    return is_met(aim, reading(values.get(pk)))


def benchmark_met(state: str | None, answers: Iterable[str]) -> str:
    """Of a condition for exit, and of any benchmark.

    A person's word is first: achieved is met, closed unmet is not. Else the deciding indicators say it, and all of
    them: one that is not met decides, one that is unknown leaves it unknown, none at all is unknown. Its class is not
    asked: a judgement may be “on track” while the target is not reached yet, or “stagnating” while it is held.
    """
    if state in ("achieved", "closed_unmet"):
        return MET if state == "achieved" else NOT_MET
    given = set(answers)
    if NOT_MET in given:
        return NOT_MET
    return MET if given == {MET} else UNKNOWN


@dataclass(frozen=True)
class Overridden:
    """A person's word on a benchmark's class, shown as such."""

    judged: str
    reason: str
    by: str
    since: date

    def as_dict(self) -> dict[str, Any]:
        return {"class": self.judged, "reason": self.reason, "by": self.by, "since": self.since}


@dataclass(frozen=True)
class Standing:
    """One benchmark at one moment."""

    computed: str
    worst_known: str | None
    met: str
    state: str | None
    override: Overridden | None = None

    @property
    def judged(self) -> str:
        return self.override.judged if self.override else self.computed


def standing(state: str | None, deciding: Sequence[tuple[str, str]], override: Overridden | None = None) -> Standing:
    """Of its deciding indicators, each a class and whether it is met."""
    classes = [judged for judged, _ in deciding]
    return Standing(class_of(classes), worst_known(classes), benchmark_met(state, [met for _, met in deciding]), state,
                    override)  # fmt: skip


def rank(judged: str) -> int:
    """Nothing is worse than not to know."""
    return RANK.get(judged, len(RANK))


def has_fallen(was: Standing, now: Standing) -> bool:
    """From achieved, from on track, or from met, to anything worse."""
    if was.state == "achieved" and now.state == "in_force":
        return True
    if was.judged == ReadinessClass.ON_TRACK and rank(now.judged) > rank(was.judged):
        return True
    return was.met == MET and now.met != MET


def has_worsened(was: Standing, now: Standing) -> bool:
    """From one class that somebody gave to a worse one. What nobody knows any more has not worsened: it is missing."""
    return was.judged in RANK and now.judged in RANK and RANK[now.judged] > RANK[was.judged]
