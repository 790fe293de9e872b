"""Run some programs side by side; when one ends, or this one is told to, all of them do."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ENDS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
PR_SET_PDEATHSIG = 1

type Command = Sequence[str | Path]
type Children = dict[str, subprocess.Popen[bytes]]


def supervise(commands: Mapping[str, Command], *, patience: float = 10) -> int:
    """Wait until a signal or the end of any program, end the others, and say which one it was."""
    signal.signal(signal.SIGCHLD, lambda *_: None)  # the default would throw away what sigwait() waits for
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDS, signal.SIGCHLD})
    dies_with_parent()
    running = {name: begin(command) for name, command in commands.items()}
    fallen = wait(running)
    end_all(running, patience)
    if fallen:
        print(f"{fallen} ended by itself ({code(running[fallen])}), so everything was ended.", file=sys.stderr)
    return 1 if fallen else 0


def begin(command: Command) -> subprocess.Popen[bytes]:
    """In a session of its own: a terminal's Ctrl-C comes to the supervisor alone."""
    return subprocess.Popen([*map(str, command)], start_new_session=True, preexec_fn=tie)


def tie() -> None:
    """In a child before it starts: no signal is held back, and it ends when the supervisor does."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    dies_with_parent()


def dies_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait(running: Children) -> str | None:
    """The name of the program that ended, or None where a signal asked for the end."""
    while signal.sigwait({*ENDS, signal.SIGCHLD}) == signal.SIGCHLD:
        for name, child in running.items():
            if child.poll() is not None:
                return name
    return None


def code(child: subprocess.Popen[bytes]) -> str:
    return f"signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"


def end_all(running: Children, patience: float) -> None:
    for child in running.values():
        child.terminate()
    deadline = time.monotonic() + patience
    for child in running.values():
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # and what it may have left behind
        child.wait()
