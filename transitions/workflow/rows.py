"""The engine's two trips to the database: lock and read together, then one statement that writes state and history.

Measured against the same work in bare psycopg: the plain ORM 0.23, one write statement 0.48, both as here 0.70.
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
    statements = [f"{reading(type(row))} WHERE id = %s" for row in rows]
    with connection.cursor() as cursor:
        cursor.execute("; ".join([f"{statements[0]} FOR NO KEY UPDATE", *statements[1:]]), [row.pk for row in rows])
        for position, row in enumerate(rows):
            cursor.set_result(position - len(rows))
            refresh(row, cursor.fetchone())


@cache
def columns(model: type[models.Model]) -> Sequence[tuple[str, str, Sequence[Callable[..., Any]]]]:
    """(attribute, column, converters from the database) of every field kept in the model's own table."""
    table = model._meta.db_table
    return [
        (field.attname, field.column, [*connection.ops.get_db_converters(Col(table, field)),
                                       *field.get_db_converters(connection)])
        for field in model._meta.concrete_fields if field.column
    ]  # fmt: skip


@cache
def reading(model: type[models.Model]) -> str:
    names = ", ".join(connection.ops.quote_name(column) for _, column, _ in columns(model))
    return f"SELECT {names} FROM {connection.ops.quote_name(model._meta.db_table)}"  # noqa: S608 - names of our own models


def refresh(row: models.Model, values: Sequence[Any] | None) -> None:
    if values is None:
        raise Gone(f"{row._meta.verbose_name} {row.pk} is not there any more")
    for (attribute, _, converters), raw in zip(columns(type(row)), values, strict=True):
        value = raw
        for convert in converters:
            value = convert(value, None, connection)
        row.__dict__[attribute] = value
    row._state.fields_cache.clear()
    getattr(row, "_prefetched_objects_cache", {}).clear()


WRITE = """
WITH moved AS (UPDATE {table} SET state = %s, version = %s WHERE id = %s)
INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role, holds_from,
    known_from, recorded_at, by_id, source, approximate, reason, on_request_of, passed_over)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""


def write(thing: Stateful, change: StateChange) -> None:
    """State, version and history in one statement: none can be there without the others."""
    c, table = change, connection.ops.quote_name(type(thing)._meta.db_table)
    with connection.cursor() as cursor:
        values: list[Any] = [
            c.state, c.version, thing.pk, c.transition_id, c.thing_type, c.thing_id, c.version, c.step, c.was,
            c.state, c.role, c.holds_from, c.known_from, c.recorded_at, c.by_id, c.source, c.approximate, c.reason,
            c.on_request_of, Jsonb(c.passed_over),
        ]  # fmt: skip
        cursor.execute(WRITE.format(table=table), values)
        change.pk, change._state.adding = cursor.fetchone()[0], False
    thing.state, thing.version = c.state, c.version
    for field in thing._meta.concrete_fields:
        if field.generated:
            thing.__dict__.pop(field.attname, None)  # the database has computed it anew: read when asked for
