import json
from typing import Any

import pytest

from tests.outbox.channels.conftest import WebServer, envelope
from transitions.outbox.channels import Channel, Refused, Unanswered
from transitions.outbox.channels.chat import ChatSender, service_at

TOKEN = "3ccdd113474722377935511fc85d3dd4"


def mattermost(web: WebServer, host: str = "127.0.0.1", more: str = "") -> str:
    return f"mmost://{host}:{web.port}/{TOKEN}{more}"


def send(to: str, **fields: Any) -> str:
    return ChatSender().send(envelope(to, **fields))


@pytest.mark.usefixtures("here_allowed")
class TestAChatMessage:
    def test_arrives_with_subject_and_text(self, web: WebServer) -> None:
        assert send(mattermost(web), text="Fällig am 1. Dezember – كتاب") == "taken"
        [(path, _, body)] = web.got
        assert path == f"/hooks/{TOKEN}"
        said = json.loads(body)["text"]
        assert "The lease ends" in said
        assert "Fällig am 1. Dezember – كتاب" in said

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_refused_by_the_service_is_refused_for_good(self, web: WebServer, status: int) -> None:
        web.answer = status
        with pytest.raises(Refused, match=f"error={status}"):
            send(mattermost(web))

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_of_a_service_in_trouble_is_for_now(self, web: WebServer, status: int) -> None:
        web.answer = status
        with pytest.raises(Unanswered, match=f"error={status}"):
            send(mattermost(web))

    def test_of_nobody_is_for_now(self, web: WebServer) -> None:
        web.stop()
        with pytest.raises(Unanswered):
            send(mattermost(web))

    def test_is_not_taken_for_sent_because_its_address_says_so(self, web: WebServer) -> None:
        web.answer = 500
        with pytest.raises(Unanswered):
            send(mattermost(web, more="?optional=yes&retry=5&wait=1"))
        assert len(web.got) == 1

    def test_is_not_sent_on(self, web: WebServer) -> None:
        web.answer, web.headers = 307, {"Location": web.url(path="/elsewhere")}
        with pytest.raises(Unanswered):
            send(mattermost(web, more="?redirect=yes"))
        assert [path for path, _, _ in web.got] == [f"/hooks/{TOKEN}"]

    def test_has_its_server_checked_whatever_its_address_says(self) -> None:
        assert service_at(f"mmosts://127.0.0.1/{TOKEN}?verify=no").verify_certificate is True


class TestAnAddressOfAChat:
    @pytest.mark.parametrize(
        "to",
        [
            "json://example.org/", "xml://example.org/", "form://example.org/", "file:///etc/passwd", "dbus://",
            "syslog://", "mailto://a:b@example.org", "smtp://example.org", "apprise://example.org/x",
            "https://example.org/hook", "nonsense", "", "ntfy://topic",
        ],
    )  # fmt: skip
    def test_of_another_kind_is_refused_when_saved_and_when_sent(self, to: str) -> None:
        with pytest.raises(Refused, match="no chat service"):
            Channel.named["chat"].check(to)
        with pytest.raises(Refused, match="no chat service"):
            send(to)

    def test_that_carries_a_second_one_is_refused(self) -> None:
        with pytest.raises(Refused, match="not a whole address"):
            Channel.named["chat"].check("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ, json://localhost")

    @pytest.mark.parametrize(
        "to",
        [
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
            "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        ],
    )
    def test_may_be_written_as_the_service_gave_it_out(self, to: str) -> None:
        Channel.named["chat"].check(to)
        assert service_at(to).service_name == "Slack"

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"])
    @pytest.mark.parametrize("schema", ["mmosts", "matrixs", "rockets"])
    def test_inside_is_refused(self, schema: str, host: str) -> None:
        tail = {"mmosts": f"/{TOKEN}", "matrixs": "/#room", "rockets": "/#room"}[schema]
        name = "" if schema == "mmosts" else "name:secret@"
        with pytest.raises(Refused, match="inside a network"):
            Channel.named["chat"].check(f"{schema}://{name}{host}{tail}")

    def test_without_encryption_is_refused(self) -> None:
        with pytest.raises(Refused, match="use mmosts://"):
            Channel.named["chat"].check(f"mmost://chat.example.org/{TOKEN}")

    def test_that_leads_inside_only_when_it_is_sent_to_is_refused_then(self, web: WebServer) -> None:
        """A service that makes its host of other parts of the address: nothing but the connection tells."""
        with pytest.raises(Refused, match="leads inside a network"):
            send("zulip://botname@127.0.0.1/" + "a" * 32 + "/stream")
        assert web.got == []
