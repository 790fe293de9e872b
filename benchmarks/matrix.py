"""Benchmarks by report: how each stood as of the report's day, as known on its issue, and how it stands now."""

from collections.abc import Mapping, Sequence
from typing import Any

from .chart import SIGNS
from .classes import class_of
from .records import NOBODY_JUDGED, Issued, Records


def matrix(records: Records, transition: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """
    Args:
        rows: the benchmarks of readiness, as they stand now.
    """
    reports = records.reports[transition]
    at = [(one, records.classes(transition, one.as_of, one.known_from)) for one in reports]
    keys = {one.code: one.pk for one in records.benchmarks[transition]}
    return {
        "reports": reports,
        "rows": [
            {"benchmark": row, "cells": [of(records, keys[row["code"]], classes, one) for one, classes in at],
             "now": cell(row["class"])}
            for row in rows
        ],
    }  # fmt: skip


def of(records: Records, benchmark: int, classes: Mapping[int, str], report: Issued) -> dict[str, Any] | None:
    """As it stood; `carried` where a judgement in it is of an earlier report, which this one does not repeat. The bars
    leave those out. None: it was not there yet, as far as was known."""
    its = [one.pk for one in records.of_benchmark[benchmark] if one.pk in classes]
    if not its:
        return None
    deciding = [pk for pk in its if records.decides(pk, report.as_of, report.known_from)]
    own = records.of_reports.get(report.pk)
    carried = own is not None and any(pk not in own and classes[pk] != NOBODY_JUDGED for pk in deciding)
    return cell(class_of(classes[pk] for pk in deciding)) | {"carried": carried}


def cell(judged: str) -> dict[str, Any]:
    return {"class": judged, "sign": SIGNS[judged]}
