"""Tests run on a PostgreSQL and a Valkey of their own, the same as those of `make run`."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.conf import settings

from config import broker
from config.local import CannotStart, ensure

ROOT = Path(__file__).resolve().parent.parent


NO_CHROMIUM = "no chromium on the PATH"
NO_LIBREOFFICE = "no LibreOffice on the PATH"


def start_servers() -> None:
    """While this file is imported: the settings read where they are."""
    os.environ.setdefault("LOCAL_DIR", str(ROOT / ".local" / "tests"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    free = 9 if "REDIS_URL" in os.environ else 0  # a server given has other people's data in the first ones
    try:
        ensure()
    except CannotStart as error:
        pytest.exit(str(error), returncode=1)
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ["REDIS_URL"] = broker.numbered(os.environ["REDIS_URL"], free + worker)


start_servers()
django.setup()  # now, so that the tests of a room may import its models at their top
pytest_plugins = ["tests.asking"]  # fixtures that need models
settings.PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # a third of a second less for each person


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser for the session. Skips where there is none, fails with REQUIRE_BROWSER=1."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # its loop runs in this thread until the session ends
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        running = playwright.chromium.launch(executable_path=program, args=options)
        yield running
        running.close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """A browser context of its own: no cookie of the test before."""
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture(scope="session")
def libreoffice() -> str:
    """The program, where it is installed. Skips where it is not."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip(NO_LIBREOFFICE)
    return program


class MailServer:
    """A mail server that does what a test tells it: `answers` are given to the next letters, then all are taken."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answers: list[str] = []
        self.on_letter: Callable[[], object] | None = None
        self.connections: set[Any] = set()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.connections.add(session.peer)
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "hang up":
            server.transport.close()
            return "421 gone"
        if answer.startswith("2"):
            self.letters.append(envelope)
        if self.on_letter:
            self.on_letter()
        return answer

    @property
    def reached(self) -> list[str]:
        return [envelope.rcpt_tos[0] for envelope in self.letters]


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield server
    controller.stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Nobody should take a run without a browser, or without LibreOffice, for a whole one."""
    for reason, what in ((NO_CHROMIUM, "tests in a real browser"), (NO_LIBREOFFICE, "a document opened for real")):
        skipped = [test.nodeid for test in terminalreporter.stats.get("skipped", []) if reason in str(test.longrepr)]
        if skipped:
            terminalreporter.section(f"NOT RUN: {what}", red=True, bold=True)
            how = "install it, or run .ci/run" if reason == NO_CHROMIUM else "install libreoffice-writer"
            terminalreporter.line(f"{reason}: {how}, for these {len(skipped)}:")
            terminalreporter.line("\n".join(skipped))
