"""Ways out of the house: e-mail, chat and signed webhooks, all by one small interface."""

from . import chat, mail, webhook  # each adds its channel to `Channel.named`
from .base import Channel, Envelope, Gone, Refused, Sender, Unanswered

__all__ = ["Channel", "Envelope", "Gone", "Refused", "Sender", "Unanswered", "chat", "mail", "webhook"]
