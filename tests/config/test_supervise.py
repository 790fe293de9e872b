"""The supervisor, with small programs in the place of web, worker and beat."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from config.folders import CannotStart
from config.run import free_port

ROOT = Path(__file__).resolve().parents[2]
SUPERVISE = """
import sys
from config.supervise import supervise
with_a_child = ["sh", "-c", "sleep 60 & exec sleep 60"]
sys.exit(supervise({"one": with_a_child, "two": [sys.executable, "-c", %r]}, patience=%d))
"""
SLEEPS = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


class Supervised(subprocess.Popen[str]):
    """A supervisor with two programs, the first of which has a child of its own."""

    def __init__(self, second: str, patience: int) -> None:
        program = [sys.executable, "-c", SUPERVISE % (second, patience)]
        super().__init__(program, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self.family = self.wait_for_family()

    def wait_for_family(self) -> list[psutil.Process]:
        supervisor, deadline = psutil.Process(self.pid), time.monotonic() + 10
        while len(found := supervisor.children(recursive=True)) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(found) == 3
        return found

    def end(self) -> None:
        for process in [self, *self.family]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.communicate(timeout=10)


type Supervise = Callable[..., Supervised]


@pytest.fixture
def supervised() -> Iterator[Supervise]:
    with ExitStack() as ends:

        def start(second: str = SLEEPS, patience: int = 60) -> Supervised:
            process = Supervised(second, patience)
            ends.callback(process.end)
            return process

        yield start


def nobody_left(processes: list[psutil.Process]) -> bool:
    deadline = time.monotonic() + 5
    while any(alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(process: psutil.Process) -> bool:
    """A zombie has ended: in a container nobody may be there to take note of it."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class TestSupervise:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_one_signal_ends_everything(self, supervised: Supervise, number: signal.Signals) -> None:
        process = supervised()
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert nobody_left(process.family)

    def test_the_end_of_one_ends_all_and_is_named(self, supervised: Supervise) -> None:
        process = supervised("import time; time.sleep(1); raise SystemExit(3)")
        assert "two ended by itself (exit code 3)" in process.communicate(timeout=10)[1]
        assert process.returncode == 1
        assert nobody_left(process.family)

    def test_children_end_when_the_supervisor_is_killed(self, supervised: Supervise) -> None:
        process = supervised()
        children = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        assert nobody_left(children)

    def test_a_deaf_child_is_killed(self, supervised: Supervise) -> None:
        process = supervised(DEAF, patience=1)
        time.sleep(0.5)  # until it is deaf
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert nobody_left(process.family)


class TestFreePort:
    def test_a_port_in_use_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
            with pytest.raises(CannotStart, match=r"Address already in use.*PORT="):
                free_port()

    @pytest.mark.parametrize("given", ["http", "0", "65536", "-1"])
    def test_what_is_no_port_is_refused(self, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
        monkeypatch.setenv("PORT", given)
        with pytest.raises(CannotStart, match="not the number of a port"):
            free_port()
