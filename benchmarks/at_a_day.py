"""What was judged, defined and measured up to a day, as known on a day: read once, for any number of transitions.

Judgements are read whole, because readiness asks for them at many moments (now, the last report, each report's issue);
of measurements the database picks the deciding one for each moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import DateField, Exists, F, Func, JSONField, Max, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from transitions.status.panels import View
from transitions.workflow.models import StateChange

from .met import Reading
from .models import Assessment, Benchmark, Definition, Measurement, Target, Terms

type Judgement = tuple[int, date, date, int, str, int, int | None]
"""Indicator, as of, known from, id, class, definition, report."""
AS_OF: Final = 1
KNOWN: Final = 2
ID: Final = 3
JUDGED: Final = 4
DEFINITION: Final = 5
REPORT: Final = 6
type Row = tuple[Any, ...]
type Days = date | Mapping[int, date]  # one day for all, or one for each transition

VERIFIED = """
SELECT a.indicator_id, a.as_of, s.known_from, a.id, a.judged, a.definition_id, a.report_id
FROM workflow_statechange s JOIN benchmarks_assessment a ON a.id = s.thing_id
WHERE s.thing_type = %s AND s.state = 'verified' AND s.transition_id = ANY(%s) AND s.known_from <= %s AND a.as_of <= %s
ORDER BY a.as_of, a.id"""


def judgements(transitions: Sequence[int], *, as_of: date, known_at: date) -> dict[int, list[Judgement]]:
    """Of each indicator its verified assessments in the order in which they count."""
    found: dict[int, list[Judgement]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(VERIFIED, [Assessment._meta.label_lower, list(transitions), known_at, as_of])
        for row in cursor.fetchall():
            found[row[0]].append(row)
    return found


LATEST = """
SELECT DISTINCT ON (a.indicator_id)
    a.indicator_id, a.as_of, s.known_from, a.id, a.judged, a.definition_id, a.report_id
FROM workflow_statechange s JOIN benchmarks_assessment a ON a.id = s.thing_id
WHERE s.thing_type = %s AND s.state = 'verified' AND s.transition_id = %s AND s.known_from <= %s AND a.as_of <= %s
    AND a.id <> %s
ORDER BY a.indicator_id, a.as_of DESC, a.id DESC"""


def latest_judgements(
    transition: int, *, as_of: date, known_at: date, without: int | None = None
) -> dict[int, list[Judgement]]:
    """Of each indicator the one that counts at this moment, where no other moment is asked for.

    Args:
        without: one that is left out, to see what it changes.
    """
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [Assessment._meta.label_lower, transition, known_at, as_of, without or 0])
        return {row[0]: [row] for row in cursor.fetchall()}


def judged(rows: Sequence[Judgement], as_of: date, known_at: date) -> Judgement | None:
    """The one that counts at a moment: of those known by then the greatest (as of, id)."""
    for row in reversed(rows):
        if row[AS_OF] <= as_of and row[KNOWN] <= known_at:
            return row
    return None


type Stood = tuple[date, date, str, int]  # holds from, known from, state, version


def histories(transitions: Sequence[int], *, as_of: date, known_at: date) -> dict[int, list[Stood]]:
    """Of each benchmark the states it came to, in the order of its versions."""
    changes = StateChange.objects.filter(
        transition__in=list(transitions), thing_type=Benchmark._meta.label_lower, holds_from__lte=as_of,
        known_from__lte=known_at,
    )  # fmt: skip
    found: dict[int, list[Stood]] = defaultdict(list)
    columns = ("thing_id", "holds_from", "known_from", "state", "version")
    rows = changes.order_by("thing_id", "version").values_list(*columns)
    for pk, *stood in rows:
        found[pk].append(tuple(stood))
    return found


def stood_at(rows: Sequence[Stood], as_of: date, known_at: date) -> Stood | None:
    return next((row for row in reversed(rows) if row[0] <= as_of and row[1] <= known_at), None)


def state_at(rows: Sequence[Stood], as_of: date, known_at: date) -> str | None:
    row = stood_at(rows, as_of, known_at)
    return row[2] if row else None


type Said[One] = tuple[date, date, One]  # holds from, known from, what is said
EVER: Final = date.min


def terms(model: type[Terms], transitions: Sequence[int], view: View, *columns: str) -> Iterable[Row]:
    """Of what one may see every row of terms that counts at some moment of the view: the columns of a `Row`, then
    those that are asked for; of each thing in the order in which they count.

    What was said first is in it whatever the day: there is no day on which a thing is there and nothing is said of it.
    """
    about = model.about
    seen = model._default_manager.all().visible_to(view.user, now=view.now)  # type: ignore[attr-defined]
    rows = seen.filter(
        Q(number=1) | Q(holds_from__lte=view.as_of, known_from__lte=view.known_at),
        **{f"{about}__transition__in": list(transitions)},
    )
    row = (f"{about}_id", f"{about}__transition_id", f"{about}__code", "number", "holds_from", "known_from")
    found: Iterable[Row] = rows.order_by(f"{about}_id", "holds_from", "pk").values_list(*row, *columns)
    return found


def keep[One](found: dict[int, list[Said[One]]], row: Row, said: One) -> None:
    """What was said first also stands before everything else, as if it had held ever since."""
    thing, _, _, number, since, known = row[:6]
    if number == 1:
        found[thing].insert(0, (EVER, EVER, said))
    found[thing].append((since, known, said))


def said_at[One](rows: Sequence[Said[One]], as_of: date, known_at: date) -> One:
    return next(row[2] for row in reversed(rows) if row[0] <= as_of and row[1] <= known_at)


DEFINED = (
    "indicator_id", "holds_from", "known_from", "pk", "number", "kind", "direction", "period_basis", "parts",
)  # fmt: skip
type Defined = tuple[Any, ...]


def definitions(transitions: Sequence[int], *, as_of: date, known_at: date) -> dict[int, list[Defined]]:
    """Of each indicator its definitions in the order in which they count."""
    counted = Definition.objects.filter(
        indicator__transition__in=list(transitions), holds_from__lte=as_of, known_from__lte=known_at
    )
    found: dict[int, list[Defined]] = defaultdict(list)
    for row in counted.order_by("holds_from", "pk").values_list(*DEFINED):
        found[row[0]].append(row)
    return found


def in_force(rows: Sequence[Defined], as_of: date, known_at: date) -> Defined | None:
    return next((row for row in reversed(rows) if row[1] <= as_of and row[2] <= known_at), None)


type Aimed = tuple[date | None, Any]


def targets(transitions: Sequence[int]) -> dict[int, list[Aimed]]:
    """Of each definition its targets by day, an undated one last."""
    rows = Target.objects.filter(definition__indicator__transition__in=list(transitions))
    found: dict[int, list[Aimed]] = defaultdict(list)
    for definition, *aimed in rows.order_by(F("date").asc(nulls_last=True)).values_list(
        "definition_id", "date", "value"
    ):
        found[definition].append(tuple(aimed))
    return found


def target_on(rows: Sequence[Aimed], on: date) -> Aimed | None:
    """The one in force on a day: the next that is still ahead, and after the last of them the last."""
    ahead = (row for row in rows if row[0] is None or row[0] >= on)
    return next(ahead, rows[-1] if rows else None)


class DayOf(Func):
    """The day of a row's own transition: each transition may be looked at on another day."""

    template, arg_joiner, output_field = "(%(expressions)s)::date", " ->> ", DateField()


