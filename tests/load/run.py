"""`make load`: our ways beside bare SQL doing the same work, in one run, in a database of its own.

Figures are ratios on purpose: seconds are of this machine, ratios are of the program.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
NAME = "load"


def main() -> None:
    os.environ.setdefault("LOCAL_DIR", str(ROOT / ".local" / "load"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.local import ensure

    ensure()
    made_in = os.environ["DATABASE_URL"]
    make_database(made_in)
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(made_in)._replace(path=f"/{NAME}"))

    from django.core.management import call_command

    import config.wsgi  # noqa: F401  (as the service starts: with what it loads, and its memory)

    call_command("migrate", verbosity=0)
    from tests.load import benchmarks_import, delivery, handovers, readiness, status, steps, sweep

    # the sweep first: it looks at every milestone there is, and leaves none
    parts = (
        ("Sweep", sweep), ("Delivery", delivery), ("Steps", steps), ("Status", status), ("Handovers", handovers),
        ("Import of benchmarks", benchmarks_import), ("Readiness", readiness),
    )  # fmt: skip
    wanted = sys.argv[1:]
    for title, part in parts:
        if wanted and part.__name__.rpartition(".")[2] not in wanted:
            continue
        print(f"\n{title}", flush=True)
        for line in part.measure():
            print(f"  {line}", flush=True)


def make_database(url: str) -> None:
    """A fresh one each time, on the same server: a load test leaves nothing in other people's data."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{NAME}"')


if __name__ == "__main__":
    main()
