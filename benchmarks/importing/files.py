"""Where the tables come from: a folder or an archive of csv files, one csv file, a workbook. Read row by row."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile

from .columns import TABLES
from .workbook import Book

type Rows = Iterator[tuple[int, list[str]]]
type Told = Callable[[float], None]  # how much of a file was read, from 0 to 1
type Open = Callable[[], Any]  # a file of bytes

MOST = 500 * 2**20  # bytes of one file in an archive: a small archive may hold what fills a disk


class Unreadable(Exception):
    """A file that cannot be read on from a line, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class NoSource(Exception):
    """There is nothing to be read at all, and why."""


@dataclass
class Table:
    name: str
    file: str
    rows: Callable[[Told], Rows]


@dataclass
class Source:
    """Use it as a context: what was opened is closed at its end."""

    tables: dict[str, Table] = field(default_factory=dict)
    left_alone: list[str] = field(default_factory=list)
    opened: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()

    def add(self, file: str, rows: Callable[[Told], Rows], *, name: str = "") -> None:
        known = (name or PurePosixPath(file).stem).strip().lower()
        if known not in TABLES:
            self.left_alone.append(file)
        elif known in self.tables:
            raise NoSource(f"“{known}” is there twice: {self.tables[known].file} and {file}")
        else:
            self.tables[known] = Table(known, file, rows)

    def add_csv(self, file: str, opening: Open, size: int) -> None:
        if file.lower().endswith(".csv"):
            self.add(file, lambda told: csv_rows(opening(), size, told))
        else:
            self.left_alone.append(file)

    def add_workbook(self, file: str, content: Any) -> None:
        try:
            book = self.opened.enter_context(Book(content))
        except ValueError as error:
            raise NoSource(f"{file}: {error}")
        for sheet in book.sheets():
            self.add(f"{file}/{sheet}", partial(book.rows, sheet), name=sheet)

    def add_archive(self, file: str, content: Any) -> None:
        try:
            archive = self.opened.enter_context(ZipFile(content))
        except BadZipFile:
            raise NoSource(f"{file} is no archive that can be read")
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename).name
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            if entry.file_size > MOST:
                raise NoSource(f"{name} is larger than {MOST // 2**20} MB")
            self.add_csv(name, partial(archive.open, entry), entry.file_size)

    def add_file(self, file: str, opening: Open, size: int) -> None:
        if file.lower().endswith((".xlsx", ".xlsm")):
            self.add_workbook(file, self.opened.enter_context(opening()))
        elif file.lower().endswith(".zip"):
            self.add_archive(file, self.opened.enter_context(opening()))
        else:
            self.add_csv(file, opening, size)

    def checked(self) -> "Source":
        if not self.tables:
            there = ", ".join(self.left_alone[:8]) or "nothing"
            raise NoSource(f"there is none of the tables {', '.join(TABLES)} in it, but {there}")
        return self


def open_path(path: Path) -> Source:
    """Raises NoSource: nothing is there that can be read."""
    if not path.exists():
        raise NoSource(f"{path} is not there")
    # a note beside the tables, a picture: nobody meant them
    files = [one for one in sorted(path.iterdir()) if one.suffix.lower() == ".csv"] if path.is_dir() else [path]
    return opened((file.name, partial(file.open, "rb"), file.stat().st_size) for file in files)


def open_uploads(files: Iterable[tuple[str, bytes]]) -> Source:
    """What a person uploaded: several csv files, an archive of them, or a workbook. Raises NoSource."""
    return opened((name, partial(io.BytesIO, content), len(content)) for name, content in files)


def opened(files: Iterable[tuple[str, Open, int]]) -> Source:
    """What was opened before something went wrong is closed."""
    source = Source()
    with source.opened as so_far:
        for name, opening, size in files:
            source.add_file(name, opening, size)
        source.checked().opened = so_far.pop_all()
    return source


def csv_rows(binary: Any, size: int, told: Told) -> Rows:
    """Each row with the number of the line on which it begins. A byte that is not UTF-8 is marked, and read on."""
    with binary:
        if binary.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise Unreadable(1, "this is UTF-16: save it as CSV in UTF-8")
        binary.seek(0)
        lines = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader, line, read = csv.reader(lines, strict=True), 1, 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise Unreadable(line, f"from here on it cannot be read as CSV ({error}): look at the quotation marks")
            if cells is None:
                told(1)
                return
            yield line, cells
            line, read = reader.line_num + 1, read + 1
            if read % 1000 == 0:
                told(binary.tell() / max(size, 1))
