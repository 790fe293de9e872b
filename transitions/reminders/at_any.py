"""A sweep's statements differ from those of the last only in their instant. Each is put together once a process, for
this one, and its parameters then say which of them are to be replaced: to put them together takes longer than to run
them where little is due.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any


class AnyDay(date):
    """As far from the day of the sweep as this lies from that of `ANY`. A day so many days after it is one as well."""


class AnyInstant(datetime):
    def date(self) -> date:
        return AnyDay(self.year, self.month, self.day)


ANY = AnyInstant(2000, 1, 1, tzinfo=UTC)


def at(now: datetime, params: Iterable[Any]) -> list[Any]:
    """The parameters of a statement that was put together for `ANY`."""
    return [at_instant(now, param) for param in params]


def at_instant(now: datetime, param: Any) -> Any:
    match param:
        case AnyInstant():
            return now
        case AnyDay():
            return now.astimezone(UTC).date() + timedelta(days=param.toordinal() - ANY.toordinal())
    return param