def until(days: Days) -> Any:
    if isinstance(days, date):
        return days
    given = Value({str(pk): str(on) for pk, on in days.items()}, output_field=JSONField())
    return DayOf(given, Cast(F("indicator__transition_id"), TextField()))


def counted(transitions: Sequence[int] | None, days: Days, *, known_at: date) -> QuerySet[Measurement, Any]:
    """Up to its day, as far as it was known, and not corrected since; of all transitions where none are named."""
    corrected = Measurement.objects.filter(supersedes=OuterRef("pk"), known_from__lte=known_at)
    rows: QuerySet[Measurement, Any] = Measurement.objects.filter(
        ~Exists(corrected), holds_from__lte=until(days), known_from__lte=known_at
    )
    return rows if transitions is None else rows.filter(indicator__transition__in=list(transitions))


NOT_COLLECTED = Measurement.Quality.NOT_COLLECTED
HAS_A_NUMBER = Q(value__isnull=False) | Q(numerator__isnull=False, denominator__isnull=False) | ~Q(parts={})
DECIDES = HAS_A_NUMBER | Q(quality=NOT_COLLECTED)
READ = (
    "definition_id", "value", "numerator", "denominator", "parts", "quality", "period_start", "period_end",
    "holds_from", "pk",
)  # fmt: skip
type Read = tuple[Any, ...]


def values(transitions: Sequence[int], days: Days, *, known_at: date) -> dict[int, Read]:
    """Of each definition the measurement that decides: the latest with a number, or that it was not collected.

    What a source says in words takes the place of no number: it is neither zero nor missing progress.
    """
    rows = counted(transitions, days, known_at=known_at).filter(DECIDES)
    latest = rows.order_by("definition_id", "-holds_from", "-pk").distinct("definition_id")
    return {row[0]: row for row in latest.values_list(*READ)}


def last_heard(transitions: Sequence[int], as_of: date, *, known_at: date) -> dict[int, date]:
    """Of each definition the day of its latest data, in numbers or in words."""
    rows = counted(transitions, as_of, known_at=known_at).exclude(quality=NOT_COLLECTED)
    said = rows.filter(HAS_A_NUMBER | ~Q(value_text=""))
    return dict(said.order_by().values_list("definition_id").annotate(Max("holds_from")))


def reading(row: Read | None) -> Reading | None:
    return Reading(*row[1:8]) if row else None
