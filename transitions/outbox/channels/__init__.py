"""Ways to reach somebody. STUB until the channels' own branch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from smtplib import SMTPConnectError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, ClassVar, ContextManager, Protocol

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend


@dataclass(frozen=True)
class Envelope:
    key: str
    to: str
    subject: str
    text: str
    html: str = ""
    threads: tuple[str, ...] = ()
    unsubscribe: str = ""
    secret: str = ""
    notices: tuple[Mapping[str, Any], ...] = ()


class Refused(Exception):
    pass


class Unanswered(Exception):
    pass


class Sender(Protocol):
    def send(self, envelope: Envelope) -> None: ...


class Channel:
    name: ClassVar[str] = ""
    named: ClassVar[dict[str, "Channel"]] = {}

    def __init_subclass__(cls) -> None:
        Channel.named[cls.name] = cls()

    def open(self) -> ContextManager[Sender]:
        raise NotImplementedError


class MailSender:
    def __init__(self, mail: Any) -> None:
        self.mail = mail

    def send(self, envelope: Envelope) -> None:
        try:
            if isinstance(self.mail, SmtpBackend):
                self.mail.open()
            letter = EmailMultiAlternatives(
                envelope.subject,
                envelope.text,
                to=[envelope.to],
                connection=self.mail,
                headers={"Message-ID": f"<{envelope.key}@{settings.MAIL_DOMAIN}>", "Auto-Submitted": "auto-generated"},
            )
            letter.send()
        except (SMTPException, OSError) as error:
            try:
                self.mail.close()
            except (SMTPException, OSError):
                self.mail.connection = None
            final = isinstance(error, SMTPRecipientsRefused) and all(
                500 <= code < 600 for code, _ in error.recipients.values()
            )
            final = final or (
                isinstance(error, SMTPResponseException)
                and not isinstance(error, SMTPConnectError)
                and 500 <= error.smtp_code < 600
            )
            raise (Refused if final else Unanswered)(str(error))


class Mail(Channel):
    name = "email"

    @contextmanager
    def open(self) -> Iterator[Sender]:
        mail = get_connection(fail_silently=False)
        try:
            yield MailSender(mail)
        finally:
            with suppress(SMTPException, OSError):
                mail.close()
