"""PostgreSQL and Valkey for trial and development: started by whoever comes first, stopped by whoever leaves last.

`ensure()` fills in what the environment does not say: DATABASE_URL, REDIS_URL and SECRET_KEY. Settings only read them.
"""

import atexit
import fcntl
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from .folders import CannotStart, local_dir, make_local_dir
from .postgres import Postgres
from .valkey import Valkey

GIVEN_OR_MADE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


def ensure() -> None:
    """Start what is missing and say in the environment where it is. Raises CannotStart."""
    local = local_dir()
    os.environ["LOCAL_DIR"] = str(local)
    missing = [name for name in GIVEN_OR_MADE if not os.environ.get(name)]
    if not missing:
        return
    try:
        with uninterrupted(), only_one(local):
            fill_in(missing, local)
    except PermissionError as error:
        raise CannotStart(f"{error.filename or local} cannot be used by this user: set another LOCAL_DIR.") from error


def fill_in(missing: list[str], local: Path) -> None:
    if "SECRET_KEY" in missing:
        os.environ["SECRET_KEY"] = secret_key(local / "secret_key")
    if missing == ["SECRET_KEY"]:
        return
    stay(local)
    if "DATABASE_URL" in missing:
        postgres = Postgres.at(local)
        postgres.start(local)
        os.environ.update(DATABASE_URL=postgres.url, EMBEDDED_DATABASE="1")
    if "REDIS_URL" in missing:
        valkey = Valkey.at(local)
        valkey.start()
        os.environ["REDIS_URL"] = valkey.url


def secret_key(path: Path) -> str:
    if not path.exists():
        with open(path, "x", opener=private) as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold signals back meanwhile: an interrupted start would leave a server that nobody stops."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def only_one(local: Path) -> Iterator[None]:
    """One process at a time starts or stops something."""
    make_local_dir(local)
    with open(local / "starting.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stay(local: Path) -> None:
    """Hold a share in the servers until this process ends; the kernel lets go of it even after kill -9."""
    share = open(local / "in-use.lock", "w")  # noqa: SIM115 - open until the process ends
    fcntl.flock(share, fcntl.LOCK_SH)
    atexit.register(leave, local, share, os.getpid())


def leave(local: Path, share: TextIO, holder: int) -> None:
    if os.getpid() != holder:  # a fork of the process that holds the share
        return
    with suppress(FileNotFoundError, CannotStart), uninterrupted(), only_one(local):
        try:
            fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # someone else still works with them
        Valkey.at(local).stop()
        if (local / "postgres").exists():
            Postgres.at(local).stop()
