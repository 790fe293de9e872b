"""What came of an import: what is added, changed, as it was, or refused, and why."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

LISTED = 1000  # of a file that is wrong throughout, nobody reads more
ADDED, CHANGED, UNCHANGED, REFUSED = "added", "changed", "unchanged", "refused"


@dataclass(frozen=True)
class Refused:
    """One row, and the one cell of it that will not do."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        what = f", {self.column}" if self.column else ""
        return f"{where}{what}{f' “{self.value}”' if self.value else ''}: {self.reason}"


@dataclass(frozen=True)
class RowSaid:
    """For the preview: what is to become of one row."""

    file: str
    line: int
    key: str
    what: str
    said: str = ""


@dataclass
class Outcome:
    dry_run: bool = False
    written: bool = False
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    refused_in_all: int = 0
    rows: list[RowSaid] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def refuse(self, file: str, line: int, column: str, value: str, reason: str) -> None:
        self.refused_in_all += 1
        if len(self.refused) < LISTED:
            self.refused.append(Refused(file, line, column, shown(value), reason))

    def count(self, table: str, what: str, number: int = 1) -> None:
        self.counts.setdefault(table, Counter())[what] += number

    def say(self, table: str, file: str, line: int, key: str, what: str, said: str = "") -> None:
        self.count(table, what)
        if what != UNCHANGED and len(self.rows) < LISTED:
            self.rows.append(RowSaid(file, line, key, what, said))

    def remark(self, sentence: str) -> None:
        if sentence not in self.remarks and len(self.remarks) < LISTED:
            self.remarks.append(sentence)

    @property
    def changes(self) -> bool:
        return any(counted[what] for counted in self.counts.values() for what in (ADDED, CHANGED))

    def settle(self) -> None:
        """In the order of the files, whatever was looked at first."""
        self.refused.sort(key=lambda one: (one.file, one.line))
        self.rows.sort(key=lambda one: (one.file, one.line))

    def as_dict(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "written": self.written,
            "counts": {table: {what: counted[what] for what in (ADDED, CHANGED, UNCHANGED)}
                       for table, counted in self.counts.items()},
            "refused": [asdict(one) for one in self.refused],
            "refused_in_all": self.refused_in_all,
            "remarks": self.remarks,
        }  # fmt: skip


def shown(value: str) -> str:
    """What cannot be printed is spelt out, and nothing fills the screen."""
    plain = value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return plain if len(plain) <= 80 else f"{plain[:79]}…"
