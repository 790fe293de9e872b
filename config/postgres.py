"""The embedded PostgreSQL: made, started, adopted after a crash, stopped. On a Unix socket only."""

import os
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from . import folders
from .folders import CannotStart

RECOVERY = 60  # seconds in which a server that lives may get ready to answer


@dataclass(frozen=True)
class Postgres:
    data: Path
    sockets: Path
    programs: Path
    user: folders.User
    retry: float = 10  # seconds in which what is left of a killed server may still be in the way

    @classmethod
    def at(cls, local: Path) -> "Postgres":
        """The server of a LOCAL_DIR; where its data lie elsewhere, `LOCAL_DIR/postgres` is a link to them."""
        here = local / "postgres"
        user = folders.server_user(here)
        data = here.resolve() if here.exists() else folders.database_home(local, user) / "postgres"
        if data.exists() and not folders.reachable(data, user):
            raise CannotStart(f"PostgreSQL's user cannot reach {data}: open its parents, or set another LOCAL_DIR.")
        return cls(data, folders.sockets(local, data, user), folders.programs(local, user), user)

    @property
    def url(self) -> str:
        return f"postgres://postgres@/postgres?host={quote(str(self.sockets), safe='/')}"

    @property
    def log(self) -> Path:
        return self.data / "log"

    def start(self, local: Path) -> None:
        if not self.data.exists():
            self.create()
        link(local / "postgres", self.data)
        began, logged = time.monotonic(), self.log.stat().st_size if self.log.exists() else 0
        while not self.answers():
            patience = RECOVERY if self.lives() else self.retry
            if time.monotonic() - began > patience:
                raise CannotStart(f"PostgreSQL does not start: {self.complaint(logged)} (its log: {self.log})")
            if not self.launch():
                time.sleep(0.2)

    def create(self) -> None:
        """Under another name first, so that an interrupted beginning is never taken for a database."""
        unfinished = self.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        os.chown(unfinished, self.user.uid, self.user.gid)
        options = ["--auth=trust", "--encoding=utf8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = self.run("initdb", "-D", unfinished, "-U", "postgres", "--no-locale", "--no-sync", *options)
        if made.returncode:
            raise CannotStart(f"The database could not be made in {self.data}: {made.stderr.strip()}")
        unfinished.rename(self.data)

    def launch(self) -> bool:
        if self.lives():
            return False
        self.forget_the_dead()
        options = f"-h '' -k {shlex.quote(str(self.sockets))}"
        return self.run("pg_ctl", "start", "-w", "-s", "-D", self.data, "-l", self.log, "-o", options).returncode == 0

    def stop(self) -> None:
        if self.lives():
            self.run("pg_ctl", "stop", "-m", "fast", "-s", "-D", self.data)

    def answers(self) -> bool:
        try:
            psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def lives(self) -> bool:
        """Whether the pid that the data folder names is this server: not a zombie, not a recycled number."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split("\n")[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.name() == "postgres" and process.cwd() == str(self.data)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return False

    def forget_the_dead(self) -> None:
        """PostgreSQL itself refuses to start where any living process has the number that a killed server had."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def complaint(self, since: int) -> str:
        """The last that this start has put in the log, an error before anything else."""
        lines = self.log.read_bytes()[since:].decode(errors="replace").splitlines() if self.log.exists() else []
        errors = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return (errors or lines or ["it says nothing"])[-1].strip()

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        other = self.user.uid != os.geteuid()
        # no pipes for pg_ctl: the server that it leaves behind would keep them open
        output = subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE
        return subprocess.run(
            [self.programs / program, *arguments],
            user=self.user.uid if other else None,
            group=self.user.gid if other else None,
            extra_groups=[] if other else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
            preexec_fn=hear_signals,
        )


def link(here: Path, data: Path) -> None:
    if here != data and not here.exists():
        here.unlink(missing_ok=True)
        here.symlink_to(data)


def hear_signals() -> None:
    """In a child before it starts: signals that the parent holds back are not held back for a server."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
