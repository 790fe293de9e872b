"""For tests of resolution day: instruments that move an end, what they touch, and how it stands in the latest list."""

from datetime import date
from typing import Any

from tests import world
from transitions.calendar.resolution_lists import ResolutionList, Row, lists_of
from transitions.handovers.models import Handover, MandatedTask
from transitions.handovers.recipients import propose
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, MandateInstrument

NOW, OCTOBER, DECEMBER, LATER = world.NOW, date(2020, 10, 31), date(2020, 12, 31), date(2021, 2, 1)


def recorded(here: Any, adopted: date, until: date) -> MandateInstrument:
    instrument = MandateInstrument(mission=here.mission, symbol=f"S/{adopted}", body="Council", adopted_on=adopted)
    effect = Effect(kind=Effect.Kind.MANDATE_EXPIRY, date=until, basis="expires_unless_renewed")
    return record_instrument(instrument, [effect], by=world.founder(), now=NOW, source="a source")


def handover(here: Any, code: str, **fields: Any) -> Handover:
    of = fields or {"task": MandatedTask.objects.create(transition=here, code=f"T-{code}", title="Courts")}
    [made] = propose(
        [Handover(transition=here, code=code, planned_on=date(2020, 12, 15), **of)], by=world.founder(), now=NOW
    )
    return made


def latest(here: Any, user: Any = None) -> ResolutionList:
    return lists_of(here, user=user or world.founder(), now=NOW)[0]


def row(here: Any, code: str) -> Row:
    return next(row for row in latest(here).rows if row.code == code)


def how(here: Any) -> dict[str, str]:
    return {row.code: row.how for row in latest(here).rows}
