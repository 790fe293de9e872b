"""The dates of the end, as the instruments set them: five different dates, each with its basis. None is derived."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .models import DATES_OF_THE_END, Effect

DATED = [*DATES_OF_THE_END, Effect.Kind.DECISION]


@dataclass(frozen=True)
class End:
    """One date of the end: what for, which day, on which basis, set by which instrument of which body."""

    kind: str
    basis: str
    instrument: str
    body: str
    mission_id: int
    date: date

    @property
    def confirmed(self) -> bool:
        return self.basis != Effect.Basis.UNCONFIRMED


@dataclass(frozen=True)
class Ends:
    """What holds for one mission: the headline, one date a kind, and where two bodies disagree."""

    headline: End | None
    dates: list[End]
    conflicts: list[str]


def ends_of(missions: Iterable[int], *, as_of: date, known_at: date) -> dict[int, Ends]:
    """The dates of the end of each mission, in one query.

    An instrument counts from its adoption. For each kind the latest-adopted instrument holds, and the mandate's end is
    the latest-adopted one that is confirmed; a date that another body set for the same end is shown as a conflict.
    """
    ids = list(missions)
    rows = (
        Effect.objects.filter(
            instrument__mission__in=ids,
            kind__in=DATED,
            instrument__holds_from__lte=as_of,
            instrument__known_from__lte=known_at,
        )
        .select_related("instrument")
        .order_by("instrument__holds_from", "instrument_id", "pk")
    )
    found: dict[int, list[End]] = {mission: [] for mission in ids}
    for row in rows:
        it = row.instrument
        assert row.date is not None
        end = End(row.kind, row.basis, it.symbol, it.body, it.mission_id, row.date)
        found[it.mission_id].append(end)
    return {mission: settle(ends, as_of=as_of) for mission, ends in found.items()}


def settle(ends: list[End], *, as_of: date) -> Ends:
    """From the oldest to the latest adopted: a later one of the same kind takes the earlier one's place."""
    standing = {end.kind: end for end in ends if end.confirmed}
    unconfirmed = {end.kind: end for end in ends if not end.confirmed and end.kind not in standing}
    headline = standing.get(Effect.Kind.MANDATE_EXPIRY)
    held = standing | unconfirmed
    dates = [held[kind] for kind in DATED if kind in held]
    return Ends(headline, dates, conflicts(ends, held, as_of=as_of))


def conflicts(ends: list[End], held: dict[str, End], *, as_of: date) -> list[str]:
    """Where the latest word of another body on the same kind of end is another date, and still lies ahead of it."""
    latest = {(end.kind, end.body): end for end in ends}
    found = []
    for (kind, body), end in latest.items():
        first = held[kind]
        ahead = end.date >= as_of and kind in DATES_OF_THE_END
        if ahead and body != first.body and end.date != first.date:
            doubt = "" if end.confirmed else ", unconfirmed"
            label = Effect.Kind(kind).label
            here = f"{first.date} by {first.instrument} ({first.body})"
            found.append(f"{label}: {here}, but {end.date} by {end.instrument} ({body}{doubt})")
    return found
