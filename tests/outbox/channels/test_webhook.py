import ssl
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from standardwebhooks import Webhook, WebhookVerificationError

from tests.outbox.channels.conftest import NAME, SECRET, WebServer, envelope, names
from transitions.outbox.channels import Channel, Refused, Unanswered, webhook
from transitions.outbox.channels.webhook import WebhookSender


def send(*args: Any, **fields: Any) -> str:
    return WebhookSender().send(envelope(*args, **fields))


@pytest.mark.usefixtures("here_allowed")
class TestAWebhook:
    def test_is_signed_as_the_library_of_the_standard_checks_it(self, web: WebServer) -> None:
        notices = ({"kind": "milestone.due", "transition": "unamid", "due": "2020-12-01", "rung": -7},)
        assert send(web.url(path="/a?b=c"), notices=notices, text="Fällig – كتاب") == "200 thanks"
        [(path, headers, body)] = web.got
        message = Webhook(SECRET).verify(body, headers)
        assert (path, headers["host"], headers["webhook-id"]) == ("/a?b=c", f"127.0.0.1:{web.port}", "outbox-7")
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert message["type"] == "transitions.notices"
        assert message["data"] == {"subject": "The lease ends", "text": "Fällig – كتاب", "notices": [*notices]}
        assert abs((parse_datetime(message["timestamp"]) - timezone.now()).total_seconds()) < 60

    def test_that_was_altered_is_found_out(self, web: WebServer) -> None:
        send(web.url())
        [(_, headers, body)] = web.got
        for forged in (body.replace(b"December", b"November"), body + b" "):
            with pytest.raises(WebhookVerificationError):
                Webhook(SECRET).verify(forged, headers)

    def test_keeps_its_name_on_a_retry(self, web: WebServer) -> None:
        for _ in range(2):
            send(web.url(), key="milestone.due/7/ä\r\nX: y")
        assert {headers["webhook-id"] for _, headers, _ in web.got} == {"milestone-due/7/---X:-y"}
        Webhook(SECRET).verify(web.got[0][2], web.got[0][1])

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_äö"])
    def test_without_a_secret_does_not_go_out(self, web: WebServer, secret: str) -> None:
        with pytest.raises(Refused, match="cannot be signed"):
            send(web.url(), secret=secret)
        assert web.got == []


@pytest.mark.usefixtures("here_allowed")
class TestTheAnswer:
    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_of_2xx_is_taken(self, web: WebServer, status: int) -> None:
        web.answer, web.body = status, b""
        assert send(web.url()) == str(status)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
    def test_of_4xx_is_for_good(self, web: WebServer, status: int) -> None:
        web.answer, web.body = status, b"no\r\nsuch\x00 hook"
        with pytest.raises(Refused, match=f"answered {status} no  such  hook"):
            send(web.url())

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
    def test_of_a_server_in_trouble_is_for_now(self, web: WebServer, status: int) -> None:
        web.answer = status
        with pytest.raises(Unanswered, match=f"answered {status}"):
            send(web.url())

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_that_sends_on_is_not_followed(self, web: WebServer, status: int) -> None:
        web.answer, web.headers = status, {"Location": web.url(path="/elsewhere")}
        with pytest.raises(Unanswered, match=f"answered {status}"):
            send(web.url())
        assert [path for path, _, _ in web.got] == ["/hook"]

    def test_is_heard_only_so_far(self, web: WebServer) -> None:
        web.body = b"x" * 1_000_000
        assert len(send(web.url())) <= 510

    def test_that_never_ends_is_not_waited_for(self, web: WebServer, monkeypatch: Any) -> None:
        web.drips = True
        monkeypatch.setattr(webhook, "DEADLINE", 0.3)
        with pytest.raises(Unanswered, match="did not answer"):
            send(web.url())
        assert not web.heard_out

    def test_of_nobody_is_for_now(self, web: WebServer) -> None:
        web.stop()
        with pytest.raises(Unanswered, match="did not answer"):
            send(web.url())


class TestWhereItGoes:
    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("ftp://x.org/", "begins with https"),
            ("https:///path", "begins with https"),
            ("https://name:password@x.org/", "begins with https"),
            ("https://x.org/#part", "begins with https"),
            ("https://x.org:99999/", "not an address"),
            ("https://[x/", "not an address"),
            ("https://x.org/a b", "no spaces"),
            ("https://x.org/\r\nHost: y", "no spaces"),
            ("https://é.org/", "only ASCII"),
            ("http://x.org/", "only https"),
            ("https://localhost/", "inside a network"),
            ("https://127.0.0.1:8443/", "inside a network"),
            ("https://[::1]/", "inside a network"),
            ("https://[::ffff:169.254.169.254]/latest", "inside a network"),
            ("https://169.254.169.254/latest/meta-data", "inside a network"),
        ],
    )
    def test_is_refused_when_saved_and_when_sent(self, url: str, why: str) -> None:
        with pytest.raises(Refused, match=why):
            Channel.named["webhook"].check(url)
        with pytest.raises(Refused, match=why):
            send(url)

    def test_inside_is_not_even_connected_to(self, web: WebServer, secure: WebServer) -> None:
        with pytest.raises(Refused):
            send(secure.url(scheme="https"))
        with pytest.raises(Refused):
            send(web.url())
        assert web.got == secure.got == []

    def test_is_the_address_that_was_looked_at_though_the_name_changes_its_mind(
        self, secure: WebServer, trusting: ssl.SSLContext, settings: Any
    ) -> None:
        settings.OUTGOING_HOSTS = [NAME]
        sender = WebhookSender(resolve=names(["127.0.0.2"], ["127.0.0.1"]), context=trusting)
        with pytest.raises(Unanswered, match="did not answer"):  # nobody is at the first
            sender.send(envelope(secure.url(NAME, "https")))
        assert secure.got == []

    def test_is_asked_of_the_name_server_once(self, secure: WebServer, trusting: ssl.SSLContext, settings: Any) -> None:
        """Under its name in certificate and Host, at the address that was found."""
        settings.OUTGOING_HOSTS = [NAME]
        sender = WebhookSender(resolve=names(["127.0.0.1"]), context=trusting)  # asked again, it has no answer
        assert sender.send(envelope(secure.url(NAME, "https"))) == "200 thanks"
        [(_, headers, _)] = secure.got
        assert headers["host"] == f"{NAME}:{secure.port}"

    def test_tries_the_next_address_where_one_is_silent(
        self, secure: WebServer, trusting: ssl.SSLContext, settings: Any
    ) -> None:
        settings.OUTGOING_HOSTS = [NAME]
        sender = WebhookSender(resolve=names(["127.0.0.2", "127.0.0.1"]), context=trusting)
        assert sender.send(envelope(secure.url(NAME, "https"))) == "200 thanks"

    def test_must_prove_its_name(self, secure: WebServer, trusting: ssl.SSLContext, settings: Any) -> None:
        settings.OUTGOING_HOSTS = ["other.example.org", NAME]
        for host, context in (("other.example.org", trusting), (NAME, ssl.create_default_context())):
            sender = WebhookSender(resolve=names(["127.0.0.1"]), context=context)
            with pytest.raises(Unanswered, match="certificate"):
                sender.send(envelope(secure.url(host, "https")))
        assert secure.got == []
