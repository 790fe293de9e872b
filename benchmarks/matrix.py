"""Benchmarks by report: how each stood as of the report's day, as known on its issue, and how it stands now."""

from collections.abc import Mapping, Sequence
from typing import Any

from .chart import SIGNS
from .classes import class_of
from .records import Records


def matrix(records: Records, transition: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """
    Args:
        rows: the benchmarks of readiness, as they stand now.
    """
    reports = records.reports[transition]
    at = [records.classes(transition, one.as_of, one.known_from) for one in reports]
    keys = {one.code: one.pk for one in records.benchmarks[transition]}
    return {
        "reports": reports,
        "rows": [
            {"benchmark": row, "cells": [cell(of(records, keys[row["code"]], classes)) for classes in at],
             "now": cell(row["class"])}
            for row in rows
        ],
    }  # fmt: skip


def of(records: Records, benchmark: int, classes: Mapping[int, str]) -> str | None:
    """None: it was not there yet, as far as was known."""
    its = [one for one in records.of_benchmark[benchmark] if one.pk in classes]
    return class_of(classes[one.pk] for one in its if not one.informs_only) if its else None


def cell(judged: str | None) -> dict[str, str] | None:
    return {"class": judged, "sign": SIGNS[judged]} if judged else None
