"""Delivery of 10,000 messages to a mail server that takes everything, beside bare smtplib with one connection.

Each is for a reader of its own, so that none is gathered into another's. Both sides have as many processes, and write
a letter of the same parts and length; ours also claims, asks the kind again, and marks each.
"""

import multiprocessing
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LETTERS, NOW = 10_000, datetime(2020, 12, 1, 6, 0, tzinfo=UTC)

PEOPLE = """
INSERT INTO access_user (username, email, password, first_name, last_name, display_name, is_active, is_staff,
    is_superuser, is_service, illustrative, date_joined)
SELECT 'reader.' || n, 'reader.' || n || '@example.org', '!', '', '', 'Reader ' || n, true, false, false, false, true,
    now() FROM generate_series(1, %s) n RETURNING id"""
MESSAGES = """
INSERT INTO outbox_message (kind, thing_type, recipient_id, channel, payload, ready_at, due_at, dedupe_key)
SELECT 'tests.note', '', id, 'email', '{"text": "The lease ends."}', %s, %s, 'load/' || %s || '/' || id
FROM access_user WHERE username LIKE 'reader.%%'"""


def measure() -> Iterator[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [LETTERS])
    for processes in (1, 2):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE outbox_told")  # who was told today is told no more
            cursor.execute(MESSAGES, [NOW, NOW, processes])
            cursor.execute("ANALYZE outbox_message")
        with sink() as (port, taken):
            bare = LETTERS / clocked(by_hand, processes, port)
            assert len(taken.read_text().splitlines()) == LETTERS
        with sink() as (port, taken):
            ours = LETTERS / clocked(by_us, processes, port)
            assert len(set(taken.read_text().splitlines())) == LETTERS, "a letter did not arrive"
        yield (f"{processes} process(es), one connection each: bare smtplib {bare:,.0f}/s, ours {ours:,.0f}/s, "
               f"ratio {ours / bare:.2f}, aim 0.50 or better")  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outbox_told")
        cursor.execute("DELETE FROM outbox_message WHERE kind = 'tests.note'")
        cursor.execute("DELETE FROM access_user WHERE username LIKE 'reader.%'")


def clocked(work: Any, processes: int, port: int) -> float:
    """From when all are ready until the last has ended."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    workers = [context.Process(target=work, args=(port, LETTERS // processes, ready)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    ready.wait(60)
    began = time.perf_counter()
    for worker in workers:
        worker.join(600)
        assert worker.exitcode == 0, "a worker failed"
    return time.perf_counter() - began


def by_hand(port: int, letters: int, ready: Any) -> None:
    from email.message import EmailMessage

    ready.wait(60)
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(letters):
            letter = EmailMessage()
            letter["Subject"], letter["From"] = "A note", "transitions@example.org"
            letter["To"], letter["Message-ID"] = f"reader.{number}@example.org", f"<{number}.{id(ready)}@example.org>"
            letter.set_content("The lease ends.")
            letter.add_alternative("<p>The lease ends.</p>", subtype="html")
            server.send_message(letter)


def by_us(port: int, letters: int, ready: Any) -> None:
    import django

    django.setup()
    from django.conf import settings

    import tests.outbox.conftest  # noqa: F401  (brings the kind)
    from transitions.outbox.delivery import deliver

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_USER = "127.0.0.1", port, ""
    ready.wait(60)
    deliver(now=NOW)


@contextmanager
def sink(chaos: float = 0.0) -> Iterator[tuple[int, Path]]:
    """The port of a server, and the file with a line for each letter that it took."""
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / "taken"
        command = [sys.executable, "-m", "tests.load.sink", str(taken), str(chaos)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline()), taken
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
