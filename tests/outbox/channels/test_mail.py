import re
import socket
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from threading import Thread
from typing import Any

import pytest

from tests.outbox.channels.conftest import envelope
from transitions.outbox.channels import Channel, Refused, Unanswered
from transitions.outbox.channels.letters import LONGEST_LINE, written

TO = "planner@example.org"
UNSUBSCRIBE = "https://transitions.example.org/stop/abc,def;ghi/"


@pytest.fixture(autouse=True)
def domain(settings: Any) -> None:
    settings.MAIL_DOMAIN, settings.DEFAULT_FROM_EMAIL = "example.org", "Übergänge <transitions@example.org>"


def send(*to: str, **fields: Any) -> None:
    with Channel.named["email"].open() as sender:
        for each in to or [TO]:
            sender.send(envelope(each, **fields))


def read(letter: Any) -> Any:
    return message_from_bytes(letter.content, policy=policy.default)


def words(part: Any) -> str:
    return "\n".join(part.get_content().splitlines())


def sent(mail: Any, **fields: Any) -> Any:
    send(**fields)
    return read(mail.letters[-1])


def answering(mail: Any, command: str, *answers: str) -> None:
    """The next times that it hears this command the server says these, then it goes on as ever."""
    left = list(answers)

    async def handle(server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if left:
            return left.pop(0)
        if command == "MAIL":
            envelope.mail_from = address
        else:
            envelope.rcpt_tos.append(address)
        return "250 OK"

    setattr(mail, f"handle_{command}", handle)


class TestALetter:
    def test_carries_plain_words_first_and_the_same_as_a_page(self, mail: Any) -> None:
        letter = sent(mail, text="Fällig – كتاب\n.\nFrom here", html="<p>Fällig – كتاب</p>")
        plain, page = letter.iter_parts()
        assert letter.get_content_type() == "multipart/alternative"
        assert (plain.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
        assert words(plain) == "Fällig – كتاب\n.\nFrom here"
        assert words(page) == "<p>Fällig – كتاب</p>"

    def test_is_one_plain_part_where_there_is_no_page(self, mail: Any) -> None:
        letter = sent(mail, text="On 1 December.")
        assert (letter.get_content_type(), words(letter)) == ("text/plain", "On 1 December.")
        assert letter["Content-Transfer-Encoding"] == "7bit"

    def test_says_who_sends_what_to_whom(self, mail: Any) -> None:
        letter = sent(mail, subject="Fällig: كتاب")
        assert (letter["Subject"], letter["To"]) == ("Fällig: كتاب", TO)
        assert letter["From"] == "Übergänge <transitions@example.org>"
        assert (letter["Auto-Submitted"], letter["MIME-Version"]) == ("auto-generated", "1.0")
        assert letter["Date"].datetime is not None
        assert mail.letters[-1].mail_from == "transitions@example.org"

    def test_keeps_its_name_on_a_retry(self, mail: Any) -> None:
        send(TO, TO, key="milestone.due/7/2020-12-01 ä>")
        names = {str(read(letter)["Message-ID"]) for letter in mail.letters}
        assert names == {"<milestone.due/7/2020-12-01%20%C3%A4%3E@example.org>"}

    def test_about_one_item_joins_its_thread(self, mail: Any) -> None:
        letter = sent(mail, threads=("calendar.milestone-7",))
        assert letter["References"] == letter["In-Reply-To"] == "<calendar.milestone-7@example.org>"

    def test_about_several_ties_no_threads_together(self, mail: Any) -> None:
        threads = tuple(f"calendar.milestone-{number}" for number in range(200))
        letter = sent(mail, threads=threads)
        assert letter["References"] is None
        assert str(letter["In-Reply-To"]).split() == [f"<{each}@example.org>" for each in threads]

    def test_can_be_stopped_with_one_click(self, mail: Any) -> None:
        letter = sent(mail, unsubscribe=UNSUBSCRIBE)
        assert letter["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
        assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail.letters[-1].content

    def test_promises_no_one_click_over_plain_http(self, mail: Any) -> None:
        letter = sent(mail, unsubscribe="http://localhost/stop/")
        assert (letter["List-Unsubscribe"], letter["List-Unsubscribe-Post"]) == ("<http://localhost/stop/>", None)

    def test_without_more_has_no_more_headers(self, mail: Any) -> None:
        letter = sent(mail)
        for name in ("References", "In-Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"):
            assert letter[name] is None

    @pytest.mark.parametrize("line", ["\n", "\r\n", "\r", "\x00", "\x1b", "\x85", "\u2028"])
    def test_takes_no_header_from_a_subject(self, mail: Any, line: str) -> None:
        letter = sent(mail, subject=f"Due{line}Bcc: other@example.org")
        assert (letter["Bcc"], letter["Subject"]) == (None, "Due Bcc: other@example.org")
        assert mail.reached == [TO]

    @pytest.mark.parametrize(
        "fields", [{"unsubscribe": "https://x.org/\r\nBcc: y@example.org"}, {"key": "7\r\nBcc: y@example.org"}]
    )
    def test_takes_no_header_from_elsewhere(self, mail: Any, fields: Any) -> None:
        try:
            letter = sent(mail, **fields)
        except Refused:
            assert not mail.letters
        else:
            assert letter["Bcc"] is None

    def test_of_very_long_lines_arrives_whole(self, mail: Any) -> None:
        long = "ü" * 5000
        letter = sent(mail, text=long, subject="A long one, " * 100)
        assert words(letter) == long
        assert letter["Subject"].split() == ("A long one, " * 100).split()
        assert max(len(line) for line in mail.letters[-1].content.split(b"\r\n")) <= LONGEST_LINE

    def test_is_the_same_to_djangos_other_backends(self, settings: Any, mailoutbox: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        send(text="Fällig", html="<p>Fällig</p>", threads=("m-7",))
        [letter] = mailoutbox
        message = message_from_bytes(letter.message().as_bytes(), policy=policy.default)
        assert (letter.to, message["References"]) == ([TO], "<m-7@example.org>")
        assert [words(part) for part in message.iter_parts()] == ["Fällig", "<p>Fällig</p>"]


class TestAnAddress:
    @pytest.mark.parametrize("to", ["", "nobody", "a b@example.org", "a@b@c", "ü@example.org", "a@x\r\nBcc: b@x", "@x"])
    def test_that_is_none_is_refused_and_holds_up_no_other(self, mail: Any, to: str) -> None:
        with Channel.named["email"].open() as sender:
            with pytest.raises(Refused, match="not an e-mail address"):
                sender.send(envelope(to))
            sender.send(envelope(TO))
        assert mail.reached == [TO]
        with pytest.raises(Refused):
            Channel.named["email"].check(to)

    def test_may_have_a_domain_in_any_script(self, mail: Any) -> None:
        send("planner@bücher.example")
        assert mail.reached == ["planner@xn--bcher-kva.example"]


class TestTheConnection:
    def test_is_one_for_a_batch_and_opened_for_its_first_letter(self, mail: Any, settings: Any) -> None:
        send(*[TO] * 5)
        assert (len(mail.letters), len(mail.connections)) == (5, 1)
        settings.EMAIL_PORT = 1
        with Channel.named["email"].open():
            pass  # nobody is there, and nobody was asked

    def test_is_opened_again_after_an_error(self, mail: Any) -> None:
        mail.answers = ["250 OK", "451 later"]
        with Channel.named["email"].open() as sender:
            sender.send(envelope(TO))
            with pytest.raises(Unanswered, match="451 later"):
                sender.send(envelope(TO))
            sender.send(envelope(TO))
        assert (len(mail.letters), len(mail.connections)) == (2, 2)


class TestAServerThatSaysNo:
    @pytest.mark.parametrize("answer", ["550 no such person", "552 too large", "554 no"])
    def test_to_the_letter_with_5xx_means_it(self, mail: Any, answer: str) -> None:
        mail.answers = [answer]
        with pytest.raises(Refused, match=answer):
            send()

    @pytest.mark.parametrize("answer", ["421 going", "450 busy", "451 greylisted", "452 full"])
    def test_with_4xx_may_say_yes_later(self, mail: Any, answer: str) -> None:
        mail.answers = [answer]
        with pytest.raises(Unanswered, match=answer):
            send()

    @pytest.mark.parametrize(
        ("answer", "verdict"), [("550 unknown", Refused), ("450 busy", Unanswered), ("530 sign in", Unanswered)]
    )
    def test_to_the_recipient_is_heard_likewise(self, mail: Any, answer: str, verdict: type[Exception]) -> None:
        answering(mail, "RCPT", answer)
        with pytest.raises(verdict, match=answer):
            send()

    @pytest.mark.parametrize(
        ("answer", "verdict"),
        [("550 no", Unanswered), ("530 sign in", Unanswered), ("552 too large", Refused), ("451 later", Unanswered)],
    )
    def test_to_us_is_no_verdict_on_the_letter(self, mail: Any, answer: str, verdict: type[Exception]) -> None:
        answering(mail, "MAIL", answer)
        with pytest.raises(verdict, match=answer):
            send()

    def test_to_our_password_is_no_verdict_on_the_letter(self, mail: Any, settings: Any) -> None:
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "name", "wrong"
        with pytest.raises(Unanswered):
            send()

    def test_by_not_being_there_may_come_back(self, mail: Any, settings: Any) -> None:
        settings.EMAIL_PORT = 1
        with pytest.raises(Unanswered, match="refused"):
            send()

    def test_by_hanging_up_costs_that_letter_alone(self, mail: Any) -> None:
        mail.answers = ["hang up"]
        with Channel.named["email"].open() as sender:
            with pytest.raises(Unanswered):
                sender.send(envelope(TO))
            sender.send(envelope(TO))
        assert len(mail.letters) == 1


class RudeServer:
    """Speaks the lines it is given, one for each that it hears, reads a little more and hangs up."""

    def __init__(self, *lines: str) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        Thread(target=self.speak, args=[lines], daemon=True).start()

    def speak(self, lines: tuple[str, ...]) -> None:
        talking, _ = self.listening.accept()
        with closing(talking):
            for line in lines:
                talking.sendall(line.encode() + b"\r\n")
                talking.recv(100)


@pytest.fixture
def rude(mail: Any, settings: Any) -> Iterator[Any]:
    servers: list[RudeServer] = []

    def made(*lines: str) -> None:
        servers.append(RudeServer(*lines))
        settings.EMAIL_PORT = servers[-1].port

    yield made
    for server in servers:
        server.listening.close()


class TestAServerThatBreaksOff:
    def test_in_the_middle_of_a_letter_may_take_it_later(self, rude: Any) -> None:
        rude("220 hello", "250 hello", "250 OK", "250 OK", "354 go on")
        with pytest.raises(Unanswered):
            send(text="x" * 80 + "\n" + "a line of many\n" * 500_000)

    def test_while_it_greets_with_5xx_says_nothing_of_the_letter(self, rude: Any) -> None:
        rude("554 nobody is served here")
        with pytest.raises(Unanswered, match="554"):
            send()

    def test_by_silence_is_not_waited_for(self, rude: Any, settings: Any) -> None:
        settings.EMAIL_TIMEOUT = 0.2
        rude("220 hello", "250 hello", "250 OK", "250-OK and")
        with pytest.raises(Unanswered):
            send()


class TestWritten:
    def test_has_line_ends_of_mail_only(self) -> None:
        raw = written({"Subject": "x"}, "a\nb\rc\r\nd", "<p>\na</p>")
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert b"\r" not in raw.replace(b"\r\n", b"")

    def test_has_no_nul(self) -> None:
        raw = written({"Subject": "x"}, "a\0b")
        assert b"\0" not in raw
        assert words(message_from_bytes(raw, policy=policy.default)) == "a\0b"

    @pytest.mark.parametrize("value", ["a\nb", "a\r\nb", "a\0b", "a\x7fb", "ü\u2028b"])
    def test_refuses_a_header_of_two_lines(self, value: str) -> None:
        with pytest.raises(ValueError, match="a line break or another control character in Subject"):
            written({"Subject": value}, "")

    def test_has_short_words_of_whole_characters_in_a_long_subject(self) -> None:
        subject = "مراجعة التقييم النهائي للبعثة – " * 9
        raw = written({"Subject": subject.strip()}, "")
        words = re.findall(rb"=\?utf-8\?b\?([^?]*)\?=", raw)
        assert max(len(word) for word in words) <= 75 - len("=?utf-8?b??=")
        assert "".join(b64decode(word).decode() for word in words) == subject.strip()
