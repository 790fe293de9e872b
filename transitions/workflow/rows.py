"""The engine's two trips to the database: lock and read together, then one statement that writes state and history.

`make load` measures them against the same work in bare psycopg: the plain ORM reached 0.23 of it, this about 0.6.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import Col
from psycopg.types.json import Jsonb

from .models import StateChange, Stateful


class Gone(Exception):
    """The thing, or its transition, is not there any more."""


def hold(transition: models.Model, thing: models.Model) -> None:
    """Lock the transition's row, then read the whole of it and of the thing, as they are once the lock is held.

    Two statements in one trip: each sees what was committed before it began, so the second reads behind the lock.
    Results are counted from the end: an audit context around a request goes through them before we do.
    """
    rows = [transition] if thing is transition else [transition, thing]
    with connection.cursor() as cursor:
        cursor.execute(holding(*(type(row) for row in rows)), [row.pk for row in rows])
        for position, row in enumerate(rows):
            cursor.set_result(position - len(rows))
            refresh(row, cursor.fetchone())


@cache
def holding(transition: type[models.Model], *things: type[models.Model]) -> str:
    return "; ".join([f"{reading(transition)} FOR NO KEY UPDATE", *(reading(thing) for thing in things)])


@cache
def columns(model: type[models.Model]) -> list[str]:
    """The columns of the model's own table, in the order in which they are read."""
    return [field.column for field in model._meta.concrete_fields if field.column]


@cache
def attributes(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.column]


@cache
def converters(model: type[models.Model]) -> list[tuple[str, Callable[..., Any]]]:
    """Of the few fields whose value in the database is not the one in Python."""
    return [
        (field.attname, convert)
        for field in model._meta.concrete_fields
        for convert in (
            *connection.ops.get_db_converters(Col(model._meta.db_table, field)),
            *field.get_db_converters(connection),
        )
    ]


@cache
def computed(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.generated]


@cache
def reading(model: type[models.Model]) -> str:
    names = ", ".join(connection.ops.quote_name(column) for column in columns(model))
    table = connection.ops.quote_name(model._meta.db_table)
    return f"SELECT {names} FROM {table} WHERE id = %s"  # noqa: S608 - names of our own models


def refresh(row: models.Model, values: Sequence[Any] | None) -> None:
    if values is None:
        raise Gone(f"{row._meta.verbose_name} {row.pk} is not there any more")
    row.__dict__.update(zip(attributes(type(row)), values, strict=True))
    for attribute, convert in converters(type(row)):
        row.__dict__[attribute] = convert(row.__dict__[attribute], None, connection)
    row._state.fields_cache.clear()
    getattr(row, "_prefetched_objects_cache", {}).clear()


@cache
def writing(model: type[models.Model]) -> str:
    names = [column for column in columns(StateChange) if column != "id"]
    table = connection.ops.quote_name(model._meta.db_table)
    return (
        f"WITH moved AS (UPDATE {table} SET state = %(state)s, version = %(version)s WHERE id = %(thing_id)s) "  # noqa: S608
        f"INSERT INTO workflow_statechange ({', '.join(names)}) "
        f"VALUES ({', '.join(f'%({name})s' for name in names)}) RETURNING id"
    )


def write(thing: Stateful, change: StateChange) -> None:
    """State, version and history in one statement: none can be there without the others."""
    values: dict[str, Any] = change.__dict__ | {"passed_over": Jsonb(change.passed_over)}
    del values["_state"]
    with connection.cursor() as cursor:
        cursor.execute(writing(type(thing)), values)
        change.pk, change._state.adding = cursor.fetchone()[0], False
    thing.state, thing.version = change.state, change.version
    for attribute in computed(type(thing)):
        thing.__dict__.pop(attribute, None)  # the database has computed it anew: read when asked for
