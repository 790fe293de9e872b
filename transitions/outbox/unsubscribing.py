"""One click in a mail program (RFC 8058): from then on a weekly list, without the kinds that can be switched off.

What is hard still comes on its day, and what cannot wait at once: nobody misses a mandate's date because of one click.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps

from transitions.access.models import User

from .kinds import Kind
from .models import Pace, Preference
from .signed import UNSUBSCRIBING, BadSignature, opened
from .slots import plan_anew

AS_BEFORE = ("hour", "weekday", "time_zone", "quiet_from", "quiet_until")


@dataclass(frozen=True)
class Subscription:
    """A person's messages of one transition, or those of none."""

    person: User
    transition: Any


def subscription(token: str) -> Subscription:
    """Raises BadSignature for what was altered, or whose person or transition is no longer there."""
    person_id, transition_id = opened(UNSUBSCRIBING, token)
    person = User.objects.filter(pk=int(person_id)).first()
    transition = apps.get_model("missions.Transition")._base_manager.filter(pk=int(transition_id)).first()
    if person is None or (transition is None and transition_id != "0"):
        raise BadSignature("of somebody who is not there")
    return Subscription(person, transition)


def unsubscribe(of: Subscription) -> Preference:
    """The hours that they had chosen stay. A second time it changes nothing."""
    own = Preference.objects.filter(person=of.person, transition=of.transition).first()
    for_all = own or Preference.objects.filter(person=of.person, transition=None).first()
    kept = {name: getattr(for_all, name) for name in AS_BEFORE} if for_all else {}
    muted = sorted({*(for_all.muted if for_all else []), *optional()})
    chosen, _ = Preference.objects.update_or_create(
        person=of.person, transition=of.transition, defaults={**kept, "pace": Pace.WEEKLY, "muted": muted}
    )
    plan_anew(of.person)
    return chosen


def optional() -> list[str]:
    """The kinds that a person may switch off for themselves."""
    return sorted(name for name, kind in Kind.named.items() if kind.optional)


def choices() -> list[tuple[str, str]]:
    return [(name, Kind.named[name].title or name) for name in optional()]


def in_words(*, optional: bool) -> list[str]:
    kinds = [kind for kind in Kind.named.values() if kind.optional == optional and kind.title]
    return sorted({kind.title for kind in kinds})
