"""Signed webhooks, in the form that others can check (Standard Webhooks 1.0): one POST each, redirects not followed.

The answer decides: 2xx is taken, most of 4xx are a refusal, 410 is one of whatever else would be sent there, and
anything else may pass, after the time that it asks for.
"""

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, create_connection, getaddrinfo, socket
from threading import Timer
from urllib.parse import urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from standardwebhooks import Webhook

from .base import Channel, Envelope, Refused, Sender, Unanswered, said_no
from .hosts import Resolver, addresses_of, is_named

TIMEOUT = 10  # seconds for each wait
DEADLINE = 20  # seconds for the whole of it, however slowly the other side drips
HEARD = 500  # bytes of the answer that are kept
TYPE = "transitions.notices"


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    path: str
    tls: bool


def target_of(url: str) -> Target:
    """Raises Refused for an address that is not plainly one of a web server."""
    if not re.fullmatch(r"[!-~]{1,2000}", url):
        raise Refused("the address may have only ASCII letters, digits and signs, and no spaces")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(f"not an address: {error}")
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.fragment:
        raise Refused("an address begins with https:// and a host, without a name, a password or a fragment")
    if parts.scheme == "http" and not is_named(host):
        raise Refused("only https:// is sent to, unless the host is named in OUTGOING_HOSTS")
    tls = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    return Target(host, port or (443 if tls else 80), (parts.path or "/") + query, tls)


@cache
def trusted() -> ssl.SSLContext:
    """Reading the certificates of all authorities takes a third of a second."""
    return ssl.create_default_context()


@dataclass
class WebhookSender:
    resolve: Resolver = getaddrinfo
    context: ssl.SSLContext = field(default_factory=trusted)

    def send(self, envelope: Envelope) -> str:
        target = target_of(envelope.to)
        body = body_of(envelope)
        headers = signed(envelope, body)
        addresses = addresses_of(target.host, target.port, resolve=self.resolve)
        try:
            with self.connected(target, addresses) as http:
                return answer_to(http, target, headers, body)
        except (OSError, HTTPException) as error:
            raise Unanswered(f"{target.host} did not answer: {error or type(error).__name__}")
        except ValueError as error:
            raise Refused(f"it cannot be sent to {target.host}: {error}")

    @contextmanager
    def connected(self, target: Target, addresses: list[str]) -> Iterator[HTTPConnection]:
        """To one of these addresses, whatever the name means by now; the name is for certificate and Host."""
        with closing(first_that_answers(addresses, target.port)) as plain:
            sock = self.context.wrap_socket(plain, server_hostname=target.host) if target.tls else plain
            http = (HTTPSConnection if target.tls else HTTPConnection)(target.host, target.port)
            http.sock = sock
            late = Timer(DEADLINE, hang_up, [sock])
            late.daemon = True
            late.start()
            try:
                with closing(http):
                    yield http
            finally:
                late.cancel()


def first_that_answers(addresses: list[str], port: int) -> socket:
    failed: OSError | None = None
    for address in addresses[:4]:
        try:
            return create_connection((address, port), TIMEOUT)
        except OSError as error:
            failed = error
    raise failed or OSError("it has no address")


def hang_up(sock: socket) -> None:
    with suppress(OSError):
        socket.shutdown(sock, SHUT_RDWR)  # of the plain socket: TLS would first say goodbye


def answer_to(http: HTTPConnection, target: Target, headers: dict[str, str], body: str) -> str:
    http.request("POST", target.path, body.encode(), headers)
    response = http.getresponse()
    said = f"{response.status} {beginning_of(response)}".strip()
    if 200 <= response.status < 300:
        return said
    after = seconds_asked_for(response.getheader("Retry-After", ""))
    raise said_no([response.status], f"{target.host} answered {said}", after=after)


def seconds_asked_for(retry_after: str) -> float:
    """A number, or the date of an instant (RFC 9110, 10.2.3); what is neither asks for nothing."""
    if re.fullmatch(r"[0-9]+", retry_after):
        return float(retry_after)
    with suppress(ValueError, TypeError):
        return max(0, parsedate_to_datetime(retry_after).timestamp() - timezone.now().timestamp())
    return 0


def beginning_of(response: object) -> str:
    """As far as it comes at once: what counts is the status."""
    with suppress(OSError, HTTPException, ValueError):
        heard: bytes = response.read1(HEARD)  # type: ignore[attr-defined]
        return "".join(one if one.isprintable() else " " for one in heard.decode(errors="replace")).strip()
    return ""


def body_of(envelope: Envelope) -> str:
    data = {"subject": envelope.subject, "text": envelope.text, "notices": envelope.notices}
    message = {"type": TYPE, "timestamp": timezone.now(), "data": data}
    return json.dumps(message, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def signed(envelope: Envelope, body: str) -> dict[str, str]:
    """Raises Refused where there is nothing to sign with: unsigned, nobody could tell it from a forged one."""
    at, name = timezone.now(), re.sub(r"[^A-Za-z0-9_/:=+-]", "-", envelope.key)  # a dot parts it from what follows
    try:
        signature = Webhook(envelope.secret).sign(msg_id=name, timestamp=at, data=body)
    except Exception as error:  # the library's own, for an empty secret, has no public name
        raise Refused(f"it cannot be signed: {error}")
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "transition-readiness",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


class WebhookChannel(Channel):
    name = "webhook"

    def open(self) -> AbstractContextManager[Sender]:
        return nullcontext(WebhookSender())

    def check(self, to: str) -> None:
        target = target_of(to)
        addresses_of(target.host, target.port)
