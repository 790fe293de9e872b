"""The embedded servers, in a LOCAL_DIR of their own: each test starts processes, as a person would."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from config.folders import CannotStart, User, apart
from config.postgres import Postgres
from config.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
HOLD = "from config.local import ensure; ensure(); print('ready', flush=True); input()"
GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "EMBEDDED_DATABASE")

type Hold = Callable[[], subprocess.Popen[str]]
type Sleeper = Callable[[User], int]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Private folders under the temporary directory go when the test is over. (`tmp_path` is made before.)"""
    with TemporaryDirectory(prefix="t") as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setattr("tempfile.tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "local"
    if (tmp_path / "local" / "postgres").exists():  # what a failed test may have left running
        Postgres.at(tmp_path / "local").stop()
        Valkey.at(tmp_path / "local").stop()


@pytest.fixture
def hold(local: Path) -> Iterator[Hold]:
    """Start a process that ensures the servers and stays until its input is closed."""
    started = []
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD], cwd=ROOT, env=environment | {"LOCAL_DIR": str(local)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """Start a process of a user that is no server, and give its number."""
    with ExitStack() as ends:

        def start(user: User) -> int:
            process = subprocess.Popen(["sleep", "60"], user=user.uid if os.geteuid() == 0 else None)
            ends.callback(process.wait)
            ends.callback(process.kill)
            return process.pid

        yield start


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        pytest.fail(process.communicate()[1])


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def answering(local: Path) -> tuple[bool, bool]:
    return Postgres.at(local).answers(), Valkey.at(local).answers()


def query(local: Path, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(Postgres.at(local).url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


class TestEnsure:
    def test_the_last_one_out_stops_the_servers(self, local: Path, hold: Hold) -> None:
        first, second = hold(), hold()  # at the same time, into an empty folder
        wait_until_ready(first)
        wait_until_ready(second)
        finish(first)
        assert answering(local) == (True, True)
        finish(second)
        assert answering(local) == (False, False)

    def test_data_outlive_a_kill_of_everything(self, local: Path, hold: Hold) -> None:
        first = hold()
        wait_until_ready(first)
        query(local, "CREATE TABLE kept AS SELECT 42 AS number")
        first.kill()
        kill_servers(local)
        again = hold()
        wait_until_ready(again)
        assert query(local, "SELECT number FROM kept") == [(42,)]
        finish(again)

    def test_a_left_over_server_is_adopted_and_stopped(self, local: Path, hold: Hold) -> None:
        first = hold()
        wait_until_ready(first)
        first.kill()
        first.wait()
        assert answering(local) == (True, True)
        again = hold()
        wait_until_ready(again)
        finish(again)
        assert answering(local) == (False, False)

    def test_a_recycled_number_in_the_pid_file_is_no_server(self, local: Path, hold: Hold, sleeper: Sleeper) -> None:
        first = hold()
        wait_until_ready(first)
        postgres = Postgres.at(local)
        pid_file = postgres.data / "postmaster.pid"
        lines = pid_file.read_text().split("\n")
        finish(first)
        pid_file.write_text("\n".join([str(sleeper(postgres.user)), *lines[1:]]))
        again = hold()
        wait_until_ready(again)
        finish(again)

    def test_secrets_are_readable_by_their_owner_only(self, local: Path, hold: Hold) -> None:
        process = hold()
        wait_until_ready(process)
        assert stat.S_IMODE((local / "secret_key").stat().st_mode) == 0o600
        assert stat.S_IMODE(Postgres.at(local).data.stat().st_mode) == 0o700
        finish(process)

    def test_a_start_that_fails_says_why_in_one_sentence(self, local: Path, hold: Hold) -> None:
        first = hold()
        wait_until_ready(first)
        finish(first)
        (Postgres.at(local).data / "global" / "pg_control").unlink()
        with pytest.raises(CannotStart, match=r"pg_control.*its log"):
            replace(Postgres.at(local), retry=0.5).start(local)


def kill_servers(local: Path) -> None:
    postmaster = int((Postgres.at(local).data / "postmaster.pid").read_text().split("\n")[0])
    valkey = next(
        process for process in psutil.process_iter(["name", "cmdline"])
        if process.info["cmdline"] and str(Valkey.at(local).socket) in " ".join(process.info["cmdline"])
    )  # fmt: skip
    for pid in (postmaster, valkey.pid):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(answering(local)) and time.monotonic() < deadline:
        time.sleep(0.05)


class TestFolders:
    def test_a_long_path_gets_short_sockets(self, tmp_path: Path) -> None:
        deep = tmp_path / ("a" * 60) / ("b" * 60)
        deep.mkdir(parents=True)
        for path in (Valkey.at(deep).socket, Postgres.at(deep).sockets / ".s.PGSQL.5432"):
            path.parent.mkdir(exist_ok=True)
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
            path.unlink()

    def test_the_private_folder_is_closed_to_others_and_always_the_same(self, tmp_path: Path) -> None:
        folder = apart(tmp_path, User.current())
        assert folder == apart(tmp_path, User.current())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
    def test_a_folder_that_somebody_else_has_put_there_is_refused(self, tmp_path: Path) -> None:
        os.chown(apart(tmp_path, User.current()), 12345, 12345)
        with pytest.raises(CannotStart, match="belongs to somebody else"):
            apart(tmp_path, User.current())

    @pytest.mark.skipif(os.geteuid() != 0, reason="for root alone PostgreSQL runs as another user")
    def test_no_mode_of_a_parent_is_widened(self, local: Path, hold: Hold) -> None:
        local.parent.chmod(0o700)
        process = hold()
        wait_until_ready(process)
        finish(process)
        assert (local / "postgres").is_symlink()
        assert stat.S_IMODE(local.parent.stat().st_mode) == 0o700
