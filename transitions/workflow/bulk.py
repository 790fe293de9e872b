"""`begin` for very many things at once: what a query gives is inserted with the first rows of their history.

The same rules as `begin`, checked for the query as a whole; two statements, however many things there are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import Max

from transitions.access.models import may
from transitions.access.permissions import Permission, roles_with
from transitions.clock.present import day

from .changes import role_in
from .checks import may_record
from .lifecycles import Lifecycle
from .locks import locked
from .models import StateChange
from .refusals import StepRefused

FACT = ("fact_source", "fact_holds_from", "fact_known_from")


def begin_selected(
    model: Any, columns: Sequence[str], query: str, *, transition: Any, by: Any, now: datetime,
    state: str | None = None, from_facts: bool = False,
) -> int:  # fmt: skip
    """Insert what a query selects, each in its first state with the first row of its history. Returns how many.

    Args:
        columns: the model's columns that the query gives, by name. Whoever writes the query has checked what is in
            them: a field that the database does not refuse is not refused here.
        query: a SELECT without parameters, over tables of the database and temporary ones.
        from_facts: each comes from a document: the query also gives `fact_source`, `fact_holds_from` and
            `fact_known_from`, and any state can be the first one.
    Raises:
        PermissionDenied, StepRefused, ValidationError: as `begin` does, also for things of another transition.
    """
    lifecycle = Lifecycle.of_model[model]
    opening = state or lifecycle.begins_in[0]
    if opening not in (lifecycle.states() if from_facts else lifecycle.begins_in):
        raise StepRefused("wrong-state", f"{lifecycle.model._meta.verbose_name} does not begin in “{opening}”")
    with locked(transition):
        check_who(lifecycle, opening, transition, by=by, now=now)
        if from_facts:
            check_facts(query, today=day(now, transition.time_zone))
        before = StateChange.objects.aggregate(last=Max("pk"))["last"] or 0
        with connection.cursor() as cursor:
            cursor.execute(
                inserting(model, columns, query, from_facts=from_facts),
                values(lifecycle, opening, transition, by=by, now=now),
            )
            made: int = cursor.rowcount
        check_belonging(lifecycle, transition, before)
    return made


def check_who(lifecycle: type[Lifecycle], opening: str, transition: Any, *, by: Any, now: datetime) -> None:
    if not may(by, lifecycle.may_begin, transition, now=now):
        raise PermissionDenied(f"“begin” needs {lifecycle.may_begin}")
    if opening not in lifecycle.begins_in and not may_record(by, transition, now=now):
        recorders = ", ".join(str(role.label) for role in roles_with(Permission.RECORD_FACT))
        raise PermissionDenied(f"a fact is recorded by: {recorders}")


def check_facts(query: str, *, today: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE fact_source = ''), max(fact_holds_from), max(fact_known_from) "  # noqa: S608
            f"FROM ({query}) facts"
        )
        nameless, holds_from, known_from = cursor.fetchone()
    if nameless:
        raise ValidationError({"source": "Name the document that it is taken from."})
    for name, said in (("holds_from", holds_from), ("known_from", known_from)):
        if said is not None and said > today:
            raise ValidationError({name: f"{said} lies in the future: it is not a fact yet."})


def inserting(model: Any, columns: Sequence[str], query: str, *, from_facts: bool) -> str:
    """Things and history in one statement: none can be there without the other."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    source, holds_from, known_from = FACT if from_facts else ("''", "%(today)s::date", "%(today)s::date")
    table = quote(model._meta.db_table)
    return f"""
        WITH given AS MATERIALIZED (
            SELECT nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id')) AS new_id, selected.*
            FROM ({query}) selected),
        made AS (
            INSERT INTO {table} (id, {names}, state, version) SELECT new_id, {names}, %(state)s, 1 FROM given)
        INSERT INTO workflow_statechange (transition_id, thing_type, thing_id, version, step, was, state, role, reason,
            on_request_of, passed_over, holds_from, known_from, recorded_at, by_id, source, approximate)
        SELECT %(transition)s, %(thing_type)s, new_id, 1, '', '', %(state)s, %(role)s, '',
            '', '[]', {holds_from}, {known_from}, %(now)s, %(by)s, {source}, false
        FROM given"""  # noqa: S608 - names of our own models, and a query of our own code


def values(lifecycle: type[Lifecycle], opening: str, transition: Any, *, by: Any, now: datetime) -> dict[str, Any]:
    return {
        "state": opening, "transition": transition.pk, "thing_type": lifecycle.model._meta.label_lower,
        "role": role_in(transition, lifecycle.may_begin, None, by=by, now=now) or "owner", "now": now, "by": by.pk,
        "today": day(now, transition.time_zone),
    }  # fmt: skip


def check_belonging(lifecycle: type[Lifecycle], transition: Any, before: int) -> None:
    """What was begun here must be of the transition that was locked: its guards read behind that lock only."""
    begun = StateChange.objects.filter(
        transition=transition, thing_type=lifecycle.model._meta.label_lower, pk__gt=before
    )
    path = lifecycle.belongs_to.replace(".", "__")
    strangers = lifecycle.model._base_manager.filter(pk__in=begun.values("thing_id")).exclude(**{path: transition})
    if strangers.exists():
        raise ValidationError(f"{strangers[0]} belongs to another transition.")
