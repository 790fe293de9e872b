"""Tables brought in and taken out as files: what tests of imports and exports share."""

from typing import Any

import tablib
from import_export.formats.base_formats import CSV, XLSX

from tests import world

FORMATS = {"csv": CSV, "xlsx": XLSX}
FORMULAS = ("=1+1", "+1", "-5 % of the staff", "@home", "'=quoted", "plain", 'a;b "c"\nd')


def table(rows: list[dict[str, Any]]) -> Any:
    headers = list(dict.fromkeys(column for row in rows for column in row))
    return tablib.Dataset(*([row.get(column) for column in headers] for row in rows), headers=headers)


def bring_in(kind: Any, here: Any, rows: Any, *, by: Any, dry_run: bool = False) -> Any:
    dataset = table(rows) if isinstance(rows, list) else rows
    return kind(transition=here, by=by, now=world.NOW).import_data(dataset, dry_run=dry_run)


def refused(result: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(row.number, row.error_dict) for row in result.invalid_rows]


def as_file(kind: Any, queryset: Any, form: str) -> Any:
    """What comes out, read again from the file that it makes."""
    content = FORMATS[form]().export_data(kind().export(queryset))
    return tablib.Dataset().load(content, format=form)
