"""Chat, through Apprise: one form of address for each of the services that the settings let in (CHAT_SCHEMAS).

An Apprise address may mean far more than chat (files, other servers, mail, the desktop), so anything else is refused.
Apprise opens its own connections: `only_outside` looks at each of them.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat, OverflowMode, PersistentStoreMode
from apprise.plugins import url_to_dict
from django.conf import settings

from .base import Channel, Envelope, Refused, Sender, Unanswered, said_no
from .hosts import addresses_of, is_named, only_outside

SECONDS = 30  # for one message, whatever a service does
STATUS = re.compile(r"\berror[=: ]+(\d{3})\b")  # how Apprise words the answer of a web server


def schema_of(address: str) -> str:
    """Which service an address means; a web address that a service gave out means that service. Raises Refused."""
    meant: Any = url_to_dict(address, secure_logging=True) or {}  # type: ignore[no-untyped-call]
    schema = str(meant.get("schema", "")).lower()
    if schema not in settings.CHAT_SCHEMAS:
        known = ", ".join(f"{each}://" for each in settings.CHAT_SCHEMAS)
        raise Refused(f"no chat service that messages are sent to. They begin with: {known}")
    return schema


def service_at(address: str) -> Any:
    """The service that an address means, its host looked at. Raises Refused."""
    schema = schema_of(address)
    asset = AppriseAsset(
        app_id="Transition readiness",
        http_redirects=False,
        service_timeout=SECONDS,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    service = Apprise.instantiate(address, asset=asset)
    if service is None:
        raise Refused(f"not a whole address of {schema}://")
    look_at_host(service, schema)
    return settled(service)


def settled(service: Any) -> Any:
    """Parts of an address could switch these: a failure taken for a success, an unchecked certificate."""
    service.redirects, service.verify_certificate, service.optional = False, True, False
    service.retry, service.overflow_mode = 0, OverflowMode.SPLIT
    service.socket_connect_timeout = service.socket_read_timeout = 10
    return service


def look_at_host(service: Any, schema: str) -> None:
    """Where a service is a server of one's own. Raises Refused for one inside, or for one without encryption."""
    if "host" not in service.template_tokens or not service.host:
        return
    host, plain = service.host.strip("[]"), service.protocol or ()
    if schema in ([plain] if isinstance(plain, str) else plain) and not is_named(host):
        raise Refused(f"{schema}:// is not encrypted: use {schema}s://")
    with suppress(Unanswered):  # a part of a secret may stand where a host does
        addresses_of(host, service.port or 443)


class ChatSender:
    def send(self, envelope: Envelope) -> str:
        service = service_at(envelope.to)
        apprise = Apprise()
        apprise.add(service)
        with only_outside() as watch:
            result = apprise.notify(body=envelope.text, title=envelope.subject, body_format=NotifyFormat.TEXT)
        if result:
            return "taken"
        if watch.strayed_to:
            raise Refused("it leads inside a network that nothing is sent to: name the host in OUTGOING_HOSTS")
        said = " ".join(lines_of(result))[:500] or "it was not taken"
        raise said_no(map(int, STATUS.findall(said)), said)


def lines_of(result: Any) -> Iterator[str]:
    for entry in result.logs():
        yield entry.message


class ChatChannel(Channel):
    name = "chat"

    def open(self) -> AbstractContextManager[Sender]:
        return nullcontext(ChatSender())

    def check(self, to: str) -> None:
        service_at(to)
