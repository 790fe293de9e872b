"""E-mail, over one connection for a whole batch.

A server that says 5xx about a letter means it (RFC 5321, 4.2.1). What it says about us (on connecting, signing in or
hearing the sender's name) is no verdict on the letter: that, 4xx, silence and a dropped connection may pass.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import Message
from email.utils import formataddr, formatdate, parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.utils.encoding import punycode

from .base import Channel, Envelope, Refused, Sender, Unanswered
from .letters import CONTROL, written

PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
TOO_LARGE = 552  # RFC 1870: said when the sender is named, but about the letter
ABOUT_US = {521, 530, 534, 535, 538}  # RFC 7504, RFC 4954: no mail taken at all, or not before we have signed in


class MailSender:
    def __init__(self, mail: BaseEmailBackend) -> None:
        self.mail = mail
        name, self.address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        self.sender = formataddr((name, self.address))

    def send(self, envelope: Envelope) -> str:
        try:
            to = recipient(envelope.to)
            raw = written(headers_of(envelope, to, self.sender), envelope.text, envelope.html)
        except ValueError as error:
            raise Refused(str(error))
        self.ready()
        try:
            self.hand_over(raw, to, envelope)
        except (SMTPException, OSError) as error:
            self.hang_up()
            raise (Refused if is_final(error) else Unanswered)(in_words(error))
        return "taken"

    def ready(self) -> None:
        """Opens the connection, unless it is: whatever goes wrong here is about the server, not about a letter."""
        if not isinstance(self.mail, SmtpBackend):
            return  # files are one a letter
        try:
            self.mail.open()
            server: Any = self.mail.connection
            server.ehlo_or_helo_if_needed()
        except (SMTPException, OSError) as error:
            self.hang_up()
            raise Unanswered(in_words(error))

    def hand_over(self, raw: bytes, to: str, envelope: Envelope) -> None:
        if not isinstance(self.mail, SmtpBackend):
            self.mail.send_messages([Letter(raw, to, envelope)])
            return
        server: Any = self.mail.connection
        as_it_is = not raw.isascii() and server.has_extn("8bitmime")
        server.sendmail(self.address, [to], raw, mail_options=["BODY=8BITMIME"] if as_it_is else [])

    def hang_up(self) -> None:
        """After an error the connection is in doubt: the next letter opens a new one."""
        try:
            self.mail.close()
        except (SMTPException, OSError):
            self.mail.connection = None  # type: ignore[attr-defined]


class Letter(EmailMultiAlternatives):
    """The same bytes for Django's other backends: files, memory, the console."""

    def __init__(self, raw: bytes, to: str, envelope: Envelope) -> None:
        super().__init__(envelope.subject, envelope.text, to=[to])
        self.raw = raw

    def message(self) -> Message:  # type: ignore[override]  # backends ask it for bytes only
        return message_from_bytes(self.raw.replace(b"\r\n", b"\n"))


def headers_of(envelope: Envelope, to: str, sender: str) -> dict[str, str]:
    headers = {
        "Subject": " ".join(CONTROL.sub(" ", envelope.subject).split()),
        "From": sender,
        "To": to,
        "Date": formatdate(),
        "Message-ID": identifier(envelope.key),
        "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office programs stay silent
    }
    return headers | threaded(envelope.threads) | unsubscribing(envelope.unsubscribe)


def threaded(threads: tuple[str, ...]) -> dict[str, str]:
    """Letters about one item make one thread.

    About several, it answers them all and has no References: they would tie the threads into one (RFC 5322, 3.6.4).
    """
    if not threads:
        return {}
    about = " ".join(identifier(each) for each in threads)
    return {"In-Reply-To": about} | ({"References": about} if len(threads) == 1 else {})


def unsubscribing(address: str) -> dict[str, str]:
    """RFC 8058: one click, which has to be over HTTPS; without it the address is for people alone (RFC 2369)."""
    if not address:
        return {}
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if address.startswith("https://") else {}
    return {"List-Unsubscribe": f"<{address}>"} | one_click


def identifier(name: str) -> str:
    return f"<{quote(name, safe='/=+')}@{settings.MAIL_DOMAIN}>"


def recipient(address: str) -> str:
    """Raises ValueError for what no mail server takes."""
    name, at, domain = address.rpartition("@")
    plain = f"{name}@{domain if domain.isascii() else punycode(domain)}" if at else address
    if not PLAIN_ADDRESS.fullmatch(plain):
        raise ValueError(f"not an e-mail address: {address[:100]!r}")
    return plain


def is_final(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(is_verdict(code) for code, _ in error.recipients.values())
    if isinstance(error, SMTPSenderRefused):
        return error.smtp_code == TOO_LARGE
    return isinstance(error, SMTPResponseException) and is_verdict(error.smtp_code)


def is_verdict(code: int) -> bool:
    return 500 <= code < 600 and code not in ABOUT_US


def in_words(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{code} {said_by(text)}" for code, text in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {said_by(error.smtp_error)}"
    return str(error) or type(error).__name__


def said_by(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


class MailChannel(Channel):
    name = "email"

    @contextmanager
    def open(self) -> Iterator[Sender]:
        sender = MailSender(get_connection(fail_silently=False))
        try:
            yield sender
        finally:
            # every letter of the batch was answered by now; a server that hangs up early changes nothing
            with suppress(SMTPException, OSError):
                sender.mail.close()

    def check(self, to: str) -> None:
        try:
            recipient(to)
        except ValueError as error:
            raise Refused(str(error))
