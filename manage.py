#!/usr/bin/env python
"""Django's commands, on the same database and broker as `make run`."""

import os
import secrets
import sys
import warnings

from config.local import CannotStart, ensure

# They read no data, so they need no servers; `migrate --check` and the like do.
NEED_NO_SERVER = {
    "check", "collectstatic", "compilemessages", "describe_lifecycles", "describe_reminders", "diffsettings", "help",
    "makemessages", "makemigrations", "spectacular", "version",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command.lstrip("-") in NEED_NO_SERVER or {"-h", "--help"} & set(sys.argv):
        set_throwaway_environment()
    else:
        ensure()
    # only now: Django reads the settings while it is imported
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def set_throwaway_environment() -> None:
    """Enough for the settings to load: a database that is nowhere, a key that nobody will know."""
    os.environ.setdefault("DATABASE_URL", "postgres:///nowhere?host=/nowhere")
    os.environ.setdefault("REDIS_URL", "unix:///nowhere")
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")


if __name__ == "__main__":
    try:
        main()
    except CannotStart as error:
        sys.exit(str(error))
