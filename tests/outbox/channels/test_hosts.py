import socket
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from tests.outbox.channels.conftest import WebServer, names
from transitions.outbox.channels import Refused, Unanswered
from transitions.outbox.channels.hosts import addresses_of, is_outside, only_outside


class TestAnAddress:
    @pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
    def test_of_the_internet_is_outside(self, address: str) -> None:
        assert is_outside(address)

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
            "240.0.0.1", "0.0.0.0", "255.255.255.255", "192.0.2.1", "198.18.0.1",
            "::1", "::", "fc00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1",
            "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1",
            "a name",
        ],
    )  # fmt: skip
    def test_of_any_special_range_is_inside(self, address: str) -> None:
        assert not is_outside(address)


class TestAddressesOf:
    def test_are_what_the_name_server_says(self) -> None:
        assert addresses_of("x.org", 443, resolve=names(["8.8.8.8", "9.9.9.9", "8.8.8.8"])) == ["8.8.8.8", "9.9.9.9"]

    def test_are_refused_where_one_of_them_is_inside(self) -> None:
        with pytest.raises(Refused, match=r"x\.org is inside a network"):
            addresses_of("x.org", 443, resolve=names(["8.8.8.8", "10.0.0.1"]))

    def test_may_be_inside_where_the_host_is_named(self, settings: Any) -> None:
        settings.OUTGOING_HOSTS = ["Chat.Mission.local"]
        assert addresses_of("chat.mission.LOCAL.", 443, resolve=names(["10.0.0.1"])) == ["10.0.0.1"]

    @pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "0"])
    def test_are_looked_at_however_the_host_is_written(self, host: str) -> None:
        with pytest.raises(Refused, match="inside a network"):
            addresses_of(host, 80)

    def test_may_be_missing_for_now(self) -> None:
        with pytest.raises(Unanswered, match="was not found"):
            addresses_of("nowhere.invalid", 443)

    def test_of_what_is_no_name_are_refused(self) -> None:
        with pytest.raises(Refused, match="no name of a host"):
            addresses_of("a" * 64 + "é.org", 443)


class TestOnlyOutside:
    def test_makes_no_connection_inside(self, web: WebServer) -> None:
        with only_outside() as watch, pytest.raises(ConnectionRefusedError, match="inside a network"):
            socket.create_connection(("127.0.0.1", web.port), 5)
        assert watch.strayed_to == str(("127.0.0.1", web.port))
        socket.create_connection(("127.0.0.1", web.port), 5).close()  # as ever, without it

    def test_goes_along_into_threads_that_carry_its_context(self, web: WebServer) -> None:
        with only_outside(), ThreadPoolExecutor() as pool:
            context = copy_context()
            made = pool.submit(context.run, socket.create_connection, ("127.0.0.1", web.port), 5)
            assert isinstance(made.exception(), ConnectionRefusedError)

    def test_lets_through_to_a_host_that_is_named(self, web: WebServer, here_allowed: None) -> None:
        with only_outside() as watch:
            socket.create_connection(("127.0.0.1", web.port), 5).close()
        assert not watch.strayed_to

    def test_knows_no_unix_sockets(self, tmp_path: Any) -> None:
        with (
            only_outside(),
            socket.socket(socket.AF_UNIX) as one,
            pytest.raises(ConnectionRefusedError, match="inside"),
        ):
            one.connect(str(tmp_path / "socket"))
