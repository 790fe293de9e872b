"""How judgements of indicators make one of a benchmark. Source: domain catalogue, section S; S/2018/1059, annex."""

from collections import Counter
from collections.abc import Iterable

from .models import ReadinessClass

WORST_LAST = (
    ReadinessClass.ON_TRACK, ReadinessClass.POSITIVE, ReadinessClass.STAGNATING, ReadinessClass.DESCENDING,
    ReadinessClass.NOT_ON_TRACK,
)  # fmt: skip
RANK: dict[str, int] = {readiness: rank for rank, readiness in enumerate(WORST_LAST)}


def known(classes: Iterable[str]) -> list[str]:
    return [one for one in classes if one in RANK]


def worst_known(classes: Iterable[str]) -> str | None:
    """The worst of what is known; None where nothing is."""
    return max(known(classes), key=RANK.__getitem__, default=None)


def class_of(classes: Iterable[str]) -> str:
    """The worst of the deciding indicators. One unknown among them, or none at all, and it is not assessed."""
    given = list(classes)
    if not given or len(known(given)) < len(given):
        return ReadinessClass.NOT_ASSESSED.value
    return worst_known(given) or ReadinessClass.NOT_ASSESSED.value


def counted(classes: Iterable[str]) -> dict[str, int]:
    """All seven, always: a class that nobody has is zero, and who has no class is counted as not assessed."""
    found = Counter(classes)
    return {readiness: found[readiness] for readiness in ReadinessClass.values}
