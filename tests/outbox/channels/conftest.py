"""Real servers on this machine, and envelopes to send them."""

import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from transitions.outbox.channels import Envelope

SECRET = "whsec_" + "c2VjcmV0" * 6
NAME = "hooks.example.org"  # the name that the certificate is for


def envelope(to: str, **fields: Any) -> Envelope:
    given = {"key": "outbox-7", "subject": "The lease ends", "text": "On 1 December.", "secret": SECRET} | fields
    return Envelope(to=to, **given)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told: WebServer = self.server.told  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        told.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if told.drips:
            self.drip()
            return
        self.send_response(told.answer)
        for name, value in {**told.headers, "Content-Length": str(len(told.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told.body)

    def do_GET(self) -> None:
        self.do_POST()

    def drip(self) -> None:
        """A byte at a time, each sooner than any timeout, for as long as the other side stays."""
        with suppress(OSError):
            for _ in range(300):
                self.wfile.write(b"x")
                time.sleep(0.02)
            self.server.told.heard_out = True  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """That somebody hangs up is part of a test."""


class WebServer:
    """A web server that keeps what it gets and answers what a test tells it to."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.got: list[Any] = []
        self.answer, self.body = 200, b"thanks"
        self.drips = self.heard_out = False
        self.headers: dict[str, str] = {}
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.told = self  # type: ignore[attr-defined]
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def url(self, host: str = "127.0.0.1", scheme: str = "http", path: str = "/hook") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()


@pytest.fixture
def here_allowed(settings: Any) -> None:
    settings.OUTGOING_HOSTS = ["127.0.0.1"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: Any) -> Path:
    """Of `NAME`, signed by itself; key and certificate in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={NAME}",
               "-addext", f"subjectAltName=DNS:{NAME}"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


@pytest.fixture
def secure(certificate: Path) -> Iterator[WebServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = WebServer(context)
    yield server
    server.stop()


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def names(*answers: list[str]) -> Callable[..., Any]:
    """A name server that gives one answer after the other."""
    left = list(answers)

    def resolve(host: str, port: int, **_: Any) -> Any:
        return [(2, 1, 6, "", (address, port)) for address in left.pop(0)]

    return resolve
