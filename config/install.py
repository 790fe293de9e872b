"""Bring .venv in line with a lock file: `python config/install.py run|dev`.

Runs before anything is installed, on whatever Python 3.12+ make has found: the standard library only.
"""

import fcntl
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"  # there while an install is under way, and after one that was interrupted


def install(lock: Path) -> None:
    VENV.mkdir(exist_ok=True)
    with only_one(VENV):
        if not up_to_date(lock):
            fill(lock)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Locks the folder itself: a lock file inside it would not survive `venv --clear`."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def installed(lock: Path) -> Path:
    return VENV / f"installed-{lock.name}"


def up_to_date(lock: Path) -> bool:
    same = installed(lock).exists() and installed(lock).read_bytes() == lock.read_bytes()
    return same and not UNFINISHED.exists() and has_pip()


def has_pip() -> bool:
    """Also false when the Python that .venv was made with is gone."""
    return PYTHON.exists() and any(VENV.glob("lib/python*/site-packages/pip"))


def fill(lock: Path) -> None:
    print(f"Installing the packages of requirements/{lock.name} into .venv …", flush=True)
    if UNFINISHED.exists() or not has_pip():
        make_venv()
    UNFINISHED.touch()
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run([PYTHON, "-m", "pip", "install", *quiet, "--require-hashes", "-r", lock], cwd=ROOT)
    if done.returncode:
        sys.exit("The packages could not be installed: see pip's message; the next run starts afresh.")
    installed(lock).write_bytes(lock.read_bytes())
    UNFINISHED.unlink()


def make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(f"{sys.executable} has no ensurepip: install its venv package (Debian: apt install python3-venv).")
    venv.create(VENV, clear=True, with_pip=True, symlinks=True)


if __name__ == "__main__":
    try:
        install(ROOT / "requirements" / f"{sys.argv[1]}.txt")
    except KeyboardInterrupt:
        sys.exit(130)
