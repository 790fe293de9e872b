"""Files to bring in: small ones made up, and those of the demonstration, which are the real case."""

import csv
from pathlib import Path
from typing import Any

import benchmarks
from benchmarks.importing import Outcome, bring_in, open_path
from tests import world
from transitions.access.permissions import Role

REAL = Path(benchmarks.__file__).parent / "demonstration" / "minujusth"

BENCHMARKS = [{"code": "1", "statement": "The courts are open", "level": "core"}]
INDICATORS = [
    {"code": "1.1", "benchmark": "1", "statement": "Laws (1 drafted; 2 voted; 3 in force)", "kind": "ladder",
     "direction": ">=", "unit": "step 1-3", "target_value": "3", "target_date": "2020-12-31", "source": "S/0"},
    {"code": "1.2", "benchmark": "1", "statement": "Cases heard", "kind": "count", "direction": ">=",
     "baseline_value": "10", "target_value": "100", "target_date": "2020-12-31", "source": "S/0"},
    {"code": "1.3", "benchmark": "1", "statement": "Judges in post", "kind": "percentage", "direction": ">=",
     "unit": "per cent", "target_value": "80", "target_date": "2020-12-31", "source": "S/0"},
    {"code": "1.4", "benchmark": "1", "statement": "A code of conduct", "kind": "yes_no", "direction": "=",
     "target_value": "1", "target_date": "2020-12-31", "source": "S/0"},
]  # fmt: skip
REPORTS = [
    {"report": "S/0", "as_of": "2020-01-01", "issued_on": "2020-01-20"},
    {"report": "S/1", "as_of": "2020-03-31", "issued_on": "2020-04-20"},
    {"report": "S/2", "as_of": "2020-06-30", "issued_on": "2020-07-20"},
]
SET_UP = {"benchmarks": BENCHMARKS, "indicators": INDICATORS, "reports": REPORTS}


def update(indicator: str, report: str = "S/1", **more: Any) -> dict[str, Any]:
    days = {"S/1": "2020-03-31", "S/2": "2020-06-30"}
    return {"report": report, "as_of": days.get(report, "2020-09-01"), "indicator": indicator} | more


def write(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    """The columns are those that some row has; a cell that a row lacks is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        columns = list(dict.fromkeys(column for line in lines for column in line))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(lines)
    return folder


def bring(here: Any, path: Path, *, by: Any = None, now: Any = world.NOW, dry_run: bool = False) -> Outcome:
    with open_path(path) as source:
        return bring_in(
            source, transition=here, by=by or world.person(Role.PLANNER, here), now=now, dry_run=dry_run
        )  # fmt: skip


def bring_tables(here: Any, folder: Path, **tables: Any) -> Outcome:
    """In a folder of their own each time."""
    return bring(here, write(folder / f"import-{next(world.number)}", **tables))


def real(here: Any, *days: str) -> None:
    """The real reports, in the order in which they were issued."""
    for folder in sorted(REAL.iterdir()):
        if not days or folder.name in days:
            outcome = bring(here, folder)
            assert not outcome.refused, outcome.refused


def refusals(outcome: Outcome) -> list[tuple[str, int, str]]:
    return [(one.file, one.line, one.column) for one in outcome.refused]
