"""One version of an indicator's definition: as a row gives it, where it differs from another, as it is written."""

import re
from typing import Any

from ..models import Definition, Target
from .cells import rungs_in
from .known import PLAIN_OF_DEFINITION, Known, KnownIndicator, Version, differing
from .rows import Row

TARGET = ("target_value", "target_text", "target_date", "target_timeline")
EMPTY: dict[str, Any] = {
    "unit": "", "baseline_value": None, "baseline_text": "", "baseline_date": None, "window": "", "per": None,
    "rungs": [], "parts": [], "disaggregation": [], "means_of_verification": "",
}  # fmt: skip
NO_TARGET: dict[str, Any] = {"target_value": None, "target_text": "", "target_date": None, "target_timeline": ""}
PER = re.compile(r"\bper (1[,. ]?000|100[,. ]?000)\b")


def version_from(known: Known, row: Row, latest: Version | None) -> Version:
    """What the row has no column for stays as it was."""
    before = latest.fields if latest else EMPTY
    fields = before | {name: row.values[name] for name in PLAIN_OF_DEFINITION if name in row.values}
    derive(fields, row)
    source = row["source"] if "source" in row.values else latest.source if latest else ""
    holds_from, known_from = known.days_of(source or "")
    if latest is None and source not in known.reports and fields["baseline_date"]:
        holds_from = min(holds_from, fields["baseline_date"])  # a baseline is a value of this definition
    target = target_of(row, latest.targets[-1] if latest and latest.targets else None)
    targets = [target] if target["target_value"] is not None or target["target_text"] else []
    if latest and not any(name in row.values for name in TARGET):
        targets = latest.targets
    number = latest.number + 1 if latest else 1
    return Version(number, fields, targets, source or "", holds_from, known_from, row["source_page"] or "", new=True)


def derive(fields: dict[str, Any], row: Row) -> None:
    """What the words of the source say, where the file has no column for it."""
    if "per" not in row.values:
        found = PER.search(fields["unit"]) if fields["kind"] == "rate" else None
        fields["per"] = int(re.sub(r"\D", "", found[1])) if found else None
    if "rungs" not in row.values:
        fields["rungs"] = rungs_in(fields["statement"]) if fields["kind"] == "ladder" else []
    if not row["period_basis"]:
        fields["period_basis"] = period_of(fields)


def period_of(fields: dict[str, Any]) -> str:
    if "year to date" in fields["window"].lower():
        return Definition.Period.YEAR_TO_DATE
    return Definition.Period.SINCE if fields["kind"] == "cumulative" else Definition.Period.POINT


def target_of(row: Row, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return (before or NO_TARGET) | {name: row.values[name] for name in TARGET if name in row.values}


def given(row: Row) -> dict[str, Any]:
    """An empty basis of the period is derived, not compared."""
    return {name: value for name, value in row.values.items() if name != "period_basis" or value}


def is_the_same(row: Row, version: Version) -> bool:
    return not differing(given(row), version.fields, PLAIN_OF_DEFINITION) and not differing_targets(row, version)


def differing_targets(row: Row, version: Version) -> list[str]:
    """A row gives one of the targets: how the closest one differs. When a source prints “April 2019”, is no target."""
    there = version.targets or [NO_TARGET]
    return min((differing(row.values, target, TARGET[:3]) for target in there), key=len)


def changed_in(source: str, differs: list[str]) -> str:
    return f"another {', '.join(differs)}{f' in {source}' if source else ''}"


def definition_row(known: Known, there: KnownIndicator, version: Version) -> Definition:
    return Definition(
        indicator=there.row, number=version.number, **version.fields, page=version.page, reason=version.reason,
        source=version.source, holds_from=version.holds_from, known_from=version.known_from, recorded_at=known.now,
        by=known.by,
    )  # fmt: skip


def target_row(definition: Definition, target: dict[str, Any]) -> Target:
    return Target(
        definition=definition, value=target["target_value"], text=target["target_text"], date=target["target_date"],
        timeline=target["target_timeline"],
    )  # fmt: skip
