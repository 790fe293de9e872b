"""What the program proposes from the numbers, and why. A person decides; where they differ both are kept."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from .at_a_day import counted, target_on
from .measuring import definition_on
from .met import ADDING, MET, NOT_MET, UNKNOWN, Aim, Answer, Reading, is_met, length, number, plain, words
from .models import Definition, Indicator, Measurement, ReadinessClass
from .standing import NEVER_DEFINED, NO_TARGET

NO_OPINION = ReadinessClass.NOT_ASSESSED
LATEST_FIRST = ("-holds_from", "-pk")
MOST = 50  # values that are looked back at
CLOSE = 5  # days by which two windows may differ and still be compared


@dataclass(frozen=True)
class Proposal:
    """Met or not, a class (`not_assessed` where the numbers say nothing), and why."""

    met: str
    judged: str
    reasons: Sequence[str] = field(default_factory=list)

    def differs_from(self, judged: str) -> bool:
        return self.judged not in (NO_OPINION, judged)


def propose(indicator: Indicator, *, as_of: date, known_at: date, ahead: Measurement | None = None) -> Proposal:
    """From the measurements of the definition that is in force on the day; those of earlier ones say nothing.

    Args:
        ahead: a value that is not entered yet, to see what it would say.
    """
    definition = definition_on(indicator, as_of, known_at=known_at)
    if definition is None:
        return Proposal(UNKNOWN, NO_OPINION, [NEVER_DEFINED.why])
    found = counted([indicator.transition_id], as_of, known_at=known_at).filter(definition=definition)
    rows = [row for row in found.order_by(*LATEST_FIRST)[:MOST] if ahead is None or row.pk != ahead.supersedes_id]
    return proposal_of(definition, [ahead, *rows] if ahead else rows, as_of)


type Proposed = tuple[Proposal, Measurement | None]


def propose_all(
    transition: int, definitions: Sequence[Definition], *, as_of: date, known_at: date
) -> dict[int, Proposed]:
    """For many at once, by the id of the definition, with what was last said of it: in one query, whatever there is."""
    place = Window(RowNumber(), partition_by="definition_id", order_by=[F("holds_from").desc(), F("pk").desc()])
    found = counted([transition], as_of, known_at=known_at).filter(definition__in=[one.pk for one in definitions])
    rows: dict[int, list[Measurement]] = defaultdict(list)
    latest = found.annotate(place=place).filter(place__lte=MOST).order_by(*LATEST_FIRST)
    for row in latest.select_related("report", "by"):
        rows[row.definition_id].append(row)
    return {one.pk: (proposal_of(one, rows[one.pk], as_of), next(iter(rows[one.pk]), None)) for one in definitions}


def proposal_of(definition: Definition, rows: Sequence[Measurement], as_of: date) -> Proposal:
    aimed = target_on([(one.date, one.value) for one in in_order(definition)], as_of)
    if aimed is None and not definition.parts:
        return Proposal(UNKNOWN, NO_OPINION, [NO_TARGET.why])
    aim = Aim(definition.kind, definition.direction, definition.period_basis, aimed[1] if aimed else None,
              definition.parts)  # fmt: skip
    latest = next((row for row in rows if decides(row)), None)
    answer = is_met(aim, read_from(latest) if latest else None)
    if rows and latest is None:
        answer = Answer(UNKNOWN, "it was only said in words: a person judges it")
    return judge(definition, aim, aimed[0] if aimed else None, latest, rows, answer, as_of)


def in_order(definition: Definition) -> list[Any]:
    return sorted(definition.targets.all(), key=lambda one: one.date or date.max)


def decides(row: Measurement) -> bool:
    return row.quality == "not_collected" or has_number(row)


def has_number(row: Measurement) -> bool:
    return row.value is not None or (row.numerator is not None and row.denominator is not None) or bool(row.parts)


def read_from(row: Measurement) -> Reading:
    return Reading(row.value, row.numerator, row.denominator, row.parts, row.quality, row.period_start, row.period_end)


def judge(
    definition: Definition, aim: Aim, due: date | None, latest: Measurement | None, rows: Sequence[Measurement],
    answer: Answer, as_of: date,
) -> Proposal:  # fmt: skip
    reasons = [*of_target(aim, due, as_of), answer.why]
    if answer.met == MET:
        return Proposal(MET, ReadinessClass.ON_TRACK, reasons)
    if latest is None or answer.met == UNKNOWN or number(aim, read_from(latest)) is None:
        return Proposal(answer.met, NO_OPINION if answer.met == UNKNOWN else late(due, as_of), reasons)
    was, why = before(definition, aim, latest, rows)
    reasons.append(why)
    value = number(aim, read_from(latest))
    assert value is not None
    if was is None:
        return Proposal(NOT_MET, late(due, as_of), reasons)
    judged, said = by_trend(definition, aim, value, was, due, as_of)
    return Proposal(NOT_MET, judged, [*reasons, said])


def late(due: date | None, as_of: date) -> str:
    """Without a trend only this much can be said: the day has passed, and it is not met."""
    return ReadinessClass.NOT_ON_TRACK if due is not None and due < as_of else NO_OPINION


def of_target(aim: Aim, due: date | None, as_of: date) -> list[str]:
    number = f"{words(aim.direction)} {plain(aim.value)}" if aim.value is not None else ""
    said = f"target: {number or ('every part' if aim.parts else 'in words')}"
    if due is None:
        return [f"{said}, without a date"]
    left = (due - as_of).days
    return [f"{said} by {due}", f"{left} days are left" if left >= 0 else f"it was due {-left} days ago"]


def before(
    definition: Definition, aim: Aim, latest: Measurement, rows: Sequence[Measurement]
) -> tuple[Decimal | None, str]:
    """The value before it that it may be compared with: of the same definition, method and kind of window."""
    if latest.quality == Measurement.Quality.METHOD_CHANGED:
        return None, "the method changed: there is no trend"
    for row in rows[rows.index(latest) + 1 :]:
        value = number(aim, read_from(row))
        if value is not None:
            if not comparable(definition, row, latest):
                return None, f"the value of {row.holds_from} counts another window: there is no trend"
            return value, f"{plain(value)} on {row.holds_from}"
    if definition.baseline_value is not None and not adds_up(definition):
        return definition.baseline_value, f"{plain(definition.baseline_value)} at the baseline"
    return None, "there is nothing before it to compare with"


def adds_up(definition: Definition) -> bool:
    """What counts up over a period: its figure says nothing without the window."""
    return definition.kind in ADDING and definition.period_basis != Definition.Period.POINT


def comparable(definition: Definition, row: Measurement, latest: Measurement) -> bool:
    """What adds up is compared over windows that begin together, or that are equally long."""
    if not adds_up(definition):
        return True
    long, longer = length(read_from(row)), length(read_from(latest))
    if long is None or longer is None:
        return False
    if definition.period_basis == Definition.Period.SINCE:
        return row.period_start == latest.period_start
    return abs(long - longer) <= CLOSE


def by_trend(
    definition: Definition, aim: Aim, value: Decimal, was: Decimal, due: date | None, as_of: date
) -> tuple[str, str]:
    assert aim.value is not None
    nearer = abs(aim.value - was) - abs(aim.value - value)
    if due is not None and due < as_of:
        return ReadinessClass.NOT_ON_TRACK, "its day has passed"
    if fast_enough(definition, aim.value, value, due, as_of):
        return ReadinessClass.ON_TRACK, "at this pace it is there in time"
    if nearer > 0:
        return ReadinessClass.POSITIVE, "it comes nearer"
    if nearer < 0:
        return ReadinessClass.DESCENDING, "it moves away"
    return ReadinessClass.STAGNATING, "it stays where it was"


def fast_enough(definition: Definition, target: Decimal, value: Decimal, due: date | None, as_of: date) -> bool:
    """Of the way from the baseline to the target at least as much is done as of the time from the one to the other."""
    start, since = definition.baseline_value, definition.baseline_date
    if start is None or since is None or due is None or adds_up(definition):
        return False
    if start == target or not since < as_of <= due:
        return False
    done = (value - start) / (target - start)
    return done > 0 and done >= Decimal((as_of - since).days) / Decimal((due - since).days)
