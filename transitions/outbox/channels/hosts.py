"""Nothing goes into the network that the program itself stands in, unless a host there was named in the settings.

An address that people may type is a way to make the server ask its neighbours: a cloud's metadata, a database, an
admin page. So the address of a host is looked at, not its name; it is looked up once, and what was looked at is what
is connected to (a second answer of the name server may be another). Special ranges: RFC 6890, RFC 4291, RFC 6598.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import Any

from django.conf import settings

from .base import Refused, Unanswered

Resolver = Callable[..., list[Any]]


def is_outside(address: str) -> bool:
    """Whether an address belongs to the public internet: no private, local, shared, mapped or tunnelled one."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and (ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip.is_site_local):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def is_named(host: str) -> bool:
    """Whether the settings let messages go to this host wherever it is (OUTGOING_HOSTS)."""
    return host.lower().rstrip(".") in {named.lower() for named in settings.OUTGOING_HOSTS}


def addresses_of(host: str, port: int, *, resolve: Resolver = getaddrinfo) -> list[str]:
    """The addresses of a host, asked for once. Raises Refused if one of them is inside, Unanswered if there is none."""
    addresses = looked_up(host, port, resolve)
    if not is_named(host) and not all(is_outside(address) for address in addresses):
        raise Refused(f"{host} is inside a network that nothing is sent to: name it in OUTGOING_HOSTS to allow it")
    return addresses


def looked_up(host: str, port: int, resolve: Resolver) -> list[str]:
    try:
        found = resolve(host, port, type=SOCK_STREAM)
    except UnicodeError:
        raise Refused(f"{host[:80]} is no name of a host")
    except gaierror as error:
        raise Unanswered(f"{host} was not found: {error.strerror}")
    return list(dict.fromkeys(entry[4][0] for entry in found))


# --- for a library that opens its own connections


@dataclass
class Watch:
    strayed_to: str = ""


watching: ContextVar[Watch | None] = ContextVar("watching", default=None)


@contextmanager
def only_outside() -> Iterator[Watch]:
    """Within it (and in threads that carry its context) no connection is made to an address inside.

    It looks at each connection when it is made, so neither redirects nor changed answers of a name server get past.
    """
    watch = Watch()
    token = watching.set(watch)
    try:
        yield watch
    finally:
        watching.reset(token)


def may_reach(address: Any) -> bool:
    if not isinstance(address, tuple):  # a Unix socket
        return False
    return is_outside(address[0]) or address[0] in addresses_of_the_named(address[1])


def addresses_of_the_named(port: int) -> set[str]:
    found: set[str] = set()
    for host in settings.OUTGOING_HOSTS:
        try:
            found.update(looked_up(host, port, getaddrinfo))
        except (Refused, Unanswered):
            continue
    return found


def look_at_connections(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    watch = watching.get()
    if watch is not None and not may_reach(args[1]):
        watch.strayed_to = str(args[1])
        raise ConnectionRefusedError("inside a network that nothing is sent to")


sys.addaudithook(look_at_connections)
