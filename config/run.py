"""`make run`: servers, migrations, the demonstration, then web, worker and beat in the foreground until Ctrl-C."""

import os
import signal
import socket
import sys
from io import StringIO
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from .folders import CannotStart
from .local import ensure
from .supervise import supervise

BIN = Path(sys.executable).parent
AS_ROOT = "You're running the worker with superuser privileges"


def main() -> int:
    port = free_port()
    tell("Starting …")
    ensure()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare()
    tell(where_to_look(port))
    return supervise(commands(port))


def tell(text: str) -> None:
    print(text, flush=True)


def free_port() -> int:
    """Looked at first: nothing heavy starts where nothing could be served."""
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CannotStart(f"PORT={given} is not the number of a port.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(given)))
        except OSError as error:
            raise CannotStart(f"Port {given} cannot be used ({error.strerror}): choose another with PORT=…") from error
    return int(given)


def prepare() -> None:
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    if os.environ.get("EMBEDDED_DATABASE"):
        call_command("load_demo")  # decides itself what is left to do, and moves the rehearsal's clock
    connections.close_all()


def where_to_look(port: int) -> str:
    table = StringIO()
    call_command("status", stdout=table)
    connections.close_all()
    address, local = f"http://127.0.0.1:{port}", Path(os.environ["LOCAL_DIR"])
    lines = {
        "Pages": f"{address}/",
        "Admin": f"{address}/admin/",
        "API": f"{address}/api/v1/docs/",
        "Sign-in": f"{local / 'credentials'}",
        "E-mail": os.environ.get("EMAIL_URL") or f"{local / 'mail'}",
    }
    listed = "\n".join(f"  {name:8} {where}" for name, where in lines.items())
    return f"\n{table.getvalue().strip()}\n\n{listed}\n  Ctrl-C ends it all.\n"


def commands(port: int) -> dict[str, list[str | Path]]:
    # a trial may run as root, and then Celery need not say that it is one; nothing but JSON is accepted
    celery: list[str | Path] = [sys.executable, "-W", f"ignore:{AS_ROOT}", "-m", "celery", "-A", "config", "-q"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = ["--workers", "2", "--threads", "4", "--no-control-socket", "--log-level", "warning"]
    return {
        "the web server": [BIN / "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", *web],
        "the worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", *quiet],
        "beat": [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING"],
    }


def end(*_: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)  # leaves by the door, where the servers are stopped
    try:
        sys.exit(main())
    except CannotStart as error:
        sys.exit(str(error))
