"""What the engine says when a step is not taken, and the two ways to take one despite its blockers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .lifecycles import Blocker


@dataclass(frozen=True)
class Fact:
    """A fact recorded from its source: what a guard would have blocked is listed as open, and does not hold it back.

    Who records it is another matter: see `Step.even_a_fact`.
    """

    source: str
    holds_from: date
    known_from: date | None = None
    approximate: bool = False


@dataclass(frozen=True)
class Override:
    """The decision to pass over blockers that the step lists as overridable."""

    reason: str


class StepRefused(Exception):
    """The step is not there to be taken: `code` is stale, wrong-state, unknown-step, reason-missing or moved."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Blocked(Exception):
    """Guards hold the step back: all of their blockers, never only the first."""

    def __init__(self, blockers: Sequence[Blocker]) -> None:
        super().__init__("; ".join(blocker.sentence for blocker in blockers))
        self.blockers = list(blockers)
