"""The dates of the end that an instrument moves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from transitions.missions.ends import End, settle
from transitions.missions.models import DATES_OF_THE_END, Effect, MandateInstrument


@dataclass(frozen=True)
class MovedEnd:
    """A date of the end that an instrument moves: from which day (None: there was none) to which, on which basis."""

    kind: str
    was: date | None
    becomes: date
    basis: str
    paragraph: str
    overtaken: bool  # an instrument adopted later has set it since

    @property
    def words(self) -> str:
        return str(Effect.Kind(self.kind).label)

    @property
    def basis_words(self) -> str:
        return str(Effect.Basis(self.basis).label)

    @property
    def days(self) -> int | None:
        return (self.becomes - self.was).days if self.was else None

    @property
    def cut(self) -> date:
        """The last day that it leaves alone. What falls on the very day of an end goes where that end goes."""
        if self.was and self.was < self.becomes:
            return self.was - timedelta(days=1)
        return self.becomes

    def __str__(self) -> str:
        before = f"from {self.was} " if self.was else ""
        return f"{self.words} {before}to {self.becomes}, {self.basis_words.lower()}"


def moves_of(mission: int) -> dict[int, list[MovedEnd]]:
    """Of each instrument of a mission the dates of the end that it moves, the mandate's end first. One query.

    What a body has set without its being confirmed moves nothing: the date that was there still holds.
    """
    rows = Effect.objects.filter(instrument__mission=mission, kind__in=DATES_OF_THE_END).exclude(
        basis=Effect.Basis.UNCONFIRMED
    )
    effects = list(rows.select_related("instrument").order_by("instrument__adopted_on", "instrument_id", "pk"))
    found: dict[int, list[MovedEnd]] = {}
    for effect in effects:
        found.setdefault(effect.instrument_id, []).extend(moved(effect, effects))
    for moves in found.values():
        moves.sort(key=lambda one: DATES_OF_THE_END.index(Effect.Kind(one.kind)))
    return found


def moved(effect: Effect, effects: Iterable[Effect]) -> Iterator[MovedEnd]:
    """Beside what held on the day before its instrument was adopted, as far as it was known then."""
    assert effect.date is not None
    before, after = [], False
    for other in effects:
        if other.instrument.adopted_on < effect.instrument.adopted_on:
            before.append(as_end(other))
        after = after or (other.kind == effect.kind and other.instrument.adopted_on > effect.instrument.adopted_on)
    held = {end.kind: end.date for end in settle(before, as_of=effect.instrument.adopted_on).dates}
    was = held.get(effect.kind)
    if effect.date != was:
        yield MovedEnd(effect.kind, was, effect.date, effect.basis, effect.paragraph, overtaken=after)


def as_end(effect: Effect) -> End:
    it = effect.instrument
    assert effect.date is not None
    return End(effect.kind, effect.basis, it.symbol, it.body, it.mission_id, effect.date)


def moves_left(instrument: MandateInstrument) -> list[MovedEnd]:
    """Those that no instrument adopted later has set: of one recorded late, often none."""
    return [one for one in moves_of(instrument.mission_id).get(instrument.pk, []) if not one.overtaken]
