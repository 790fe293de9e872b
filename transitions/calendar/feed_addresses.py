"""Who reads a feed: addresses with a secret, made and revoked by their person, and ending with what the person may."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now

from transitions.access.models import grants_in, grants_of

from .models import FeedAddress


def open_address(user: Any, transition: Any = None, *, now: datetime) -> tuple[FeedAddress, str]:
    """Make an address, of one transition or of all that is the person's. Its secret is returned this once.

    Raises:
        PermissionDenied: the person holds no role there.
    """
    if not may_read(user, transition, now=now):
        raise PermissionDenied("a feed is for whoever holds a role in its transition")
    secret = token_urlsafe(32)
    made = FeedAddress.objects.create(user=user, transition=transition, secret_hash=hash_of(secret))
    return made, secret


def revoke(addresses: Iterable[FeedAddress], *, by: Any) -> int:
    """Close the person's own addresses, for ever. Returns how many were still open."""
    theirs = FeedAddress.objects.filter(pk__in=[one.pk for one in addresses], user=by, revoked_at=None)
    closed: int = theirs.update(revoked_at=Now())
    return closed


def address_of(secret: str, *, now: datetime) -> FeedAddress | None:
    """The open address that a secret belongs to, and only while its person may still read there.

    Looked up by its hash: how long that takes says nothing of how near a guess was.
    """
    found: FeedAddress | None = (
        FeedAddress.objects.select_related("user", "transition")
        .filter(secret_hash=hash_of(secret), revoked_at=None)
        .first()
    )
    return found if found and may_read(found.user, found.transition, now=now) else None


def was_read(address: FeedAddress) -> None:
    FeedAddress.objects.filter(pk=address.pk).update(last_read_at=Now())


def may_read(user: Any, transition: Any, *, now: datetime) -> bool:
    return bool(grants_in(user, transition, now=now) if transition else grants_of(user, now=now))


def hash_of(secret: str) -> str:
    """Plain SHA-256: 256 random bits need no salt and no slow hash."""
    return sha256(secret.encode()).hexdigest()
