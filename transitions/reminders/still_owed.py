"""Asked again before a reminder leaves: is its reason still there, and may it go yet?"""

from datetime import date, datetime, timedelta
from typing import Any

from transitions.outbox.kinds import NoLonger, NotYet
from transitions.outbox.models import Message

from .before import Before

TIME_TO_ANSWER, PATIENCE = timedelta(hours=20), timedelta(days=2)
QUIET = "quiet_"  # on each item, when its letter is written: the pause it lies in


def due_of(message: Message) -> date:
    return date.fromisoformat(message.payload["due"])


def no_longer(rule: Any, item: Any, due: date, before: Before) -> NoLonger | None:
    """Why the reason for a message is gone, if it is."""
    if gone := settled(rule, item, due):
        return gone
    pause = getattr(item, QUIET)
    if pause:
        return NoLonger(f"quiet during pause {pause}")
    return NoLonger("a later reminder of it goes out instead") if before.overtaken else None


def settled(rule: Any, item: Any, due: date) -> NoLonger | None:
    """Why nothing is asked any more, if that is so."""
    if item is None:
        return NoLonger("it is not there any more")
    owed = getattr(item, rule.owed)
    if owed is None:
        return NoLonger(f"nothing is owed any more: it is {getattr(item, 'state', 'settled').replace('_', ' ')}")
    if owed != due:
        return NoLonger(f"it was moved from {due} to {owed}")
    return None


def too_early(message: Message, before: Before, *, now: datetime) -> NotYet | None:
    """Nothing goes above a pillar's lead before somebody below was asked, and had a day to confirm or re-date.

    But where nobody below can be asked (no address, nobody there, the same person) it does not wait for ever.
    """
    asked = before.asked_by(now - TIME_TO_ANSWER) or message.ready_at <= now - PATIENCE
    if asked or not message.payload.get("up"):
        return None
    return NotYet("nobody below has been asked yet")
